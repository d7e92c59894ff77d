"""Blocks of metadata and pictures that hold them, made byte by byte as their specifications say."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def xmp(
    subjects: tuple[str, ...] = (),
    *,
    lightroom: tuple[str, ...] = (),
    digikam: tuple[str, ...] = (),
    microsoft: tuple[str, ...] = (),
) -> bytes:
    """An XMP packet as Lightroom writes it, with padding."""

    def bag(name: str, kind: str, values: tuple[str, ...]) -> str:
        items = "".join(f"<rdf:li>{value}</rdf:li>" for value in values)
        return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>" if values else ""

    body = (
        bag("dc:subject", "Bag", subjects)
        + bag("lr:hierarchicalSubject", "Bag", lightroom)
        + bag("digiKam:TagsList", "Seq", digikam)
        + bag("MicrosoftPhoto:LastKeywordXMP", "Bag", microsoft)
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:lr="http://ns.adobe.com/lightroom/1.0/"'
        ' xmlns:digiKam="http://www.digikam.org/ns/1.0/" xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0">'
        f"{body}</rdf:Description></rdf:RDF></x:xmpmeta>\n" + " " * 500 + '\n<?xpacket end="w"?>'
    ).encode()


def iptc(*keywords: bytes, utf_8: bool = False) -> bytes:
    """An IPTC-IIM block of keywords."""

    def dataset(record: int, number: int, value: bytes) -> bytes:
        return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value

    head = dataset(1, 90, b"\x1b%G") if utf_8 else b""
    return head + dataset(2, 0, b"\0\4") + b"".join(dataset(2, 25, keyword) for keyword in keywords)


def photoshop(block: bytes) -> bytes:
    """Photoshop's resources: another one with a name of odd length, then IPTC."""

    def resource(number: int, name: bytes, value: bytes) -> bytes:
        named = bytes([len(name)]) + name
        named += b"\0" * (len(named) % 2)
        return (
            b"8BIM"
            + struct.pack(">H", number)
            + named
            + struct.pack(">I", len(value))
            + value
            + b"\0" * (len(value) % 2)
        )

    return resource(0x0425, b"", b"digest of 16 byt") + resource(0x03ED, b"odd!", b"abc") + resource(0x0404, b"", block)


def exif(keywords: str, *, big: bool = False) -> bytes:
    """A TIFF header with Windows' keywords."""
    order = ">" if big else "<"
    value = keywords.encode("utf-16-le") + b"\0\0"
    mark = b"MM\0*" if big else b"II*\0"
    entries = [(0x010E, 2, 4, b"abc\0"), (40094, 1, len(value), struct.pack(f"{order}I", 8 + 2 + 24 + 4))]
    directory = struct.pack(f"{order}H", len(entries))
    for number, kind, count, inline in entries:
        directory += struct.pack(f"{order}HHI", number, kind, count) + inline
    return mark + struct.pack(f"{order}I", 8) + directory + bytes(4) + value


def jpeg(*segments: tuple[int, bytes], colour: tuple[int, int, int] = (200, 80, 20)) -> bytes:
    """A JPEG with these segments (marker, value) before its own."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(stream, "JPEG")
    data = stream.getvalue()
    return data[:2] + b"".join(struct.pack(">BBH", 0xFF, marker, len(v) + 2) + v for marker, v in segments) + data[2:]


def with_xmp(packet: bytes, colour: tuple[int, int, int] = (200, 80, 20)) -> bytes:
    """A JPEG that holds an XMP packet."""
    return jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet), colour=colour)


def with_iptc(block: bytes) -> bytes:
    """A JPEG that holds an IPTC block, cut over two segments."""
    resources = photoshop(block)
    half = len(resources) // 2
    head = b"Photoshop 3.0\0"
    return jpeg((0xED, head + resources[:half]), (0xED, head + resources[half:]))


def with_exif(header: bytes) -> bytes:
    """A JPEG that holds an Exif header."""
    return jpeg((0xE1, b"Exif\0\0" + header))


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG with these chunks (name, value) behind its picture."""
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 99, 200)).save(stream, "PNG")
    data = stream.getvalue()
    more = b"".join(
        struct.pack(">I", len(value)) + name + value + struct.pack(">I", zlib.crc32(name + value))
        for name, value in chunks
    )
    return data[:-12] + more + data[-12:]
