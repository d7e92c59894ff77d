"""A person's words beside their pictures: what both reports show of it, in which order and in which words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penchant.report import wording

if TYPE_CHECKING:
    from penchant.types import Profile, TagProfile, WordInterest

_FEW = 0.5  # tags on a smaller part of the pictures may speak of other pictures than the profile does
_DIFFERENCES = 3
_WORTH_A_LINE = 0.02


@dataclass(frozen=True, slots=True)
class Difference:
    """A domain of which words and pictures say clearly different things.

    Attributes:
        carriers: what carried the larger side, with its part of the domain: tags, or labels of pictures.
    """

    domain: WordInterest
    carriers: tuple[tuple[str, float], ...]


def by_size(words: TagProfile) -> tuple[WordInterest, ...]:
    """The domains by the larger of their two shares; equal ones as they stand."""
    return tuple(sorted(words.domains, key=lambda domain: -max(domain.share, domain.picture_share)))


def more_in_words(words: TagProfile) -> tuple[Difference, ...]:
    """Where the words clearly say more than the pictures, the widest first."""
    apart = [domain for domain in words.domains if _apart(domain) and domain.share > domain.picture_share]
    apart.sort(key=lambda domain: domain.picture_share - domain.share)
    return tuple(Difference(domain, domain.tags) for domain in apart[:_DIFFERENCES])


def more_in_pictures(profile: Profile, words: TagProfile) -> tuple[Difference, ...]:
    """Where the pictures clearly say more than the words, the widest first."""
    labels = {interest.code: interest.labels for interest in profile.domains}
    apart = [domain for domain in words.domains if _apart(domain) and domain.picture_share > domain.share]
    apart.sort(key=lambda domain: domain.share - domain.picture_share)
    return tuple(Difference(domain, labels.get(domain.code, ())) for domain in apart[:_DIFFERENCES])


def _apart(domain: WordInterest) -> bool:
    return domain.differs and abs(domain.share - domain.picture_share) >= _WORTH_A_LINE


def coverage(profile: Profile, words: TagProfile) -> str:
    """What the words rest on."""
    pictures = profile.photos.total - profile.photos.duplicates
    have = "has" if words.photos == 1 else "have"
    most = f"{words.photos:,} of {wording.counted(pictures, 'picture')} {have} tags"
    if not words.meaning:
        return f"{most}, and none of their {wording.counted(words.tags, 'tag')} speaks of a domain of interest."
    speak = "speaks" if words.meaning == 1 else "speak"
    return f"{most}; {words.meaning:,} of {wording.counted(words.tags, 'tag')} {speak} of a domain."


def agreement(words: TagProfile) -> str:
    """How far both say the same; "" where there is nothing to compare."""
    found = words.agreement
    if found is None:
        return ""
    shared = len(found.shared)
    number = "None" if not shared else f"{shared}"
    are = "is" if shared == 1 else "are"
    sentence = (
        f"{number} of their first {found.k} domains {are} the same (F1 {found.f1_at_k:.2f}); their orders agree by "
        f"{found.rank_biased_overlap:.2f}, where 1 is one and the same order."
    )
    if found.typical_f1_at_k is not None:
        sentence += (
            f" The first {found.k} of a typical collection, whoever's it is, would reach F1 {found.typical_f1_at_k:.2f}"
            + (": these pictures tell no more than that." if found.f1_at_k <= found.typical_f1_at_k else ".")
        )
    return sentence


def caveats(profile: Profile, words: TagProfile) -> tuple[str, ...]:
    """Why not to rely on it."""
    found = []
    if words.meaning and not words.sufficient:
        found.append(
            f"Too few words: the tags of {wording.counted(words.photos_used, 'picture')} speak of a domain, at least "
            f"{profile.minimum_photos:,} are needed; read this as a hint."
        )
    pictures = profile.photos.total - profile.photos.duplicates
    if words.sufficient and words.photos < _FEW * pictures:
        found.append(
            f"Only {wording.percent(words.photos / pictures)} of the pictures have tags: part of the difference may be "
            "that other pictures speak."
        )
    return tuple(found)
