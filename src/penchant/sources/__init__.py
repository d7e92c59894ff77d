"""Where photos and their tags come from: folders, archives, data exports, keywords in pictures, and tables of photos.

`list_photos` says what a source holds, without opening the pictures; `PictureReader` then reads their bytes,
one at a time. What can't be used is listed with its reason and costs only itself.

    listing = list_photos("Pictures")
    with PictureReader() as reader:
        for photo in listing.photos:
            data = reader.read(photo)
"""

from penchant.sources.formats import PICTURE_SUFFIXES, TABLE_SUFFIXES
from penchant.sources.gathering import OnProgress, merge_listings
from penchant.sources.holdings import Details, Holdings, Kind, Link
from penchant.sources.keyworded import with_keywords
from penchant.sources.limits import DEFAULT_LIMITS, Limits
from penchant.sources.listing import list_photos, look_into, look_into_all
from penchant.sources.reader import PictureReader

__all__ = [
    "DEFAULT_LIMITS",
    "PICTURE_SUFFIXES",
    "TABLE_SUFFIXES",
    "Details",
    "Holdings",
    "Kind",
    "Limits",
    "Link",
    "OnProgress",
    "PictureReader",
    "list_photos",
    "look_into",
    "look_into_all",
    "merge_listings",
    "with_keywords",
]
