"""Data exports in the shapes that their services document, traps included."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Files = dict[str, "bytes | Any"]


def as_bytes(content: Any) -> bytes:
    """Bytes as they are, anything else as JSON."""
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def as_folder(folder: Path, files: Files) -> Path:
    """Writes files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_bytes(content))
    return folder


def as_zip(path: Path, files: Files) -> Path:
    """Writes files into a zip archive."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, as_bytes(content))
    return path


def flickr_photo(number: str, *tags: str, **more: Any) -> dict[str, Any]:
    """A photo_<id>.json of Flickr's."""
    return {
        "id": number,
        "name": f"photo {number}",
        "description": "",
        "count_views": "12",
        "count_faves": "1",
        "date_taken": "2014-05-06 12:30:00",
        "photopage": f"https://www.flickr.com/photos/me/{number}/",
        "original": f"https://live.staticflickr.com/1/{number}_abc_o.jpg",
        "license": "Attribution License",
        "geo": [],
        "tags": [{"tag": tag, "user": "me", "date_create": "2014-05-07 00:00:00"} for tag in tags],
        "people": [],
        "notes": [],
        "privacy": "public",
        **more,
    }


def takeout(title: str, **more: Any) -> dict[str, Any]:
    """A JSON file of Google Takeout's."""
    return {
        "title": title,
        "description": "",
        "imageViews": "3",
        "creationTime": {"timestamp": "1556712000", "formatted": "1 May 2019, 12:00:00 UTC"},
        "photoTakenTime": {"timestamp": "1556712000", "formatted": "1 May 2019, 12:00:00 UTC"},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
        "url": "https://photos.google.com/photo/AF1Q",
        "googlePhotosOrigin": {"mobileUpload": {"deviceType": "ANDROID_PHONE"}},
        **more,
    }


def misread(text: str) -> str:
    """What Instagram makes of a text: its UTF-8, read as Latin-1."""
    return text.encode().decode("latin-1")
