"""The pictures of a collection: which are missing, fetching them, and where they lie.

    pictures/12/53412_640.jpg      (the photo's last two digits; its number and its size)

A picture appears whole or not at all, and is written down after it: what a killed process left is found by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penchant.errors import FetchError
from penchant.retry import Retry
from penchant.sources.fetch import AddressPolicy, FetchOptions, PictureFetcher
from penchant.sources.fetch.kept import suffix_for
from penchant.sources.flickr.sizes import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import BinaryIO

    from penchant.sources.fetch import Fetched
    from penchant.sources.flickr.sizes import Size
    from penchant.sources.flickr.state import Collection
    from penchant.sources.flickr.wire import Picture

    AtomicFile = Callable[[Path], AbstractContextManager[BinaryIO]]

FOLDER = "pictures"
PARALLEL = 12

_SUFFIXES = (".jpg", ".png", ".gif", ".webp")
_UNAVAILABLE = "unavailable"  # where the service leads in place of a photo that has gone
_ENDS = {b"\xff\xd8\xff": b"\xff\xd9", b"\x89PNG": b"IEND", b"GIF8": b";"}


def fetch_options(*, loopback: bool, retry: Retry | None = None, parallel: int = PARALLEL) -> FetchOptions:
    """How Flickr's pictures are fetched: the service's own interface gave their addresses, to be fetched.

    Args:
        loopback: the service is on this machine, so its pictures may be, too.
        retry: how often, and after which pauses, a request is made again.
        parallel: requests at once.
    """
    return FetchOptions(
        parallel=parallel,
        per_host=parallel,
        interval=0.0,
        robots=False,
        policy=AddressPolicy(public_only=not loopback),
        retry=retry or Retry(attempts=4),
    )


def wanted_pictures(collection: Collection, size: Size) -> list[tuple[str, Picture]]:
    """The photos whose pictures are not here, each with the one to fetch; each photo once, in the table's order.

    What could not be had for good isn't asked for again; what a killed process left is written down on the way.
    """
    known = {
        str(photo): (str(letter), None if path is None else str(path), bool(lasting))
        for photo, letter, path, lasting in collection.rows("SELECT photo_id, letter, path, lasting FROM files")
    }
    wanted: dict[str, Picture] = {}
    for entry in collection.entries():
        photo = entry.photo
        picture = nearest(photo.pictures, size)
        if picture is None or photo.photo_id in wanted:
            continue
        letter, path, lasting = known.get(photo.photo_id, (None, None, False))
        if letter == picture.size.letter and (lasting or (path is not None and (collection.folder / path).is_file())):
            continue
        left = _left_behind(collection.folder, photo.photo_id, picture)
        if left is None:
            wanted[photo.photo_id] = picture
        else:
            collection.set_file(photo.photo_id, picture.size.letter, left, None, lasting=False)
    return list(wanted.items())


def fetch_pictures(
    collection: Collection,
    wanted: list[tuple[str, Picture]],
    options: FetchOptions,
    *,
    atomic_file: AtomicFile,
) -> Iterator[tuple[str, str | None]]:
    """Fetches pictures; gives each photo, with why it couldn't be had or None, after it is on disk and written down."""
    pictures = dict(wanted)
    with PictureFetcher(options) as fetcher:
        for photo_id, got in fetcher.fetch_many((photo_id, picture.url) for photo_id, picture in wanted):
            picture = pictures[photo_id]
            error = got if isinstance(got, FetchError) else _objection(got)
            path = None
            if error is None and not isinstance(got, FetchError):
                path = picture_path(photo_id, picture, suffix_for(got.data))
                old = collection.rows("SELECT path FROM files WHERE photo_id = ?", (photo_id,))
                with atomic_file(collection.folder / path) as file:
                    file.write(got.data)
                if old and old[0][0] not in {None, path}:  # another size
                    (collection.folder / str(old[0][0])).unlink(missing_ok=True)
            reason = None if error is None else str(error)
            lasting = error is not None and error.lasting
            collection.set_file(photo_id, picture.size.letter, path, reason, lasting=lasting)
            yield photo_id, reason


def remove_pictures(collection: Collection) -> int:
    """Removes the files of photos that are in no list any more, and says how many."""
    removed = 0
    for photo_id, path in collection.files_without_photo():
        if path is not None:
            (collection.folder / path).unlink(missing_ok=True)
            removed += 1
        collection.forget_file(photo_id)
    return removed


def picture_path(photo_id: str, picture: Picture, suffix: str) -> str:
    """Where a picture lies, relative to the collection."""
    return f"{FOLDER}/{photo_id[-2:]}/{photo_id}_{picture.size.name}{suffix}"


def is_loopback(address: str) -> bool:
    """Whether a service is on this machine."""
    return urlsplit(address).hostname in {"localhost", "127.0.0.1", "::1"}


def _left_behind(folder: Path, photo_id: str, picture: Picture) -> str | None:
    """A picture that a killed process had written, but not written down."""
    paths = (picture_path(photo_id, picture, suffix) for suffix in _SUFFIXES)
    return next((path for path in paths if (folder / path).is_file()), None)


def _objection(got: Fetched) -> FetchError | None:
    """Why what came is not the photo."""
    if _UNAVAILABLE in urlsplit(got.url).path:
        return FetchError("Flickr says that it is no longer available", lasting=True)
    if got.data.startswith(b"GIF8") and urlsplit(got.url).path.endswith(".jpg"):
        return FetchError("Flickr gives another picture in its place", lasting=True)
    for start, end in _ENDS.items():
        if got.data.startswith(start) and end not in got.data[-64:]:
            return FetchError("the picture ends too early", lasting=False)
    return None
