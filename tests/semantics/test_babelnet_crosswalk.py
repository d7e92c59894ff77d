"""From BabelNet's names, of any version, to the 34."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import SemanticsError
from penchant.semantics import load_taxonomy
from penchant.semantics.babelnet import Crosswalk, CrosswalkReport, load_crosswalk

if TYPE_CHECKING:
    from pathlib import Path

    from penchant.types import DomainWeights

THE_34 = tuple(domain.code for domain in load_taxonomy().domains)

# BabelNet's own list (enumeration BabelDomain, https://babelnet.org/javadoc/5.3/): what was added, and what was merged
ADDED_BY_4 = (
    "VISUAL", "COMMUNICATION_AND_TELECOMMUNICATION", "EMOTIONS_AND_FEELINGS", "ENVIRONMENT", "FISHING_AND_HUNTING",
    "NAVIGATION_AND_AVIATION", "SEX", "TIME",
)  # fmt: skip
MERGED_BY_5 = {
    "ANIMALS": "BIOLOGY",
    "BUSINESS_ECONOMICS_AND_FINANCE": "BUSINESS_INDUSTRY_AND_FINANCE",
    "CULTURE_AND_SOCIETY": "CULTURE_ANTHROPOLOGY_AND_SOCIETY",
    "EDUCATION": "EDUCATION_AND_SCIENCE",
    "ENGINEERING_AND_TECHNOLOGY": "CRAFT_ENGINEERING_AND_TECHNOLOGY",
    "ENVIRONMENT": "ENVIRONMENT_AND_METEOROLOGY",
    "FARMING": "FARMING_FISHING_AND_HUNTING",
    "FISHING_AND_HUNTING": "FARMING_FISHING_AND_HUNTING",
    "FOOD_AND_DRINK": "FOOD_DRINK_AND_TASTE",
    "GAMES_AND_VIDEO_GAMES": "SPORT_GAMES_AND_RECREATION",
    "GEOGRAPHY_AND_PLACES": "GEOGRAPHY_GEOLOGY_AND_PLACES",
    "GEOLOGY_AND_GEOPHYSICS": "GEOGRAPHY_GEOLOGY_AND_PLACES",
    "MATHEMATICS": "MATHEMATICS_AND_STATISTICS",
    "MEDIA": "MEDIA_AND_PRESS",
    "METEOROLOGY": "ENVIRONMENT_AND_METEOROLOGY",
    "MUSIC": "MUSIC_SOUND_AND_DANCING",
    "PHILOSOPHY_AND_PSYCHOLOGY": "PHILOSOPHY_PSYCHOLOGY_AND_BEHAVIOR",
    "POLITICS_AND_GOVERNMENT": "POLITICS_GOVERNMENT_AND_NOBILITY",
    "ROYALTY_AND_NOBILITY": "POLITICS_GOVERNMENT_AND_NOBILITY",
    "SPORT_AND_RECREATION": "SPORT_GAMES_AND_RECREATION",
    "TEXTILE_AND_CLOTHING": "TEXTILE_FASHION_AND_CLOTHING",
    "VISUAL": "VISION_AND_VISUAL",
    "WARFARE_AND_DEFENSE": "WARFARE_VIOLENCE_AND_DEFENSE",
}
ADDED_BY_5 = (
    "SPACE_AND_TOUCH", "SMELL_AND_PERFUME", "TASKS_JOBS_ROUTINE_AND_EVALUATION", "SOLID_LIQUID_AND_GAS_MATTER",
    "POSSESSION",
)  # fmt: skip
THE_42 = (*THE_34, *ADDED_BY_4)
THE_41 = tuple({*THE_42, *MERGED_BY_5.values(), *ADDED_BY_5} - set(MERGED_BY_5))


@cache
def crosswalk_of(service: str) -> Crosswalk:
    return load_crosswalk(THE_34, service=service)


def translate(
    named: dict[str, float], hypernyms: DomainWeights = (), *, service: str = "v9"
) -> tuple[DomainWeights, CrosswalkReport]:
    report = CrosswalkReport()
    return crosswalk_of(service)(named.items(), lambda: hypernyms, report), report


def test_the_inventories_have_the_sizes_that_babelnet_says() -> None:
    assert (len(THE_34), len(THE_42), len(THE_41)) == (34, 42, 41)


@pytest.mark.parametrize(("service", "names"), [("v3", THE_34), ("v5", THE_42), ("v9", THE_41), ("mirror", THE_41)])
def test_every_name_of_every_version_is_known(service: str, names: tuple[str, ...]) -> None:
    for name in names:
        weights, report = translate({name: 1.0}, service=service)
        assert not report.unknown
        assert bool(weights) != bool(report.dropped), name
        assert {code for code, _ in weights} <= set(THE_34)


def test_the_34_mean_themselves() -> None:
    for name in THE_34:
        assert translate({name: 0.4}, service="v4") == (((name, 1.0),), CrosswalkReport())
    assert translate({"Art, architecture, and archaeology": 1})[0] == (("ART_ARCHITECTURE_AND_ARCHAEOLOGY", 1.0),)


def test_what_was_merged_can_still_mean_each_of_its_parts() -> None:
    for old, new in MERGED_BY_5.items():
        if old in THE_34:
            weights, _ = translate({new: 1.0}, ((old, 1.0),))
            assert weights == ((old, 1.0),), f"{new}, where hypernyms say {old}"


def test_weights_are_those_of_the_service_normalised() -> None:
    weights, report = translate({"MUSIC_SOUND_AND_DANCING": 0.2, "MEDIA_AND_PRESS": 0.6})
    assert weights == (("MEDIA", 0.75), ("MUSIC", 0.25))
    assert str(report) == ""
    assert translate({"MEDIA": 0.0, "MUSIC": -1.0})[0] == ()
    both, _ = translate({"ENVIRONMENT_AND_METEOROLOGY": 0.5, "BIOLOGY": 0.5}, (("BIOLOGY", 1.0),))
    assert both == (("BIOLOGY", 1.0),), "two names that become one domain add up"


def test_hypernyms_decide_what_was_merged() -> None:
    weights, report = translate({"BIOLOGY": 1.0}, (("ANIMALS", 1.0),))
    assert weights == (("ANIMALS", 1.0),)
    assert (report.decided, report.split) == ({"BIOLOGY": 1}, {})
    assert str(report) == "", "nothing that a user need know"
    mixed, _ = translate({"BIOLOGY": 1.0}, (("FARMING", 0.5), ("ANIMALS", 0.375), ("BIOLOGY", 0.125)))
    assert mixed == (("ANIMALS", 0.75), ("BIOLOGY", 0.25))


def test_where_they_can_not_it_is_split_and_reported() -> None:
    for hypernyms in ((), (("MUSIC", 1.0),)):
        weights, report = translate({"BIOLOGY": 1.0}, hypernyms)
        assert weights == (("ANIMALS", 0.5), ("BIOLOGY", 0.5))
        assert report.split == {"BIOLOGY": 1}
        assert str(report) == "ambiguous and split: BIOLOGY (1)"
    assert translate({"COMMUNICATION_AND_TELECOMMUNICATION": 1.0})[0] == (("MEDIA", 1.0),)


def test_biology_was_not_ambiguous_before_version_5() -> None:
    for service in ("v1", "v5"):
        assert translate({"BIOLOGY": 1.0}, (("ANIMALS", 1.0),), service=service)[0] == (("BIOLOGY", 1.0),)


def test_what_has_no_counterpart_is_dropped_and_reported() -> None:
    weights, report = translate({"TIME": 0.5, "TASKS_JOBS_ROUTINE_AND_EVALUATION": 0.5, "MUSIC": 0.1})
    assert weights == (("MUSIC", 1.0),)
    assert report.dropped == {"TIME": 1, "TASKS_JOBS_ROUTINE_AND_EVALUATION": 1}
    assert "without a counterpart and left out: TIME (1)" in str(report)
    job, _ = translate({"TASKS_JOBS_ROUTINE_AND_EVALUATION": 1}, (("BUSINESS_ECONOMICS_AND_FINANCE", 1.0),))
    assert job == (("BUSINESS_ECONOMICS_AND_FINANCE", 1.0),)


def test_unknown_names_are_reported_and_raise_nothing() -> None:
    weights, report = translate({"TELEPATHY": 1.0, "MUSIC": 1.0})
    assert weights == (("MUSIC", 1.0),)
    assert str(report) == "unknown and left out: TELEPATHY (1)"


def test_what_is_sensitive_stays_so() -> None:
    sensitive = {domain.code for domain in load_taxonomy().domains if domain.sensitive}
    for name in ("SEX", "EMOTIONS_AND_FEELINGS", "PHILOSOPHY_PSYCHOLOGY_AND_BEHAVIOR"):
        assert {code for code, _ in translate({name: 1.0})[0]} <= sensitive


NUMBERS = st.floats(-1, 1e6, allow_nan=False)


@given(
    st.dictionaries(st.sampled_from((*THE_42, *THE_41)) | st.text(max_size=9), NUMBERS, max_size=6),
    st.dictionaries(st.sampled_from(THE_34), st.floats(0.01, 1), max_size=4),
)
def test_weights_sum_to_one_or_to_nothing(named: dict[str, float], hypernyms: dict[str, float]) -> None:
    weights, _ = translate(named, tuple(hypernyms.items()))
    assert sum(weight for _, weight in weights) == pytest.approx(1 if weights else 0)
    assert [weight for _, weight in weights] == sorted((weight for _, weight in weights), reverse=True)
    assert translate(dict(reversed(named.items())), tuple(hypernyms.items()))[0] == weights


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[domains.X]\nto = 'NOWHERE'", "no domain 'NOWHERE'"),
        ("[domains.X]\nto = 'MUSIC'\ndrop = true", "give one of"),
        ("[domains.X]", "give one of"),
        ("[domains.X]\none_of = ['MUSIC']", "two different domains"),
        ("[domains.X]\none_of = ['MUSIC', 'MUSIC']", "two different domains"),
        ("[domains.X]\nto = 'MUSIC'\notherwise = []", "goes with one_of"),
        ("[domains.X]\nto = 'MUSIC'\nsince = '6'", "like 'v6'"),
        ("[domains.X]\nwhere = 'MUSIC'", "unknown field"),
        ("[domains.X", "is wrong"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"schema_version = 1\n{text}\n")
    with pytest.raises(SemanticsError, match=r"mine\.toml") as caught:
        load_crosswalk(THE_34, service="v9", path=file)
    assert said in str(caught.value)


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("schema_version = 1\n[domains.TELEPATHY]\nto = 'MEDIA'\n")
    crosswalk = load_crosswalk(THE_34, service="v9", path=file)
    assert isinstance(crosswalk, Crosswalk)
    assert crosswalk([("TELEPATHY", 1.0)], tuple, CrosswalkReport()) == (("MEDIA", 1.0),)
    file.write_text("schema_version = 2\n[domains]\n")
    with pytest.raises(SemanticsError, match="schema_version 2"):
        load_crosswalk(THE_34, service="v9", path=file)
    with pytest.raises(SemanticsError, match="can't be read"):
        load_crosswalk(THE_34, service="v9", path=tmp_path / "none.toml")
