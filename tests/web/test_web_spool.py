"""Received files on disk."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from penchant.sources import PictureReader
from penchant.types import Photo
from penchant.web import spool as spool_module
from penchant.web.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from penchant.web.spool import Spooled

PIECES = st.lists(st.binary(min_size=1, max_size=700), max_size=4)
FATES = st.sampled_from(["kept", "kept alone", "dropped", "dropped alone"])


@given(st.lists(st.tuples(PIECES, FATES, st.booleans()), max_size=12), st.sampled_from([1, 2000, 1 << 20]))
def test_what_is_kept_can_be_read_and_nothing_else_is_there(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[list[bytes], str, bool]], full: int
) -> None:
    folder = tmp_path_factory.mktemp("in")
    spool = Spool(folder)
    kept: list[tuple[Spooled, bytes]] = []
    before = spool_module._FULL_BYTES
    spool_module._FULL_BYTES = full
    try:
        for pieces, fate, flushed in files:
            begun = spool.begin(alone="alone" in fate)
            for place, piece in enumerate(pieces):
                spool.write(begun, memoryview(piece))
                if flushed and place == 1:
                    spool.flush()
            if fate.startswith("kept"):
                spool.end(begun)
                kept.append((begun, b"".join(pieces)))
            else:
                spool.drop(begun)
        spool.close()
    finally:
        spool_module._FULL_BYTES = before
    with PictureReader() as reader:
        for begun, data in kept:
            assert begun.size == len(data)
            if data:
                photo = Photo("", str(folder / begun.file), begun.member)
                assert reader.read(photo) == data
    entries = 0
    for path in folder.iterdir():
        if not any(path.name == begun.file and begun.member is None for begun, _ in kept):
            with tarfile.open(path, "r:") as archive:  # another reader finds the same
                entries += len(archive.getnames())
    assert entries == sum(begun.member is not None for begun, _ in kept)


def test_archives_are_not_too_large_to_go_soon(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for _ in range(40):
        begun = spool.begin(alone=False)
        spool.write(begun, memoryview(bytes(1 << 20)))
        spool.end(begun)
        spool.flush()
    spool.close()
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 5
    assert max(sizes) < 9 << 20
