"""The commands, as the script that writes their reference reads them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

_spec = importlib.util.spec_from_file_location(
    "build_commands", Path(__file__).parent.parent.parent / "tools" / "build_commands.py"
)
assert _spec is not None
assert _spec.loader is not None
build: Any = importlib.util.module_from_spec(_spec)
sys.modules["build_commands"] = build  # dataclasses look their module up
_spec.loader.exec_module(build)

COMMANDS = list(build.commands())
PAGE: Path = build.PAGE
page = build.page
