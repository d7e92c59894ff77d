"""A profile as one HTML page that needs nothing but itself: no network, no script, no other file."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.report import wording
from penchant.report.html_words import words_section
from penchant.report.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from penchant.types import Interest, Profile

_CHARTED = 10
_OPEN = 5
_FAILURES_OPEN = 10
_LONGEST_CAPTION = 72


def render_profile(profile: Profile, *, thumbnails: Mapping[str, bytes], title: str | None = None) -> str:
    """The page of a profile.

    File names lose the folders that all pictures share, so the page can be given to others.

    Args:
        profile: what to show.
        thumbnails: JPEG bytes by photo id, without metadata; a picture without one is shown by its name.
        title: the page's title; by default whose profile it is.
    """
    names = Names.of(profile)
    uses = Counter(item.photo_id for domain in profile.domains for item in domain.evidence)
    pictures = {
        photo_id: _Picture(
            ident=f"picture-{number}",
            source=f"data:image/jpeg;base64,{base64.b64encode(thumbnails[photo_id]).decode('ascii')}",
            repeated=uses[photo_id] > 1,
        )
        for number, photo_id in enumerate(uses, start=1)
        if photo_id in thumbnails
    }
    widest = max((domain.share_high for domain in profile.domains), default=0.0)
    domains = [_section(domain, names=names, pictures=pictures, widest=widest) for domain in profile.domains]
    page = _environment().get_template("profile.html.j2")
    return page.render(
        title=wording.visible(title) if title else _title(profile),
        profile=profile,
        leaders=_leaders(profile),
        followers=_followers(profile),
        charts=[chart for chart in (domains[:_CHARTED], domains[_CHARTED:]) if chart],
        domains=domains,
        repeated=[picture for picture in pictures.values() if picture.repeated],
        failures=[(names.short(item.photo_id), names.within(item.error)) for item in profile.failures],
        failures_open=len(profile.failures) <= _FAILURES_OPEN,
        kinds=wording.tally(wording.kinds_of_failure(profile.failures)),
        duplicates=[(names.short(item.photo_id), names.short(item.same_as)) for item in profile.duplicates],
        skipped=wording.suffixes(profile.skipped),
        provenance=_provenance(profile, names),
        words=words_section(profile),
        usual=wording.usual(profile),
    )


@dataclass(frozen=True, slots=True)
class _Picture:
    """A thumbnail. One that several domains show is stored once, and drawn by reference."""

    ident: str
    source: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class _Shot:
    """One piece of evidence."""

    label: str
    confidence: float
    name: str
    picture: _Picture | None


@dataclass(frozen=True, slots=True)
class _Section:
    """One domain. `bar`, `low` and `high` are lengths in percent of the chart's width."""

    interest: Interest
    name: str
    labels: tuple[tuple[str, float], ...]
    shots: tuple[_Shot, ...]
    bar: str
    low: str
    high: str
    open: bool


def _section(domain: Interest, *, names: Names, pictures: Mapping[str, _Picture], widest: float) -> _Section:
    bar, low, high = (
        f"{100 * value / widest if widest > 0 else 0:.2f}%"
        for value in (domain.share, domain.share_low, domain.share_high)
    )
    shots = tuple(
        _Shot(
            label=wording.visible(item.label),
            confidence=item.confidence,
            name=wording.elided(names.short(item.path or item.photo_id), _LONGEST_CAPTION),
            picture=pictures.get(item.photo_id),
        )
        for item in domain.evidence
    )
    return _Section(
        interest=domain,
        name=wording.visible(domain.name),
        labels=tuple((wording.visible(label), part) for label, part in domain.labels),
        shots=shots,
        bar=bar,
        low=low,
        high=high,
        open=domain.rank <= _OPEN and not domain.sensitive,
    )


def _title(profile: Profile) -> str:
    if profile.user_id:
        return f"Profile of {wording.visible(profile.user_id)}"
    if not profile.photos.used:
        return "A profile of no pictures"
    return f"A profile from {wording.counted(profile.photos.used, 'picture')}"


def _leaders(profile: Profile) -> tuple[Interest, ...]:
    """The domains at the top that can't be told apart: their intervals reach the first one's."""
    return tuple(domain for domain in profile.domains if domain.share_high >= profile.domains[0].share_low)


def _followers(profile: Profile) -> tuple[Interest, ...]:
    """The next two, where they are worth a word."""
    leaders = _leaders(profile)
    return tuple(domain for domain in profile.domains if domain not in leaders and domain.share >= 0.01)[:2]


def _provenance(profile: Profile, names: Names) -> list[tuple[str, str]]:
    """The model, then what else is recorded, without saying the same twice."""
    facts = {
        "model": profile.model.name,
        "model_sha256": profile.model.sha256,
        "label_set": profile.model.label_set,
        "generaliser": profile.generaliser,
        "taxonomy": profile.taxonomy,
        "aggregation": profile.aggregation.value,
        **{key: profile.provenance[key] for key in sorted(profile.provenance)},
    }
    return [(wording.visible(key).replace("_", " "), names.within(value)) for key, value in facts.items()]


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("penchant", "data/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=lambda value: _unbroken(wording.percent(value)),
        times=wording.times,
        counted=wording.counted,
        visible=wording.visible,
    )
    environment.globals.update(
        interval=lambda low, high: _unbroken(wording.interval(low, high)),
        not_enough=wording.not_enough,
    )
    return environment


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")
