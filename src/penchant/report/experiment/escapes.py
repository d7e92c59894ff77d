"""Names as cells of CSV and LaTeX: as they were typed where that is safe, and harmless where it isn't."""

from __future__ import annotations

import csv
import io
import unicodedata
from math import isnan
from typing import TYPE_CHECKING, TypeAlias

from penchant.report.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell: TypeAlias = str | int | float | None
"""One cell of a CSV file. Text is guarded, numbers are not: a negative number is no formula."""

# What spreadsheets take for the beginning of a formula, their full-width twins included.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"{\char36}",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "'": r"{\char39}",
    "`": r"{\char96}",
    "−": "$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "√": r"$\surd$",
    "→": r"$\to$",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\ldots{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "\N{NO-BREAK SPACE}": "~",
}
# Combining marks that LaTeX sets in every font encoding, so without any package.
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u ",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r ",
    "\u030b": "H ",
    "\u030c": "v ",
    "\u0327": "c ",
}
_LETTERS = {"ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}"}
_DOTLESS = {"i": r"\i", "j": r"\j"}


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file as RFC 4180 has it, in UTF-8 with a header line; text that a spreadsheet would run is defused.

    A guarded text begins with an apostrophe. A missing number is an empty cell.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([_csv_cell(name) for name in header])
    writer.writerows([_csv_cell(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode("utf-8")


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        # Control characters are made visible first: a line break in a name would begin a record of its own.
        return f"'{visible(cell)}" if cell.lstrip().startswith(_FORMULA) else visible(cell)
    if isinstance(cell, float):
        return "" if isnan(cell) else f"{cell:.6g}"
    return str(cell)


def latex(text: str) -> str:
    """The text in LaTeX's words, for any engine and without packages.

    A character that plain LaTeX has no sign for becomes its number: \\texttt{U+732B}.
    """
    return "".join(_latex_character(character) for character in visible(text)).replace("--", "-{}-")


def _latex_character(character: str) -> str:
    if character in _LATEX:
        return _LATEX[character]
    if character.isascii():
        return character
    if character in _LETTERS:
        return _LETTERS[character]
    parts = unicodedata.normalize("NFD", character)
    base, mark = parts[:1], _ACCENTS.get(parts[1:])
    if mark and base.isascii() and base.isalpha():
        return rf"\{mark}{{{_DOTLESS.get(base, base)}}}"
    return rf"\texttt{{U+{ord(character):04X}}}"
