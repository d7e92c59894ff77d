"""The optional parts of an installation: what each is for, and whether it is here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple


class Extra(NamedTuple):
    """One of the package's extras.

    Attributes:
        modules: what it brings.
        purpose: what that is for.
    """

    modules: tuple[str, ...]
    purpose: str


EXTRAS = {
    "online": Extra(("httpx", "protego"), "fetching models and pictures, Flickr, and BabelNet with your key"),
    "experiment": Extra(("matplotlib",), "the figures of penchant experiment"),
    "web": Extra(
        ("fastapi", "httptools", "prometheus_client", "python_multipart", "simplejpeg", "uvicorn"),
        "the web app, penchant serve",
    ),
    "heic": Extra(("pillow_heif",), "HEIC, the iPhone's format"),
    "demo": Extra(("skimage", "sklearn"), "sample pictures for penchant demo"),
}


def is_installed(name: str) -> bool:
    """Whether all of an extra is here; nothing is imported."""
    return all(find_spec(module) is not None for module in EXTRAS[name].modules)
