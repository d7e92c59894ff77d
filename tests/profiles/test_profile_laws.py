"""Laws of profiles: what must hold for any collection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    AGGREGATIONS,
    BACKGROUND,
    DOMAINS,
    LABELS,
    Row,
    as_rows,
    cut,
    label_lists,
    predictions_of,
    profile_of,
    row_lists,
)

from penchant.errors import UsageError
from penchant.profiles import concatenate, merge, select, sort_out
from penchant.report import json_schema, profile_document
from penchant.types import Aggregation, Predictions

if TYPE_CHECKING:
    from penchant.types import Profile


def as_json(profile: Profile) -> str:
    return json.dumps(profile_document(profile))


@given(row_lists(), AGGREGATIONS, st.data())
def test_parts_in_any_cut_order_and_repetition_make_the_whole_to_the_last_bit(
    rows: list[Row], aggregation: Aggregation, data: st.DataObject
) -> None:
    whole = predictions_of(rows)
    expected = profile_of(whole, aggregation=aggregation)

    shuffled = select(whole, data.draw(st.permutations(range(len(whole)))))
    parts = cut(shuffled, data.draw(st.lists(st.integers(0, len(whole)), max_size=5)))
    again = data.draw(st.lists(st.sampled_from(parts), max_size=3))
    merged = merge(data.draw(st.permutations([*parts, *again])))

    assert as_rows(merged) == as_rows(merge([whole]))
    found = profile_of(merged, aggregation=aggregation)
    assert found == expected
    assert as_json(found) == as_json(expected)
    assert profile_of(concatenate([*parts, *again]), aggregation=aggregation) == expected


@given(row_lists(users=True), row_lists(users=True), row_lists(users=True))
def test_merge_is_associative_commutative_and_idempotent(a: list[Row], b: list[Row], c: list[Row]) -> None:
    # Each list has its own labels for "picture 0", so the bytes are made different.
    one, two, three = (
        predictions_of([replace_digest(row, name) for row in rows]) for rows, name in ((a, b"a"), (b, b"b"), (c, b"c"))
    )
    whole = as_rows(merge([one, two, three]))
    assert as_rows(merge([merge([one, two]), three])) == whole
    assert as_rows(merge([one, merge([two, three])])) == whole
    assert as_rows(merge([three, one, two])) == whole
    assert as_rows(merge([merge([one, two, three])])) == whole
    names = [row[:2] for row in whole]
    assert len(set(names)) == len(names), "each photo of each user stands there once"


def replace_digest(row: Row, prefix: bytes) -> Row:
    digest = row.digest and prefix + row.digest
    return Row(row.photo_id, row.labels, digest, row.error, row.user_id, row.size, row.stamp)


def test_nobody_named_and_an_empty_name_are_two_people() -> None:
    rows = [Row("a", ((0, 0.5),), user_id=user, stamp=stamp) for stamp in (1, 2, 3) for user in (None, "")]
    merged = merge([predictions_of(rows)])
    assert list(zip(merged.photo_id, merged.user_id, merged.stamp.tolist(), strict=True)) == [
        ("a", None, 1),
        ("a", "", 1),
    ]


def test_a_success_hides_a_failure_of_the_same_photo() -> None:
    failed = predictions_of([Row("a", error="no permission to read it", digest=b"")])
    good = predictions_of([Row("a", ((0, 0.5),))])
    for parts in ([failed, good], [good, failed], [failed, good, failed]):
        assert as_rows(merge(parts)) == as_rows(good)


@given(row_lists(), AGGREGATIONS)
def test_shares_sum_to_one_and_lie_in_their_intervals(rows: list[Row], aggregation: Aggregation) -> None:
    profile = profile_of(predictions_of(rows), aggregation=aggregation)
    shares = [domain.share for domain in profile.domains]
    assert not shares or sum(shares) == pytest.approx(1, abs=1e-12)
    for domain in profile.domains:
        assert 0 <= domain.share_low <= domain.share <= domain.share_high <= 1
        assert domain.lift == pytest.approx(domain.share / BACKGROUND[[d.code for d in DOMAINS].index(domain.code)])
        assert sum(part for _, part in domain.labels) == pytest.approx(1)
        assert 0 < domain.photos <= profile.photos.used
        assert 0 < sum(item.share for item in domain.evidence) <= domain.share + 1e-12
    assert shares == sorted(shares, reverse=True)
    assert [domain.rank for domain in profile.domains] == list(range(1, len(shares) + 1))
    assert 0 <= profile.unassigned <= 1


@given(row_lists())
def test_every_photo_is_accounted_for(rows: list[Row]) -> None:
    predictions = predictions_of(rows)
    profile = profile_of(predictions)
    counts = profile.photos
    assert counts.total == counts.used + counts.failed + counts.duplicates == len({row.photo_id for row in rows})
    assert counts.duplicates == len(profile.duplicates)
    assert counts.failed == len(profile.failures)
    assert profile.sufficient == (counts.used >= profile.minimum_photos)
    used = set(sort_out(predictions).used.photo_id)
    for pair in profile.duplicates:
        assert pair.same_as in used
        assert pair.photo_id not in used


@given(row_lists(), AGGREGATIONS, st.data())
def test_a_copy_under_another_name_changes_no_share(
    rows: list[Row], aggregation: Aggregation, data: st.DataObject
) -> None:
    predictions = predictions_of(rows)
    before = profile_of(predictions, aggregation=aggregation)
    used = sort_out(predictions).used
    if not len(used):
        return
    copied = select(used, [data.draw(st.integers(0, len(used) - 1))])
    # The copy may come first or last in the order of names, so it may be the one that counts.
    renamed = Predictions(
        (data.draw(st.sampled_from(["\x00first", "zzz last"])),), copied.user_id, copied.path, copied.size,
        copied.stamp, copied.digest, copied.error, copied.label, copied.confidence,
    )  # fmt: skip
    parts = data.draw(st.permutations([predictions, renamed]))
    after = profile_of(concatenate(parts), aggregation=aggregation)
    assert [(d.code, d.share, d.photos, d.labels) for d in after.domains] == [
        (d.code, d.share, d.photos, d.labels) for d in before.domains
    ]
    assert after.photos.duplicates == before.photos.duplicates + 1
    assert after.photos.used == before.photos.used


@given(row_lists(), label_lists())
def test_an_unsure_picture_changes_a_profile_less_than_a_sure_one(
    rows: list[Row], labels: tuple[tuple[int, float], ...]
) -> None:
    before = profile_of(predictions_of(rows))
    if not before.domains:
        return
    index = labels[0][0]

    def change(confidence: float) -> float:
        added = Row("added", ((index, confidence),), digest=b"added")
        after = profile_of(concatenate([predictions_of(rows), predictions_of([added])]))
        return sum(abs(shares(after).get(d.code, 0) - shares(before).get(d.code, 0)) for d in DOMAINS)

    unsure, sure = change(0.125), change(0.875)
    assert unsure <= sure + 1e-5  # weights are rounded to multiples of 2⁻²⁰
    if sure > 1e-5:
        assert unsure < sure


def shares(profile: Profile) -> dict[str, float]:
    return {domain.code: domain.share for domain in profile.domains}


@given(st.integers(2, 12), st.integers(1, 11), AGGREGATIONS)
def test_intervals_shrink_with_photos(cats: int, balls: int, aggregation: Aggregation) -> None:
    def widths(times: int) -> list[float]:
        rows = [Row(f"cat {i}", ((0, 0.75),)) for i in range(cats * times)]
        rows += [Row(f"ball {i}", ((5, 0.75),)) for i in range(balls * times)]
        return [d.share_high - d.share_low for d in profile_of(predictions_of(rows), aggregation=aggregation).domains]

    few, more, many = widths(1), widths(4), widths(16)
    assert all(a > b > c for a, b, c in zip(few, more, many, strict=True))


@given(row_lists(), AGGREGATIONS)
def test_hidden_domains_leave_the_others_as_they_were(rows: list[Row], aggregation: Aggregation) -> None:
    everything = profile_of(predictions_of(rows), aggregation=aggregation)
    hidden = profile_of(predictions_of(rows), aggregation=aggregation, hide_sensitive=True)
    assert [(d.code, d.share, d.lift) for d in hidden.domains] == [
        (d.code, d.share, d.lift) for d in everything.domains if not d.sensitive
    ]
    assert [d.rank for d in hidden.domains] == list(range(1, len(hidden.domains) + 1))


@given(row_lists())
def test_ranking_by_lift_reorders_and_changes_nothing_else(rows: list[Row]) -> None:
    by_share = profile_of(predictions_of(rows))
    by_lift = profile_of(predictions_of(rows), rank_by="lift")
    lifts = [domain.lift or 0 for domain in by_lift.domains]
    assert lifts == sorted(lifts, reverse=True)
    assert shares(by_share) == shares(by_lift)


@given(row_lists(), AGGREGATIONS)
def test_the_document_fits_its_schema(rows: list[Row], aggregation: Aggregation) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = profile_document(profile_of(predictions_of(rows), aggregation=aggregation))
    jsonschema.validate(json.loads(json.dumps(document)), json_schema("profile"))


def test_counting_as_the_study_did() -> None:
    """One top-1 label a picture, one count for each of its domains; sums by hand."""
    profile = profile_of(
        predictions_of(
            [
                Row("1", ((0, 0.9), (5, 0.1))),  # cat: ANIMALS 1; its second label counts nothing
                Row("2", ((1, 0.2), (0, 0.2))),  # fish dish: ANIMALS 1, FOOD 1, whatever its confidence
                Row("3", ((3, 0.5),)),  # surfing dog: ANIMALS 1, SPORT 1
                Row("4", ((4, 1.0),)),  # thing: no domain
                Row("5", error="empty file"),
                Row("6", ((0, 0.9), (5, 0.1)), digest=b"1"),  # the same bytes as 1
            ]
        ),
        aggregation=Aggregation.COUNT,
        background=None,
    )
    assert [(d.code, d.share, d.photos, d.lift) for d in profile.domains] == [
        ("ANIMALS", 3 / 5, 3, None),
        ("FOOD", 1 / 5, 1, None),
        ("SPORT", 1 / 5, 1, None),
    ]
    assert profile.unassigned == 1 / 6
    assert (profile.photos.total, profile.photos.used, profile.photos.failed, profile.photos.duplicates) == (6, 4, 1, 1)
    assert profile.domains[0].labels == (("cat", 1 / 3), ("fish dish", 1 / 3), ("surfing dog", 1 / 3))


def test_mass_weighs_each_label_by_its_confidence() -> None:
    """Confidences are fractions of 16, so that the sums by hand are exact."""
    profile = profile_of(
        predictions_of(
            [
                Row("1", ((0, 0.5), (1, 0.25), (5, 0.125))),  # ANIMALS 1/2 + 1/4·1/4, FOOD 1/4·3/4, SPORT 1/8
                Row("2", ((5, 0.5), (4, 0.25))),  # SPORT 1/2, lost 1/4
                Row("3", ((2, 0.0625),)),  # HEALTH 1/16
            ]
        )
    )
    total = 9 / 16 + 3 / 16 + 5 / 8 + 1 / 16
    assert shares(profile) == {
        "SPORT": (5 / 8) / total,
        "ANIMALS": (9 / 16) / total,
        "FOOD": (3 / 16) / total,
        "HEALTH": (1 / 16) / total,
    }
    assert profile.unassigned == 0.25 / (total + 0.25)
    sport = profile.domains[0]
    assert sport.labels == (("ball", 1.0),)
    assert [(item.photo_id, item.label, item.confidence, item.share) for item in sport.evidence] == [
        ("2", "ball", 0.5, 0.5 / total),
        ("1", "ball", 0.125, 0.125 / total),
    ]


def test_top_k_and_min_confidence_leave_labels_out() -> None:
    rows = predictions_of([Row("1", ((0, 0.5), (5, 0.25), (2, 0.125)))])
    assert set(shares(profile_of(rows, top_k=2))) == {"ANIMALS", "SPORT"}
    assert set(shares(profile_of(rows, min_confidence=0.25))) == {"ANIMALS", "SPORT"}
    assert set(shares(profile_of(rows, min_confidence=0.3))) == {"ANIMALS"}
    assert profile_of(rows, min_confidence=1).domains == ()
    assert shares(profile_of(rows, aggregation=Aggregation.COUNT, min_confidence=0.9)) == {"ANIMALS": 1.0}


def test_too_few_photos_are_not_enough_evidence() -> None:
    rows = [Row(str(i), ((0, 0.5),)) for i in range(4)]
    assert profile_of(predictions_of(rows), minimum_photos=4).sufficient
    assert not profile_of(predictions_of(rows), minimum_photos=5).sufficient
    assert not profile_of(predictions_of([*rows, Row("copy", ((0, 0.5),), digest=b"0")]), minimum_photos=5).sufficient


def test_no_photos_make_an_empty_profile() -> None:
    profile = profile_of(predictions_of([]))
    assert (profile.domains, profile.photos.total, profile.unassigned, profile.sufficient) == ((), 0, 0.0, False)


def test_evidence_is_the_strongest_photos_first() -> None:
    rows = [Row(f"{i}", ((0, i / 16),)) for i in range(1, 9)]
    (domain,) = profile_of(predictions_of(rows), evidence=3).domains
    assert [item.photo_id for item in domain.evidence] == ["8", "7", "6"]
    assert profile_of(predictions_of(rows), evidence=0).domains[0].evidence == ()


def test_predictions_of_different_widths_are_refused() -> None:
    one = predictions_of([Row("1", ((0, 0.5),))])
    other = Predictions(
        ("2",), (None,), ("2",), np.zeros(1, np.int64), np.zeros(1, np.int64), (b"2",), (None,),
        np.zeros((1, 1), np.int32), np.ones((1, 1), np.float32),
    )  # fmt: skip
    with pytest.raises(UsageError, match="different classifiers"):
        merge([one, other])


def test_labels_are_named_from_the_label_set() -> None:
    assert {label.name for label in LABELS.classes} >= {"cat", "ball"}
    (domain,) = profile_of(predictions_of([Row("1", ((5, 0.5),))])).domains
    assert (domain.evidence[0].label, domain.evidence[0].synset) == ("ball", "n00000005")
