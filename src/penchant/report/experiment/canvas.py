"""A matplotlib figure as SVG and PNG, the same bytes whenever the numbers are the same.

Figures are made without pyplot, so nothing of them stays behind; the settings are matplotlib's own defaults with the
few below, whatever the user's matplotlibrc says.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.errors import MissingExtraError
from penchant.report.wording import elided, visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

WIDTH = 6.6  # inches: a page's text
DPI = 300
_LOWEST = 2.0
_MOST_PIXELS = 30_000  # from top to bottom; matplotlib can't draw 65,536, and few programs would show it
INK, QUIET, LIGHT = "#1f2225", "#595f66", "#b4b4b4"
# Okabe and Ito's colours, told apart by most eyes; markers and dashes tell them apart in grey.
COLOURS = ("#0072b2", "#d55e00", "#000000", "#009e73", "#aa4499", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (7, 2, 1.5, 2)), (0, (3, 1.5)), (0, (9, 3)))
_LONGEST_NAME = 40
_SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "penchant",
    "svg.fonttype": "path",  # looks the same where the font is missing
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a name is a $
    "lines.linewidth": 1.6,
    "lines.markersize": 5.5,
    "legend.frameon": False,
    "legend.handlelength": 3.4,
    "legend.fontsize": 9,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
}


def require_figures() -> None:
    """Says so now if no figure can be drawn, before hours of work end in it.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("The report of an experiment", extra="experiment") from error


def rendered(draw: Callable[[Figure], None], *, title: str, height: float) -> tuple[bytes, bytes]:
    """A figure as SVG and as PNG.

    Args:
        draw: draws into an empty figure.
        title: what the figure's metadata says that it is.
        height: in inches.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require_figures()
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with style.context(["default", _SETTINGS]):
        figure = Figure(figsize=(WIDTH, max(height, _LOWEST)), layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # both files have the places found now; finding them is half of the work
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Title": title})
        figure.savefig(
            png,
            format="png",
            dpi=min(DPI, _MOST_PIXELS / figure.get_figheight()),
            metadata={"Software": None, "Title": title},
        )
    return svg.getvalue(), png.getvalue()


def drawable(name: str, *, longest: int = _LONGEST_NAME) -> str:
    """A name that the figures' font can draw: other characters become their numbers."""
    known = _characters()
    letters = (letter if ord(letter) in known else f"[U+{ord(letter):04X}]" for letter in visible(name))
    return elided("".join(letters), longest)


@cache
def _characters() -> frozenset[int]:
    import matplotlib
    from matplotlib.ft2font import FT2Font

    font = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return frozenset(FT2Font(str(font)).get_charmap())
