"""Pictures whose files end too early are found without decoding them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from penchant.sources.wholeness import is_cut_off


def made(kind: str, side: int = 90, **more: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).save(out, kind, **more)
    return out.getvalue()


def cut_off(data: bytes) -> bool:
    def first(count: int) -> bytes:
        return data[:count]

    def last(count: int) -> bytes:
        return data[len(data) - min(count, len(data)) :]

    return is_cut_off(first, last, len(data))


def with_thumbnail(*, filling: int = 0) -> bytes:
    """A JPEG with a whole small one in its header, as cameras write it, and other segments."""
    data = made("JPEG")
    small = b"Exif\0\0" + made("JPEG", 16)
    segments = [small, *[b"\xff\xd9" * 30_000] * filling]
    return data[:2] + b"".join(b"\xff\xe1" + (len(s) + 2).to_bytes(2, "big") + s for s in segments) + data[2:]


WHOLE = {
    "JPEG": made("JPEG"),
    "progressive": made("JPEG", progressive=True),
    "large": made("JPEG", 700, quality=95),
    "thumbnail": with_thumbnail(),
    "long header": with_thumbnail(filling=3),
    "film behind": made("JPEG", 700) + b"\0\0\0\x18ftypmp42" + b"film" * 40_000,
    "PNG": made("PNG"),
    **({"WebP": made("WEBP")} if features.check("webp") else {}),
}


@pytest.mark.parametrize("kind", WHOLE)
def test_whole_pictures(kind: str) -> None:
    assert not cut_off(WHOLE[kind])


@given(kind=st.sampled_from([kind for kind in WHOLE if kind != "film behind"]), part=st.floats(0.02, 0.99))
def test_every_first_part_of_a_picture_is_cut_off(kind: str, part: float) -> None:
    data = WHOLE[kind]
    assert cut_off(data[: max(12, int(len(data) * part))])


@given(st.binary(max_size=300))
def test_what_is_no_picture_is_nobodys_download(data: bytes) -> None:
    assert not cut_off(b"x" + data)
    cut_off(b"\xff\xd8\xff" + data)


def test_a_reader_that_gives_less_than_was_asked_for_ends() -> None:
    data = with_thumbnail(filling=3)
    assert not is_cut_off(lambda count: data[: min(count, 70_000)], lambda _: b"", len(data))
