"""Archives of pictures, whatever their kind; a file is of the kind that its first bytes say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.errors import PictureError
from penchant.sources.archive import ZipContainer, gather_archive
from penchant.sources.arrow import ArrowContainer, gather_arrow, looks_like_arrow
from penchant.sources.files import read_head
from penchant.sources.limits import DEFAULT_LIMITS, Limits
from penchant.sources.names import suffix_of
from penchant.sources.tar import TAR_HEAD, TarContainer, gather_tar, looks_like_tar

if TYPE_CHECKING:
    from penchant.sources.entries import Container
    from penchant.sources.gathering import Gathering, OnProgress


def gather_container(
    source: str, *, limits: Limits = DEFAULT_LIMITS, on_progress: OnProgress | None = None
) -> Gathering | None:
    """What an archive holds, None where the file is none: an .arrow or .tar file can be anything.

    Raises:
        SourceError: it can't be read, or is damaged.
        PictureError: it is no regular file.
    """
    head = read_head(source, TAR_HEAD)
    if looks_like_tar(head):
        return gather_tar(source, limits=limits, on_progress=on_progress)
    if looks_like_arrow(head):
        return gather_arrow(source, limits=limits, on_progress=on_progress)
    if suffix_of(source) in (".tar", ".arrow"):
        return None
    return gather_archive(source, limits=limits, on_progress=on_progress)


def open_container(path: str, limits: Limits) -> Container:
    """The archive at a path, open to be read from. Raises SourceError and PictureError."""
    head = read_head(path, TAR_HEAD)
    if looks_like_tar(head):
        return TarContainer(path, limits)
    if looks_like_arrow(head):
        return ArrowContainer(path)
    return ZipContainer(path, limits)


def is_container(path: str) -> bool:
    """Whether a file can hold pictures inside: zip archives by their suffix, others by their first bytes."""
    try:
        head = read_head(path, TAR_HEAD)
    except PictureError:
        return False
    return looks_like_tar(head) or looks_like_arrow(head) or head.startswith(b"PK") or suffix_of(path) == ".zip"
