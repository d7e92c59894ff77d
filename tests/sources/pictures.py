"""Small real pictures for the tests of sources."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def picture(format: str = "JPEG", colour: tuple[int, int, int] = (200, 80, 20)) -> bytes:  # noqa: A002
    """The bytes of a picture of 8 by 8 pixels."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(stream, format)
    return stream.getvalue()


def put(path: Path, data: bytes | None = None) -> Path:
    """A file with these bytes, or with a small JPEG; its folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture() if data is None else data)
    return path
