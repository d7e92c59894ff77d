"""A profile as text for a terminal: a table with bars, then what was left out, a line each.

Lines are laid out here and not by `rich.table`, as the labels behind a domain run across all columns. Nothing
relies on colour, and a stream that can't encode the bars gets plain ASCII.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.report import wording
from penchant.report.names import Names
from penchant.report.page import Page
from penchant.report.terminal_words import print_words

if TYPE_CHECKING:
    from rich.console import Console

    from penchant.types import Failure, Interest, Profile

_LONGEST_NAME = 36
_LONGEST_BAR = 40
_LABELS = 5
_KINDS = 5
_SHARE, _RANGE, _LIFT = 5, 9, 5


def print_profile(profile: Profile, console: Console, *, top: int, evidence: int) -> None:
    """Print a profile.

    Args:
        profile: what to print.
        console: where to; its width and encoding are respected.
        top: how many domains to show.
        evidence: how many pictures to name behind each domain; 0 for the labels alone.
    """
    page = Page.on(console)
    names = Names.of(profile)
    page.paragraph(_heading(profile), "bold")
    if profile.photos.used and not profile.sufficient:
        page.paragraph(wording.not_enough(profile), "bold yellow")
    shown = profile.domains[: max(top, 0)]
    if shown:
        page.line()
        _print_table(shown, page, names, evidence=evidence)
        _print_rest(profile.domains[len(shown) :], page, total=len(profile.domains))
        page.line()
        _print_legend(shown, page, usual=wording.usual(profile))
    elif profile.photos.used and not profile.domains:
        page.line("Nothing in these pictures belongs to a domain of interest.")
    _print_left_out(profile, page, names)
    if profile.words is not None and profile.photos.used:
        print_words(profile, profile.words, page, top=top)


def print_failures(profile: Profile, console: Console) -> None:
    """Print every picture and source that could not be used, one a line, with its reason."""
    page = Page.on(console)
    names = Names.of(profile)
    if not profile.failures:
        page.line("Every picture could be used.")
        return
    page.line(f"{wording.counted(len(profile.failures), 'picture')} could not be used:", "bold")
    for failure in profile.failures:
        page.line(f"  {names.short(failure.photo_id)}: {names.within(failure.error)}", cut=False)


def print_notes(notes: tuple[Failure, ...], console: Console) -> None:
    """Print what could not be read about pictures that were used all the same, one a line, with its reason."""
    page = Page.on(console)
    names = Names(note.photo_id for note in notes)
    page.line("What could not be read about pictures:", "bold")
    for note in notes:
        page.line(f"  {names.short(note.photo_id)}: {names.within(note.error)}", cut=False)


def _heading(profile: Profile) -> str:
    photos = profile.photos
    whose = f"{wording.visible(profile.user_id)}: " if profile.user_id else ""
    if not photos.total:
        return f"{whose}no pictures were found."
    if not photos.used:
        sentence = f"none of {wording.counted(photos.total, 'picture')} could be used."
    elif photos.used == photos.total:
        sentence = f"what {wording.counted(photos.used, 'picture')} {'says' if photos.used == 1 else 'say'}."
    else:
        left = (
            wording.counted(photos.duplicates, "duplicate") if photos.duplicates else "",
            f"{photos.failed:,} failed" if photos.failed else "",
        )
        sentence = (
            f"what {photos.used:,} of {wording.counted(photos.total, 'picture')} say "
            f"({', '.join(part for part in left if part)})."
        )
    return whose + (sentence if whose else sentence[0].upper() + sentence[1:])


def _print_table(shown: tuple[Interest, ...], page: Page, names: Names, *, evidence: int) -> None:
    from rich.text import Text

    gap = "  " if page.width >= 72 else " "
    rank = len(str(max(domain.rank for domain in shown)))
    fixed = rank + _SHARE + _RANGE + _LIFT + 5 * len(gap)
    longest = max(len(page.titled(domain.name, sensitive=domain.sensitive)) for domain in shown)
    # The bar must stay readable, so on a narrow terminal the names give way.
    name = max(len("Domain"), min(longest, _LONGEST_NAME, page.width - fixed - max(10, page.width // 6)))
    bar = min(page.width - fixed - name, _LONGEST_BAR)
    scale = max((domain.share_high for domain in shown), default=0.0)
    heads = [" " * rank, "Domain".ljust(name), " " * bar]
    heads += ["Share".rjust(_SHARE), "Range".rjust(_RANGE), "Lift".rjust(_LIFT)]
    page.line(gap.join(heads), "dim")
    for domain in shown:
        row = Text()
        row.append(f"{domain.rank:>{rank}}{gap}")
        row.append(page.fitted(page.titled(domain.name, sensitive=domain.sensitive), name) + gap, "bold")
        solid, inner, outer = _bar(domain, scale=scale, width=bar)
        row.append(page.safe("█" * solid), "cyan")
        row.append(page.safe("▓" * inner + "░" * outer), "cyan dim")
        row.append(" " * (bar - solid - inner - outer) + gap)
        row.append(f"{wording.percent(domain.share):>{_SHARE}}{gap}", "bold")
        row.append(page.safe(f"{wording.interval(domain.share_low, domain.share_high):>{_RANGE}}") + gap)
        row.append(page.safe(f"{wording.times(domain.lift):>{_LIFT}}"), _lift_style(domain.lift))
        page.line(row)
        indent = " " * (rank + len(gap))
        room = page.width - len(indent)
        labels = [f"{wording.visible(label)} {wording.percent(part)}" for label, part in domain.labels[:_LABELS]]
        if labels:
            page.line(indent + page.as_many_as_fit(labels, room), "dim")
        pictures = [
            f"{wording.elided(names.short(item.path or item.photo_id), room // 2)}"
            f" ({wording.visible(item.label)}, {wording.percent(item.confidence)} sure)"
            for item in domain.evidence[: max(evidence, 0)]
        ]
        for picture in pictures:
            page.line(f"{indent}  {picture}", "dim")


def _bar(domain: Interest, *, scale: float, width: int) -> tuple[int, int, int]:
    """How many cells lie below the interval, from there to the share, and from there to its high end."""
    if scale <= 0:
        return 0, 0, 0
    low, share, high = (round(width * value / scale) for value in (domain.share_low, domain.share, domain.share_high))
    low, share = min(low, share), max(low, share)
    high = max(share, high, 1)
    return low, share - low, high - share


def _lift_style(lift: float | None) -> str:
    return "dim" if lift is None or 0.8 <= lift <= 1.25 else ""


def _print_rest(rest: tuple[Interest, ...], page: Page, *, total: int) -> None:
    if rest:
        together = wording.percent(sum(domain.share for domain in rest))
        noun = "more domain" if len(rest) == 1 else "more domains"
        page.paragraph(f"… and {len(rest)} {noun} with {together}; --top {total} shows all.", "dim")


def _print_legend(shown: tuple[Interest, ...], page: Page, *, usual: str) -> None:
    legend = "Range: the 95 % interval, shaded in the bar."
    if any(domain.labels for domain in shown):
        legend += " Below each domain: its strongest labels, with their part of it."
    if any(domain.lift is not None for domain in shown):
        legend += f" Lift: the share against that of {usual}; 1× is usual."
    page.paragraph(legend, "dim")
    if any(domain.sensitive for domain in shown):
        page.paragraph(wording.SENSITIVE)


def _print_left_out(profile: Profile, page: Page, names: Names) -> None:
    unassigned = bool(profile.domains) and profile.unassigned >= 0.005
    if unassigned or profile.failures or profile.duplicates or profile.skipped:
        page.line()
    if unassigned:
        page.paragraph(f"{wording.percent(profile.unassigned)} of what the pictures show belongs to no domain.")
    if profile.failures:
        page.paragraph(_failed(profile))
    if profile.duplicates:
        first = profile.duplicates[0]
        example = f"{names.short(first.photo_id)} is {names.short(first.same_as)}"
        line = f"{wording.counted(len(profile.duplicates), 'duplicate')} counted once"
        if len(line) + len(example) + 4 <= page.width:
            line += f" ({example})"
        page.line(f"{line}.")
    if profile.skipped:
        page.paragraph(f"Passed over: {wording.suffixes(profile.skipped)}.")


def _failed(profile: Profile) -> str:
    kinds = wording.kinds_of_failure(profile.failures)
    reasons = wording.tally(kinds[:_KINDS])
    others = sum(number for _, number in kinds[_KINDS:])
    if others:
        reasons += f", and {others:,} for other reasons"
    number = wording.counted(len(profile.failures), "picture")
    return f"{number} could not be used ({reasons}); --failures lists them."
