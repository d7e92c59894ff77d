"""The profile of the tags beside that of the pictures: what it adds up, how it agrees, and where it differs."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import penchant
from penchant.evaluation.metrics import f1_at_k, rank_biased_overlap
from penchant.semantics import Lexicon, Ontology, OntologyGeneraliser, load_taxonomy
from penchant.tagging import tag_profiles
from penchant.types import (
    Aggregation,
    Duplicate,
    Interest,
    ModelFacts,
    Photo,
    PhotoCounts,
    Profile,
    TagProfile,
    WordInterest,
)
from penchant.words import has_tags, ontology_of, with_words

if TYPE_CHECKING:
    from pathlib import Path

SOME_TAGS = [
    "dog",
    "beach",
    "sushi",
    "guitar",
    "church",
    "football",
    "canon",
    "awesome",
    "sunset",
    "xqzzy",
    "car",
    "rome",
]


@cache
def ontology() -> Ontology:
    return Ontology(Lexicon.load(), load_taxonomy(None))


def photos_with(*bags: tuple[str, ...], user_id: str | None = None) -> list[Photo]:
    return [Photo(f"{i:03}", f"/p/{i}.jpg", tags=bag, user_id=user_id) for i, bag in enumerate(bags)]


def profile_of(shares: dict[str, float], *, used: int = 100, user_id: str | None = None) -> Profile:
    """A profile of pictures with these shares, and intervals of a fifth of them."""
    names = {domain.code: domain for domain in ontology().taxonomy.domains}
    return Profile(
        user_id=user_id,
        photos=PhotoCounts(used, used, 0, 0),
        model=ModelFacts("m", "0" * 64, "l"),
        generaliser="ontology",
        taxonomy="babeldomains-34",
        aggregation=Aggregation.MASS,
        minimum_photos=20,
        sufficient=used >= 20,
        domains=tuple(
            Interest(
                rank=rank, code=code, name=names[code].name, share=share, share_low=share * 0.8,
                share_high=min(1.0, share * 1.2), lift=1.0, sensitive=names[code].sensitive, photos=used,
            )
            for rank, (code, share) in enumerate(sorted(shares.items(), key=lambda pair: -pair[1]), start=1)
        ),
    )  # fmt: skip


def words_of(profile: Profile, photos: list[Photo], **options: object) -> TagProfile:
    (found,) = with_words([profile], photos, ontology(), **options)  # type: ignore[arg-type]
    assert found.words is not None
    assert replace(found, words=None) == profile, "nothing else changes"
    return found.words


def domain(words: TagProfile, code: str) -> WordInterest:
    return next(domain for domain in words.domains if domain.code == code)


def test_tags_beside_pictures() -> None:
    photos = photos_with(*[("dog", "sushi", "canon")] * 30, *[("sushi",)] * 30, *[()] * 40)
    words = words_of(profile_of({"ANIMALS": 0.9, "TRANSPORT_AND_TRAVEL": 0.1}), photos)
    assert (words.photos, words.photos_used, words.tags, words.kept, words.meaning) == (60, 60, 120, 90, 90)
    assert words.dropped == (("camera", 30),)
    assert words.sufficient
    first, second, third = words.domains
    assert [d.code for d in words.domains] == ["FOOD_AND_DRINK", "ANIMALS", "TRANSPORT_AND_TRAVEL"]
    assert [d.rank for d in words.domains] == [1, 2, 0]
    assert (first.share, second.share, third.share) == (0.75, 0.25, 0), "a photo has one vote, whatever its tags"
    assert (first.picture_share, second.picture_share, third.picture_share) == (0, 0.9, 0.1)
    assert (first.tags, second.tags, third.tags) == ((("sushi", 1.0),), (("dog", 1.0),), ())
    assert (first.photos, second.photos, third.photos) == (60, 30, 0)
    assert first.differs
    assert second.differs
    assert first.share_low < first.share < first.share_high


def test_agreement_is_that_of_the_measures_with_a_typical_collection_beside_it() -> None:
    photos = photos_with(*[("dog", "sushi", "guitar", "football", "car")] * 25)
    shown = {"ANIMALS": 0.5, "FOOD_AND_DRINK": 0.3, "MUSIC": 0.2}
    codes = [d.code for d in ontology().taxonomy.domains]
    background = np.zeros(len(codes))
    background[
        [codes.index(code) for code in ("ANIMALS", "WARFARE_AND_DEFENSE", "MEDIA", "BIOLOGY", "MATHEMATICS")]
    ] = 0.2
    words = words_of(profile_of(shown), photos, background=background)
    assert words.agreement is not None
    assert words.agreement.k == 5
    assert set(words.agreement.shared) == set(shown)
    assert words.agreement.f1_at_k == pytest.approx(2 * 3 / (3 + 5))
    order = sorted(codes)
    mine = np.array([[shown.get(code, 0.0) for code in order]])
    theirs = np.array([[next((d.share for d in words.domains if d.code == code), 0.0) for code in order]])
    assert words.agreement.f1_at_k == f1_at_k(mine, theirs, k=5).values[0]
    assert words.agreement.rank_biased_overlap == rank_biased_overlap(mine, theirs, p=0.8).values[0]
    assert words.agreement.typical_f1_at_k == pytest.approx(1 / 5)
    assert words_of(profile_of(shown), photos).agreement == replace(words.agreement, typical_f1_at_k=None)


def test_what_chance_explains_does_not_differ() -> None:
    photos = photos_with(*[("dog",), ("sushi",)] * 30)
    words = words_of(profile_of({"ANIMALS": 0.52, "FOOD_AND_DRINK": 0.48}), photos)
    assert not any(d.differs for d in words.domains)
    few = words_of(profile_of({"ANIMALS": 0.97, "MUSIC": 0.03}, used=40), photos_with(("sushi",)))
    assert not few.sufficient
    assert not domain(few, "MUSIC").differs, "one tagged photo can't say that there is no music"


def test_duplicates_count_once_and_each_person_by_themselves() -> None:
    mine = photos_with(("dog",), ("dog",), ("sushi",), user_id="a")
    yours = photos_with(("guitar",), user_id="b")
    first = replace(profile_of({"ANIMALS": 1.0}, user_id="a"), duplicates=(Duplicate("001", "000"),))
    second, third = profile_of({"MUSIC": 1.0}, user_id="b"), profile_of({"MUSIC": 1.0}, user_id="c")
    steps: list[int] = []
    found = with_words([first, second, third], [*mine, *yours], ontology(), on_progress=steps.append)
    assert [profile.words and profile.words.photos for profile in found] == [2, 1, None]
    assert found[0].words is not None
    assert domain(found[0].words, "ANIMALS").share == 0.5
    assert steps == [1, 2, 3]


def test_a_copy_s_tags_are_the_picture_s() -> None:
    photos = photos_with((), ("sushi",), ("dog",), ("dog", "sushi"))
    copies = (Duplicate("001", "000"), Duplicate("003", "002"))
    words = words_of(replace(profile_of({"ANIMALS": 1.0}), duplicates=copies), photos)
    assert (words.photos, words.tags) == (2, 3)
    assert domain(words, "FOOD_AND_DRINK").share == 0.75, "one picture with sushi alone, one with both"


def test_without_tags_or_without_meaning() -> None:
    profile = profile_of({"ANIMALS": 1.0})
    untagged = photos_with((), ())
    assert not has_tags(untagged)
    assert with_words([profile], untagged, ontology()) == (profile,)
    words = words_of(profile, photos_with(("canon", "awesome")))
    assert (words.agreement, words.meaning, words.photos_used) == (None, 0, 0)
    assert [(d.code, d.rank, d.differs) for d in words.domains] == [("ANIMALS", 0, False)]
    blind = words_of(profile_of({}, used=0), photos_with(("dog",)))
    assert blind.agreement is None
    assert not any(d.differs for d in blind.domains)


def test_sensitive_domains_are_hidden_everywhere() -> None:
    photos = photos_with(*[("church", "dog")] * 30)
    shown = {"RELIGION_MYSTICISM_AND_MYTHOLOGY": 0.6, "ANIMALS": 0.4}
    seen, hidden = (words_of(profile_of(shown), photos, hide_sensitive=hide) for hide in (False, True))
    assert any(d.sensitive for d in seen.domains)
    assert not any(d.sensitive for d in hidden.domains)
    assert seen.agreement is not None
    assert hidden.agreement is not None
    assert "RELIGION_MYSTICISM_AND_MYTHOLOGY" in seen.agreement.shared
    assert hidden.agreement.shared == ("ANIMALS",)
    assert domain(hidden, "ANIMALS").share == domain(seen, "ANIMALS").share, "shares refer to all domains"


def test_the_taxonomy_is_the_generaliser_s() -> None:
    generaliser = OntologyGeneraliser(ontology())
    assert ontology_of(generaliser) is ontology()


@given(st.lists(st.lists(st.sampled_from(SOME_TAGS), max_size=4).map(tuple), min_size=1, max_size=12), st.randoms())
@settings(max_examples=25)
def test_the_words_are_the_reference_profile_that_experiments_use(bags: list[tuple[str, ...]], random: object) -> None:
    """Equal to `tagging.tag_profiles`, shares that sum to one, whatever the order of the photos."""
    photos = photos_with(*bags)
    (found,) = with_words([profile_of({"ANIMALS": 1.0})], photos, ontology())
    if not has_tags(photos):
        assert found.words is None
        return
    words = found.words
    assert words is not None
    reference = tag_profiles(photos, ontology()).weights[0]
    total = reference.sum()
    shares = {d.code: d.share for d in words.domains}
    for code, weight in zip((d.code for d in ontology().taxonomy.domains), reference, strict=True):
        assert shares.get(code, 0.0) == pytest.approx(weight / total if total else 0.0, abs=1e-5)
    if words.meaning:
        assert sum(shares.values()) == pytest.approx(1)
    for d in words.domains:
        assert 0 <= d.share_low <= d.share <= d.share_high <= 1
        assert sum(part for _, part in d.tags) <= 1 + 1e-9
    random.shuffle(photos)  # type: ignore[attr-defined]
    assert with_words([profile_of({"ANIMALS": 1.0})], photos, ontology())[0].words == words


def test_the_library_compares_unless_told_not_to(pictures: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("path,tags\n" + "".join(f"{path},dog;sushi\n" for path in sorted(pictures.iterdir())))
    words = penchant.profile(table).words
    assert words is not None
    assert (words.photos, {one.code for one in words.domains if one.share}) == (24, {"ANIMALS", "FOOD_AND_DRINK"})
    assert penchant.profile(table, tags=False).words is None
    assert penchant.profile(pictures).words is None, "nobody typed any"
