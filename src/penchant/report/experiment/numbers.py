"""Numbers of a report in words: rounded half up as the 2018 study prints them, with a true minus, – where none is."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penchant.results import Measure

NONE = "–"


def decimals(value: float | None, digits: int, *, sign: bool = False) -> str:
    """A number with so many decimals: "0.4567", "−0.12"; with `sign` a positive one as "+0.12".

    Half of the last digit is rounded up, as of the number that a person reads: 2.135 is 2.14, whatever its bits.
    """
    if value is None:
        return NONE
    rounded = Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = f"{abs(rounded):.{digits}f}"
    if rounded == 0:
        return text
    return f"−{text}" if rounded < 0 else f"+{text}" * sign or text


def interval(low: float | None, high: float | None, digits: int, *, sign: bool = False) -> str:
    """The ends of an interval: "0.42 to 0.49"; "" where there is none, or both are printed alike."""
    first, last = decimals(low, digits, sign=sign), decimals(high, digits, sign=sign)
    return "" if low is None or high is None or first == last else f"{first} to {last}"


def ranged(measure: Measure | None, digits: int = 2) -> str:
    """A measure with its interval: "0.46 (0.42 to 0.49)"."""
    if measure is None or measure.mean is None:
        return NONE
    ends = interval(measure.low, measure.high, digits)
    return f"{decimals(measure.mean, digits)} ({ends})" if ends else decimals(measure.mean, digits)


def count(value: float) -> str:
    """How many: "1,234"; one decimal where it is an expected value and no whole number."""
    return f"{value:,.0f}" if abs(value - round(value)) < 1e-6 else f"{decimals(value, 1)}"


def p_value(value: float | None) -> str:
    """A p-value: "0.012", "<0.001"."""
    if value is None:
        return NONE
    return "<0.001" if value < 0.001 else decimals(value, 3)


def percent(value: float, digits: int = 1) -> str:
    """A part of one: "47.7 %"."""
    return f"{decimals(100 * value, digits)} %"
