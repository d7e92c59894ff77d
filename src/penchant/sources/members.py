"""Pictures in archives that a table names by one path: `export.zip/photos/a.jpg`, `00000.tar/1.jpg`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from penchant.errors import PictureError
from penchant.sources.containers import is_container
from penchant.sources.limits import DEFAULT_LIMITS, Limits
from penchant.sources.reader import PictureReader
from penchant.text import printable
from penchant.types import Photo

if TYPE_CHECKING:
    from types import TracebackType


class MemberFinder:
    """Finds the entries that paths name; keeps archives open in between. A context manager."""

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._reader = PictureReader(limits=limits)
        self._containers: dict[str, bool] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.close()

    def find(self, path: str) -> Photo | None:
        """A photo with the path, member, size and stamp of an entry; None where no archive stands on the way.

        Raises:
            PictureError: there is such an archive, and it doesn't hold the entry or can't be read.
        """
        for at in _separators(path):
            archive = path[:at]
            if archive not in self._containers:
                self._containers[archive] = os.path.isfile(archive) and is_container(archive)  # noqa: PTH113
            if self._containers[archive]:
                try:
                    return self._reader.find(Photo(path, archive, path[at + 1 :]))
                except PictureError as error:
                    raise PictureError(f"{error}: {printable(path)}") from error
        return None


def _separators(path: str) -> list[int]:
    """Where a path may be cut in two, from the right."""
    return [at for at in range(len(path) - 1, 0, -1) if path[at] == "/" or path[at] == os.sep]
