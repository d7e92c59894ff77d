"""Text that comes from outside, made fit to be stored and shown."""

from __future__ import annotations

# Escaped even where a terminal could show them: they move the cursor, break lines or turn the direction of
# writing.
_ESCAPES = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
}


def valid_text(text: str) -> str:
    r"""The text as valid Unicode: bytes of a file name that are not UTF-8 become ``\xff``, still distinct."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte, as JSON and Windows can hold
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


def printable(name: str) -> str:
    r"""A name that any terminal, JSON or Parquet file can hold, the same as given wherever that is possible.

    Bytes that are not UTF-8 (which the system hands over as surrogate escapes) become `\xff`, control
    characters likewise. Letters, emoji and the odd spaces of other scripts stay.
    """
    if name.isprintable():
        return name
    whole = valid_text(name)
    return whole.translate(_ESCAPES)
