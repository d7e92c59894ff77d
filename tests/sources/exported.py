"""Data exports in the shapes that their services document, traps included."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from .pictures import picture

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


def flickr_parts(folder: Path) -> list[str]:
    """The archives of an export of Flickr's: account data in two, pictures in one; gives their paths."""
    return [
        str(as_zip(folder / "72157_part1.zip", {
            "account_profile.json": {"real_name": "", "nsid": "12345@N00"},
            "photo_31415926.json": flickr_photo("31415926", "beagle", "indian ocean"),
            "photo_27182818.json": flickr_photo("27182818", "castle"),
            "albums.json": {"albums": []},
            "contacts_part001.json": {"contacts": {"a": "https://www.flickr.com/people/a/"}},
        })),
        str(as_zip(folder / "72157_part2.zip", {
            "photo_16180339.json": flickr_photo("16180339", "never downloaded"),
            "faves_part001.json": {"faves": [
                {"photo_id": "555", "photo_url": "https://www.flickr.com/photos/x/555/"}, {"photo_id": 556}, {}, 7]},
            "faves_part002.json": {"favorites": [{"photo_id": "557"}]},
        })),
        str(as_zip(folder / "data-download-1.zip", {
            "dog-2019_31415926_o.jpg": picture(), "31415926_castle_27182818_o.png": picture("PNG"),
            "unknown_99999999_o.jpg": picture(), "clip_1.mp4": b"no",
        })),
    ]  # fmt: skip


LONG = "a_very_long_name_of_a_picture_that_goes_on_and_on_and_on_001.jpg"
CUT = f"{LONG[:47]}.jpg"

TAKEOUT: Files = {
    "IMG_1.jpg": picture(colour=(1, 1, 1)),
    "IMG_1.jpg.supplemental-metadata.json": takeout("IMG_1.jpg", description="A walk #beagle in #Zürich #1"),
    "IMG_1(1).jpg": picture(colour=(2, 1, 1)),
    "IMG_1.jpg.supplemental-metadata(1).json": takeout("IMG_1.jpg", description="second", favorited=True),
    "IMG_1(2).jpg": picture(colour=(3, 1, 1)),
    "IMG_1.jpg(2).json": takeout("IMG_1.jpg", description="third, of before 2024"),
    "PXL_20210101_101010101.PORTRAIT.jpg": picture(colour=(4, 1, 1)),
    "PXL_20210101_101010101.PORTRAIT.jpg.supplement.json": takeout("PXL_20210101_101010101.PORTRAIT.jpg"),
    CUT: picture(colour=(5, 1, 1)),
    f"{CUT[:46]}.json": takeout(LONG),
    "edited.jpg": picture(colour=(6, 1, 1)),
    "edited-edited.jpg": picture(colour=(7, 1, 1)),
    "edited.jpg.supplemental-metadata.json": takeout(
        "edited.jpg", people=[{"name": "Ann"}, {"name": "Bob"}, {"no": 1}]
    ),
    "old.jpg": picture(colour=(8, 1, 1)),
    "old.jpg.json": takeout("old.jpg", favorited=True),
    "without.jpg": picture(colour=(9, 1, 1)),
    "moved.mp4": b"no picture",
    "moved.mp4.supplemental-metadata.json": takeout("moved.mp4"),
    "gone.jpg.supplemental-metadata.json": takeout("gone.jpg"),
    "metadata.json": {"title": "Photos from 2019", "description": "", "access": "protected"},
}
YEAR = "Takeout/Google Photos/Photos from 2019/"


INSTAGRAM: Files = {
    "your_instagram_activity/content/posts_1.json": [
        {"media": [{"uri": "media/posts/201901/one.jpg", "creation_timestamp": 1556712000, "media_metadata": {},
                    "title": misread("Ein Café am #Zürichsee #beagle 🐶")}]},
        {"media": [{"uri": "media/posts/201902/two.jpg", "creation_timestamp": 1556712000, "title": ""},
                   {"uri": "media/posts/201902/three.webp", "creation_timestamp": 1556712001, "title": ""},
                   {"uri": "media/posts/201902/clip.mp4", "creation_timestamp": 1556712001, "title": ""}],
         "title": "Both #castle", "creation_timestamp": 1556712002},
        {"media": [{"uri": "media/posts/201902/gone.jpg", "creation_timestamp": 1556712000, "title": "gone"}]},
    ],
    "your_instagram_activity/likes/liked_posts.json": {"likes_media_likes": [
        {"title": "someone", "string_list_data": [
            {"href": "https://www.instagram.com/p/AAA/", "value": "\u00f0\u009f\u0091\u008d", "timestamp": 1}]},
        {"title": "someone", "string_list_data": [{"href": "https://www.instagram.com/p/AAA/", "timestamp": 1}]}]},
    "your_instagram_activity/saved/saved_posts.json": {"saved_saved_media": [
        {"title": "other", "string_map_data": {"Gespeichert am": {
            "href": "https://www.instagram.com/reel/BBB/", "timestamp": 2}}}]},
    "preferences/your_topics/recommended_topics.json": {"topics_your_topics": [
        {"title": "", "string_map_data": {"Nombre": {"href": "", "value": misread("Perros y café"), "timestamp": 0}}},
        {"string_map_data": {"Name": {"value": "Dogs"}}}, {"string_map_data": 3}, None]},
    "your_instagram_activity/messages/inbox/a_1/message_1.json": {"participants": [], "messages": [
        {"photos": [{"uri": "your_instagram_activity/messages/inbox/a_1/photos/sent.jpg", "creation_timestamp": 1}]}]},
    "media/posts/201901/one.jpg": picture(colour=(1, 2, 3)),
    "media/posts/201902/two.jpg": picture(colour=(2, 2, 3)),
    "media/posts/201902/three.webp": picture("WEBP"),
    "media/other/unposted.jpg": picture(colour=(3, 2, 3)),
}  # fmt: skip
