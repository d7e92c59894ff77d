"""Profiles made up for the tests of reports."""

from __future__ import annotations

from dataclasses import replace

from penchant.types import (
    Aggregation,
    Agreement,
    Duplicate,
    Evidence,
    Failure,
    Interest,
    ModelFacts,
    PhotoCounts,
    Profile,
    TagProfile,
    WordInterest,
)

NAMES = (
    "Animals",
    "Food and drink",
    "Art, architecture, and archaeology",
    "Transport and travel",
    "Religion, mysticism and mythology",
    "Geography and places",
    "Engineering and technology",
    "Sport and recreation",
    "Music",
    "Textile and clothing",
    "Heraldry, honors, and vexillology",
    "Business, economics, and finance",
    "Health and medicine",
    "Culture and society",
    "Biology",
    "Warfare and defense",
    "Literature and theatre",
    "Computing",
    "Media",
    "Numismatics and currencies",
)
SENSITIVE = {"Religion, mysticism and mythology", "Health and medicine"}
LABELS = {
    "Animals": ("tabby", "golden retriever", "macaw", "sulphur-crested cockatoo", "hen"),
    "Food and drink": ("espresso", "pizza", "guacamole"),
    "Art, architecture, and archaeology": ("castle", "triumphal arch", "palace"),
}
FOLDER = "/home/anna/Pictures"


def interest(rank: int, share: float, *, photos: int = 40, pictures: int = 3, lift: float | None = 1.0) -> Interest:
    """One domain, named by its rank."""
    name = NAMES[rank - 1]
    labels = LABELS.get(name, ("first thing", "second thing"))
    weights = [0.5 / 2**place for place in range(len(labels))]
    return Interest(
        rank=rank,
        code=name.upper().replace(",", "").replace(" ", "_"),
        name=name,
        share=share,
        share_low=share * 0.8,
        share_high=share * 1.2,
        lift=lift,
        sensitive=name in SENSITIVE,
        photos=photos,
        labels=tuple(zip(labels, weights, strict=True)),
        evidence=tuple(
            Evidence(
                photo_id=f"{rank}/picture-{place}.jpg",
                label=labels[place % len(labels)],
                synset="n02123045",
                confidence=0.9 - 0.1 * place,
                share=share / photos,
                path=f"{FOLDER}/{rank}/picture-{place}.jpg",
            )
            for place in range(pictures)
        ),
    )


def profile(
    *domains: Interest,
    used: int = 209,
    failures: tuple[Failure, ...] = (),
    duplicates: tuple[Duplicate, ...] = (),
    skipped: tuple[tuple[str, int], ...] = (),
    sufficient: bool = True,
    user_id: str | None = None,
    unassigned: float = 0.0,
) -> Profile:
    """A profile of these domains."""
    return Profile(
        user_id=user_id,
        photos=PhotoCounts(
            total=used + len(failures) + len(duplicates),
            used=used,
            failed=len(failures),
            duplicates=len(duplicates),
        ),
        model=ModelFacts(name="efficientnet-lite0-int8", sha256="5e" * 32, label_set="imagenet-1k"),
        generaliser="ontology",
        taxonomy="babeldomains-34",
        aggregation=Aggregation.MASS,
        minimum_photos=20,
        sufficient=sufficient,
        domains=domains,
        failures=failures,
        duplicates=duplicates,
        skipped=skipped,
        unassigned=unassigned,
        provenance={"penchant": "0.1.0", "lexicon": "wordnet-3.0"},
    )


def usual() -> Profile:
    """Three domains, one of each lift, and something of everything that can be left out."""
    return profile(
        interest(1, 0.31, lift=2.4),
        interest(2, 0.12),
        interest(3, 0.06, lift=None),
        failures=(
            Failure(f"{FOLDER}/9/a.jpg", "truncated JPEG: 12,003 of 48,112 bytes"),
            Failure(f"{FOLDER}/9/b.jpg", "truncated JPEG: 7 of 900 bytes"),
            Failure(f"{FOLDER}/9/c.jpg", "empty file"),
        ),
        duplicates=(Duplicate(f"{FOLDER}/2/copy.jpg", f"{FOLDER}/2/picture-0.jpg"),),
        skipped=((".mp4", 7), ("", 1)),
        unassigned=0.12,
    )


def many() -> Profile:
    """Twenty domains, the longest names and the sensitive ones among them."""
    return profile(
        *(interest(rank, 0.2 / rank, lift=3.0 / rank) for rank in range(1, len(NAMES) + 1)),
        user_id="anna",
    )


def word(rank: int, place: int, share: float, picture_share: float, *tags: str, differs: bool = False) -> WordInterest:
    """One domain of the words: the `place`-th name."""
    name = NAMES[place - 1]
    return WordInterest(
        rank=rank,
        code=name.upper().replace(",", "").replace(" ", "_"),
        name=name,
        share=share,
        share_low=share * 0.8,
        share_high=min(1.0, share * 1.2),
        picture_share=picture_share,
        differs=differs,
        sensitive=name in SENSITIVE,
        photos=round(100 * share),
        tags=tuple((tag, 0.5 / 2**number) for number, tag in enumerate(tags)),
    )


def both() -> Profile:
    """The usual profile, with words that say something else."""
    return replace(
        usual(),
        words=TagProfile(
            photos=198,
            photos_used=180,
            tags=812,
            kept=500,
            meaning=420,
            sufficient=True,
            domains=(
                word(1, 2, 0.4, 0.12, "sushi", "ramen", "bakery", differs=True),
                word(2, 5, 0.25, 0.0, "church", differs=True),
                word(3, 1, 0.2, 0.31, "tabby cat", "dog", differs=True),
                word(4, 3, 0.15, 0.06, "castle"),
            ),
            agreement=Agreement(5, ("FOOD_AND_DRINK", "ANIMALS"), 0.5714285, 0.48, 0.4),
            dropped=(("camera", 200), ("number", 112)),
        ),
    )


def hint() -> Profile:
    """Words of a few pictures only, that agree no better than a typical collection would."""
    words = both().words
    assert words is not None
    agreement = Agreement(5, (), 0.0, 0.0, 0.4)
    few = replace(words, photos=9, photos_used=7, tags=20, kept=12, meaning=9, sufficient=False, agreement=agreement)
    return replace(usual(), words=few)


def speechless() -> Profile:
    """Tags that speak of no domain."""
    words = TagProfile(3, 0, 5, 0, 0, False, (word(0, 1, 0.0, 0.31),), None, (("camera", 5),))
    return replace(usual(), words=words)
