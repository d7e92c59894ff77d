"""Which files are pictures: by their suffix, or by their first bytes where they have none."""

from __future__ import annotations

_PICTURES = """
    jpg jpeg jpe jif jfif jfi mpo
    png apng webp gif tif tiff bmp dib
    avif avifs heic heics heif heifs hif
    jp2 j2k j2c jpc jpf jpx
    ppm pgm pbm pnm pam pfm
    ico tga icb vda vst pcx sgi rgb rgba bw qoi
"""

PICTURE_SUFFIXES = frozenset(f".{suffix}" for suffix in _PICTURES.split())
"""Suffixes of pictures, in lower case with their dot. Camera RAW files and videos are not among them."""

ARCHIVE_SUFFIXES = frozenset({".zip", ".tar", ".arrow"})
"""Suffixes of archives that are opened where they lie in a folder."""

PACKED_SUFFIXES = (".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".7z", ".rar")
"""Ends of the names of archives that can't be read in place."""

PACKED = "packed in a way that can't be read in place; unpack it and give the folder instead"

SIDE_SUFFIXES = frozenset({".json", ".xmp", ".parquet"})
"""Suffixes of files that may say something about the pictures beside them."""

TABLE_SUFFIXES = frozenset({".parquet", ".csv", ".tsv", ".jsonl", ".ndjson", ".json"})
"""Suffixes of tables of photos, in lower case with their dot."""

HEAD_BYTES = 32
"""How many first bytes `looks_like_picture` wants."""

_STARTS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\0",  # TIFF
    b"MM\0*",
    b"II+\0",  # BigTIFF
    b"MM\0+",
    b"\0\0\0\x0cjP  \r\n\x87\n",  # JPEG 2000
    b"\xff\x4f\xff\x51",
    b"qoif",
)
_ISO_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def looks_like_picture(head: bytes) -> bool:
    """Whether a file that begins with these bytes is a picture of a kind in `PICTURE_SUFFIXES`.

    Only signatures that plain text can't bear by chance count; kinds without one (TGA, PCX) are known by
    suffix only.
    """
    if head.startswith(_STARTS):
        return True
    if head[:4] == b"RIFF":
        return head[8:12] == b"WEBP"
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *(head[start : start + 4] for start in range(16, len(head) - 3, 4))}
        return not brands.isdisjoint(_ISO_BRANDS)
    if head[:2] == b"BM":
        return len(head) > 14 and head[6:10] == b"\0\0\0\0"
    if head[:1] == b"P" and head[1:2] in b"123456":
        return head[2:3] in b"\n\r\t " and head[3:4] in b"0123456789#" and len(head) > 3
    return False
