"""Words beside pictures on a terminal: two bars back to back, then where they differ and what carried that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.report import beside, wording

if TYPE_CHECKING:
    from penchant.report.page import Page
    from penchant.types import Profile, TagProfile, WordInterest

_LONGEST_NAME = 30
_LONGEST_BAR = 28
_PERCENT = 5
_CARRIERS = 4


def print_words(profile: Profile, words: TagProfile, page: Page, *, top: int) -> None:
    """Print what the tags say beside what the pictures say.

    Args:
        profile: of the pictures.
        words: of the tags.
        page: where to.
        top: how many domains to show.
    """
    page.line()
    page.paragraph("Words against pictures", "bold")
    page.paragraph(beside.coverage(profile, words))
    for caveat in beside.caveats(profile, words):
        page.paragraph(caveat, "bold yellow")
    if not words.meaning:
        return
    page.line()
    _print_table(beside.by_size(words)[: max(top, 0)], page)
    page.line()
    if words.agreement is not None:
        page.paragraph(beside.agreement(words))
        _print_differences(profile, words, page)
    told = any(domain.sensitive for domain in profile.domains[: max(top, 0)])
    if not told and any(domain.sensitive for domain in words.domains):
        page.paragraph(wording.SENSITIVE)


def _print_table(shown: tuple[WordInterest, ...], page: Page) -> None:
    from rich.text import Text

    if not shown:
        return
    titles = [page.titled(domain.name, sensitive=domain.sensitive) for domain in shown]
    name = max(len("Domain"), min(max(map(len, titles)), _LONGEST_NAME, page.width - 2 * (_PERCENT + 8) - 4))
    fixed = name + 2 + 2 * (_PERCENT + 1) + 3
    bar = max(4, min((page.width - fixed) // 2, _LONGEST_BAR))
    scale = max(max(domain.share, domain.picture_share) for domain in shown)
    head = f"{'Domain':<{name}}  {'Pictures':>{bar + 1 + _PERCENT}}   {'Words'}"
    page.line(head, "dim")
    for domain, title in zip(shown, titles, strict=True):
        left, right = (_length(share, scale, bar) for share in (domain.picture_share, domain.share))
        row = Text()
        row.append(page.fitted(title, name) + "  ", "bold")
        row.append(" " * (bar - left))
        row.append(page.safe("█" * left), "cyan")
        row.append(f" {wording.percent(domain.picture_share):>{_PERCENT}}")
        row.append(page.safe(" │ "), "dim")
        row.append(f"{wording.percent(domain.share):>{_PERCENT}} ")
        row.append(page.safe("█" * right), "magenta")
        page.line(row)


def _length(share: float, scale: float, width: int) -> int:
    if share <= 0 or scale <= 0:
        return 0
    return max(1, round(width * share / scale))


def _print_differences(profile: Profile, words: TagProfile, page: Page) -> None:
    groups = (
        ("Clearly more in words", beside.more_in_words(words), True),
        ("Clearly more in pictures", beside.more_in_pictures(profile, words), False),
    )
    if not any(found for _, found, _ in groups):
        page.paragraph("No domain differs by more than chance explains.")
    for title, found, of_words in groups:
        if not found:
            continue
        page.line(f"{title}:")
        for difference in found:
            domain = difference.domain
            larger, smaller = domain.share, domain.picture_share
            if not of_words:
                larger, smaller = smaller, larger
            name = page.titled(domain.name, sensitive=domain.sensitive)
            page.line(f"  {name}: {wording.percent(larger)} against {wording.percent(smaller)}")
            carried = [
                f"{wording.visible(what)} {wording.percent(part)}" for what, part in difference.carriers[:_CARRIERS]
            ]
            if carried:
                page.line(f"    {page.as_many_as_fit(carried, page.width - 4)}", "dim")
