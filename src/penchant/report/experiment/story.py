"""What an experiment's numbers mean, in sentences: the headline, what follows from them, and what doesn't."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.report.experiment.numbers import ranged
from penchant.report.wording import counted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penchant.results import ExperimentResult, MethodResult

_NAMED = 6


@dataclass(frozen=True, slots=True)
class Standing:
    """A method beside the constant baseline of its own reference, by mean F1@k.

    Attributes:
        difference: of the means; None where one of them doesn't exist.
        beyond_chance: whether the corrected test says so.
    """

    method: MethodResult
    constant: float | None
    difference: float | None
    beyond_chance: bool

    @property
    def above(self) -> bool:
        """Better, beyond chance."""
        return self.beyond_chance and self.difference is not None and self.difference > 0

    @property
    def below(self) -> bool:
        """Below, beyond chance or not."""
        return self.method.below_constant


@dataclass(frozen=True, slots=True)
class Verdict:
    """The first sentences: of the methods below the constant baseline, if there are any, and all others."""

    below: tuple[str, ...]
    others: tuple[str, ...]


def verdict(result: ExperimentResult) -> Verdict:
    """The result's own sentences, those on methods below the constant baseline apart."""
    below = tuple(method.verdict for method in result.methods if method.below_constant)
    others = (sentence for sentence in result.verdict if sentence not in below)
    return Verdict(tuple(map(_set, below)), tuple(map(_set, others)))


def _set(sentence: str) -> str:
    """With true minus signs, and numbers that stay with what belongs to them."""
    text = re.sub(r"(?<![\w.])-(?=\d)", "−", visible(sentence))
    return re.sub(r"(?<=\d) %|\bp = (?=\d)", lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def standings(result: ExperimentResult) -> tuple[Standing, ...]:
    """Each method beside its constant, in the order of the methods."""
    sure = {
        (test.a, test.reference)
        for test in result.comparisons
        if test.b == "constant" and test.measure == "f1_at_k" and test.beyond_chance
    }
    found = []
    for method in result.methods:
        scores = method.baselines.get("constant")
        own, constant = method.f1_at_k.mean, scores.f1_at_k.mean if scores else None
        difference = None if own is None or constant is None else own - constant
        found.append(Standing(method, constant, difference, (method.name, method.reference) in sure))
    return tuple(found)


def headline(stands: Sequence[Standing]) -> str:
    """The answer in a line: is it better than knowing nothing about the person?"""
    nothing = "than knowing nothing about the person"
    if all(stand.difference is None for stand in stands):
        return "Too little to tell whether pictures show interests"
    above = sum(stand.above for stand in stands)
    worse = sum(stand.below and stand.beyond_chance for stand in stands)
    number = len(stands)
    if number == 1:
        if above:
            return f"Better {nothing}"
        return f"Worse {nothing}" if worse else f"Not shown to be better {nothing}"
    if above == number:
        return f"{_all(number)} are better {nothing}"
    if worse == number:
        return f"{_all(number)} are worse {nothing}"
    if not above:
        return f"None of {number} methods is shown to be better {nothing}"
    return f"{above} of {number} methods {'is' if above == 1 else 'are'} better {nothing}"


def _all(number: int) -> str:
    return "Both methods" if number == 2 else f"All {number} methods"


def conclusions(result: ExperimentResult, stands: Sequence[Standing]) -> tuple[str, ...]:
    """What the numbers allow to say."""
    groups = {
        "above": [stand for stand in stands if stand.above],
        "below": [stand for stand in stands if stand.below and stand.beyond_chance],
        "open": [stand for stand in stands if not stand.beyond_chance],
    }
    alike = f"the same {counted(result.k, 'domain')} for everybody"
    said = []
    if groups["above"]:
        one = len(groups["above"]) == 1
        said.append(
            f"{_names(groups['above'])} {'comes' if one else 'come'} nearer to what people say of themselves than "
            f"{alike}: what the pictures show tells something about the person."
        )
    if groups["open"]:
        it = "it is" if len(groups["open"]) == 1 else "they are"
        said.append(
            f"Of {_names(groups['open'])} these data can't tell whether {it} better than {alike}; more users would "
            "narrow the interval."
        )
    if groups["below"]:
        one = len(groups["below"]) == 1
        said.append(
            f"{_names(groups['below'])} {'is' if one else 'are'} further from what people say than {alike}. That can "
            "be so although the pictures are understood: people don't tag all that a picture shows, and not in the "
            "same proportions."
        )
    said += _apart(result)
    said += _domains(result)
    return tuple(said)


def _apart(result: ExperimentResult) -> list[str]:
    main = result.methods[0]
    spearman = main.domain_spearman
    if spearman.mean is None:
        return []
    value = f"The rank correlation across users is {ranged(spearman)}, where treating everybody alike gives 0."
    name = quoted(main.name)
    if spearman.low is not None and spearman.low > 0:
        return [f"{name} tells people apart: who cares more about a domain is predicted more of it. {value}"]
    return [f"That {name} tells people apart is not shown. {value}"]


def _domains(result: ExperimentResult) -> list[str]:
    main = result.methods[0]
    wanted = sorted(main.domains, key=lambda row: (-row.reference_users, row.code))
    never = [visible(row.name) for row in wanted if row.reference_users and not row.predicted_users]
    if not never:
        return []
    more = f"; and {len(never) - _NAMED} more" if len(never) > _NAMED else ""
    several = len(never) > 1
    return [
        f"Among the first {result.k} of somebody's reference, but never of a prediction by {quoted(main.name)}: "
        f"{'; '.join(never[:_NAMED])}{more}. Who cares about {'one of them' if several else 'it'} isn't seen to do so "
        "this way."
    ]


def _names(stands: Sequence[Standing]) -> str:
    return series([quoted(stand.method.name) for stand in stands])


def quoted(name: str) -> str:
    """A method's name inside a sentence."""
    return f"“{visible(name)}”"


def series(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
