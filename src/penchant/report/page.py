"""A terminal as a page of lines: its width, and what its encoding can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.report import wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

_NARROWEST = 50
_WIDEST = 112
_ASCII = str.maketrans({"–": "-", "×": "x", "…": "...", "█": "#", "▓": "=", "░": "-", "│": "|"})


@dataclass(frozen=True, slots=True)
class Page:
    """A console that lines are laid out for: never wider than is readable, nor than it is."""

    console: Console
    width: int
    ascii: bool

    @classmethod
    def on(cls, console: Console) -> Page:
        """The page that a console is; without Unicode where the console can't show it."""
        try:
            "█▓░–×…│".encode(console.encoding)
        except (UnicodeEncodeError, LookupError):
            plain = True
        else:
            plain = console.legacy_windows
        return cls(console, max(_NARROWEST, min(console.width, _WIDEST)), plain)

    def safe(self, text: str) -> str:
        """The text as the console can show it."""
        if not self.ascii:
            return text
        return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")

    def line(self, text: str | Text = "", style: str = "", *, cut: bool = True) -> None:
        """Print one line, cut at the page's width unless told otherwise."""
        from rich.text import Text

        line = Text(self.safe(text), style=style) if isinstance(text, str) else text
        if cut:
            line.truncate(self.width)
        line.rstrip()
        self.console.print(line, soft_wrap=True, highlight=False)

    def paragraph(self, text: str, style: str = "") -> None:
        """Print as many lines as the text takes."""
        from rich.text import Text

        for line in Text(self.safe(text), style=style).wrap(self.console, self.width):
            self.line(line)

    @staticmethod
    def titled(name: str, *, sensitive: bool) -> str:
        """A domain's name as it is shown, marked where it is sensitive."""
        return wording.visible(name) + (" *" if sensitive else "")

    def fitted(self, title: str, width: int) -> str:
        """A title in exactly so many cells; the mark of a sensitive one stays."""
        from rich.cells import cell_len, set_cell_size

        mark = " *" if title.endswith(" *") else ""
        dots = 2 if self.ascii else 0  # an ellipsis takes three characters there
        text = title
        if len(title) > width:
            text = wording.shortened(title.removesuffix(mark), width - len(mark))
            if text.endswith("…"):
                text = wording.shortened(title.removesuffix(mark), width - len(mark) - dots)
            text += mark
        padded = width - dots if text.removesuffix(mark).endswith("…") else width
        whole = text + " " * (padded - cell_len(text)) if cell_len(text) <= padded else set_cell_size(text, padded)
        return self.safe(whole)

    @staticmethod
    def as_many_as_fit(parts: Iterable[str], width: int) -> str:
        """The first parts in a row, commas between them."""
        line = ""
        for part in parts:
            longer = f"{line}, {part}" if line else part
            if line and len(longer) > width:
                break
            line = longer
        return line
