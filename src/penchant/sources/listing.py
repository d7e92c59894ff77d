"""What a source is, and what it holds."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from penchant.errors import FetchError, PictureError, SourceError
from penchant.sources.archive import gather_archive
from penchant.sources.arrow import looks_like_arrow
from penchant.sources.containers import gather_container
from penchant.sources.exports import annotate
from penchant.sources.fetch.policy import address_stamp, check_address
from penchant.sources.files import read_head, reason_of
from penchant.sources.folder import gather_folder, list_file
from penchant.sources.formats import PACKED, PACKED_SUFFIXES, PICTURE_SUFFIXES, TABLE_SUFFIXES, looks_like_picture
from penchant.sources.gathering import Gathering, merge_listings
from penchant.sources.holdings import Holdings, Kind, place_of
from penchant.sources.limits import DEFAULT_LIMITS, Limits
from penchant.sources.names import suffix_of
from penchant.sources.table import list_table
from penchant.sources.tar import TAR_HEAD, looks_like_tar
from penchant.text import printable
from penchant.types import Failure, Listing, Photo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from penchant.sources.gathering import OnProgress, SideFile

_ZIP_START = b"PK\3\4"


def list_photos(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Listing:
    """The photos of a source, whatever its kind: a folder, a picture, a zip archive, a table of photos, or an address.

    Archives are known by their content, tables by their suffix. No picture is opened, except to tell by its
    first bytes what a file without a suffix is.

    Args:
        source: a path as the user gave it; photo ids begin with it. `~` is not expanded.
        limits: what one source may cost.
        on_progress: called now and then with the number of photos found so far.

    Raises:
        SourceError: there is no such source, or the whole of it can't be read; one sentence, with the way
        out.
    """
    return look_into(source, limits=limits, on_progress=on_progress).listing


def look_into(source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None) -> Holdings:
    """The photos of a source with all that exports and sidecars among its files say about them; see `list_photos`."""
    return _annotated([_gathered(source, limits, on_progress)], limits)


def look_into_all(
    sources: Iterable[str], *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None
) -> Holdings:
    """The photos of several sources as one, as an export's archives are: what one says of another's pictures counts.

    A source that can't be read becomes a failure and costs only itself; a picture that two sources hold counts once.
    """
    gathered = []
    for source in sources:
        try:
            gathered.append(_gathered(source, limits, on_progress))
        except SourceError as error:
            gathered.append(_Gathered(Listing(failures=(Failure(printable(source), str(error)),))))
    return _annotated(gathered, limits)


@dataclass(frozen=True, slots=True)
class _Gathered:
    """One source: its photos, the files about them, whether it is a table, and what it was recognised as."""

    listing: Listing
    sides: Sequence[SideFile] = ()
    is_table: bool = False
    kind: Kind | None = None


def _annotated(gathered: Sequence[_Gathered], limits: Limits) -> Holdings:
    listings = [one.listing for one in gathered]
    listing = listings[0] if len(listings) == 1 else merge_listings(listings)
    described = frozenset(place_of(photo) for one in gathered if one.is_table for photo in one.listing.photos)
    sides = list(dict.fromkeys(side for one in gathered for side in one.sides))
    held = annotate(listing, sides, limits=limits, described=described)
    return replace(held, kinds=(*(one.kind for one in gathered if one.kind is not None), *held.kinds))


def _gathered(source: str, limits: Limits, on_progress: OnProgress | None) -> _Gathered:
    """What a source holds. Raises SourceError."""
    name = printable(source)
    if source.lower().startswith(("http://", "https://")):
        return _Gathered(list_address(source))
    try:
        is_folder = bool(source) and Path(source).is_dir()
        head = b"" if is_folder else read_head(source, TAR_HEAD)
    except (OSError, ValueError) as error:
        raise SourceError(f"{name} can't be read: {reason_of(error)}") from error
    except PictureError as error:
        raise SourceError(_absent(source, str(error))) from error
    if is_folder and (table := _collected_table(source)) is not None:
        rows = list_table(table, on_progress=on_progress)
        kind = Kind("Flickr collection", len(rows.photos), sum(bool(photo.tags) for photo in rows.photos), "tags")
        return _Gathered(rows, is_table=True, kind=kind)
    suffix = suffix_of(Path(source).name)
    gathering = None
    if is_folder:
        gathering = gather_folder(source, limits=limits, on_progress=on_progress)
    elif _is_archive(source, suffix, head):
        gathering = gather_archive(source, limits=limits, on_progress=on_progress)
    elif looks_like_tar(head) or looks_like_arrow(head):
        try:
            gathering = gather_container(source, limits=limits, on_progress=on_progress)
        except PictureError as error:  # it went away just now
            raise SourceError(_absent(source, str(error))) from error
        if gathering is None:
            raise SourceError(f"{name} has no column of pictures, or is a cache of its dataset")
    if gathering is not None:
        return _Gathered(gathering.listing(), gathering.sides)
    if suffix in TABLE_SUFFIXES:
        return _Gathered(list_table(source, on_progress=on_progress), is_table=True)
    if suffix in PICTURE_SUFFIXES or looks_like_picture(head):
        try:
            return _Gathered(list_file(source))
        except PictureError as error:  # it went away just now
            raise SourceError(_absent(source, str(error))) from error
    if suffix == ".zip" or head.startswith(_ZIP_START):
        raise SourceError(f"the archive {name} is damaged or incomplete; copy or download it again")
    if name.lower().endswith(PACKED_SUFFIXES):
        raise SourceError(f"{name} is {PACKED}")
    kinds = ", ".join(sorted(TABLE_SUFFIXES))
    raise SourceError(f"{name} is no picture, folder, archive (zip, tar) or table of photos ({kinds})")


def _collected_table(folder: str) -> str | None:
    """The table of a folder that `penchant collect flickr` made; its pictures alone would lack their tags."""
    table = Path(folder, "photos.parquet")
    return os.fspath(table) if Path(folder, "collection.sqlite").is_file() and table.is_file() else None


def list_address(source: str) -> Listing:
    """One picture that is to be fetched, given by its address; nobody is asked yet. Raises SourceError."""
    try:
        url = check_address(source)
        url.encode()
    except (FetchError, UnicodeEncodeError) as error:
        raise SourceError(f"{printable(source)} can't be fetched: {error}") from error
    gathering = Gathering()
    gathering.take(Photo(printable(url), printable(url), stamp=address_stamp(url), url=url))
    return gathering.listing()


def _is_archive(source: str, suffix: str, head: bytes) -> bool:
    # Pictures and tables can hold an archive's end mark by chance or by intent; they are what they begin as.
    if not head.startswith(_ZIP_START[:2]) and (suffix in TABLE_SUFFIXES or looks_like_picture(head)):
        return False
    try:
        return zipfile.is_zipfile(source)
    except OSError:
        return False


def _absent(source: str, reason: str) -> str:
    name = printable(source) or "of an empty name"
    if "://" in source:
        return f"{name} is an address of a kind that is not fetched; give one with http:// or https://, or a file"
    if reason == "file not found":
        return f"there is no file or folder {name}; check the spelling, and put quotes round a name with spaces"
    return f"{name} can't be read: {reason}"
