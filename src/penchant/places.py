"""The folders that each system sets aside for a user's programs: settings, and what can be fetched again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def config_folder() -> Path:
    """Penchant's folder for what the user sets."""
    return _folder("XDG_CONFIG_HOME", ".config", mac="Application Support", windows="APPDATA")


def cache_folder() -> Path:
    """Penchant's folder for what can be fetched again."""
    return _folder("XDG_CACHE_HOME", ".cache", mac="Caches", windows="LOCALAPPDATA")


def _folder(variable: str, unix: str, *, mac: str, windows: str) -> Path:
    home = Path.home()
    if sys.platform == "win32":
        base = os.environ.get(windows) or str(home)
    elif sys.platform == "darwin":
        base = str(home / "Library" / mac)
    else:
        base = os.environ.get(variable) or str(home / unix)
    return Path(base) / "penchant"
