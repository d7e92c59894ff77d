"""The taxonomies that come with the package: found by name, clean, and answering for every class."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from penchant.cli import app
from penchant.errors import SemanticsError
from penchant.semantics import Lexicon, Ontology, check_ontology, find_taxonomy, load_taxonomy
from penchant.semantics.taxonomy import shipped_taxonomies

LABELS = Path(__file__).parents[2] / "src" / "penchant" / "data" / "labels" / "imagenet-1k.tsv"
NAMES = ("babeldomains-34", "interests-tier1")


@cache
def ontology(name: str) -> Ontology:
    return Ontology(Lexicon.load(), load_taxonomy(name))


def first(name: str, synset: str) -> str | None:
    given = ontology(name).lexicon.synset(synset)
    assert given is not None, synset
    domains = ontology(name).domains(given)
    return domains[0][0] if domains else None


def test_these_taxonomies_are_shipped() -> None:
    assert shipped_taxonomies() == NAMES


def test_a_taxonomy_is_found_by_its_name_or_its_path(tmp_path: Path) -> None:
    assert find_taxonomy() == find_taxonomy("babeldomains-34") == find_taxonomy(Path("babeldomains-34"))
    mine = tmp_path / "mine.toml"
    mine.write_bytes(find_taxonomy("interests-tier1").read_bytes())
    assert find_taxonomy(mine) == find_taxonomy(str(mine)) == mine
    assert load_taxonomy(mine).domains == load_taxonomy("interests-tier1").domains


def test_a_name_that_is_neither_lists_those_that_are_shipped() -> None:
    with pytest.raises(SemanticsError, match=r"the taxonomy tier9 can't be read: .*babeldomains-34, interests-tier1"):
        load_taxonomy("tier9")


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_taxonomy_is_named_as_its_file_and_clean(name: str) -> None:
    taxonomy = load_taxonomy(name)
    assert taxonomy.name == name
    assert check_ontology(Lexicon.load(), taxonomy, gaps=0).findings == ()


@pytest.mark.parametrize("name", NAMES)
def test_every_domain_of_a_shipped_taxonomy_is_some_synsets_first(name: str) -> None:
    report = check_ontology(Lexicon.load(), load_taxonomy(name), gaps=0)
    assert {code for code, _ in report.by_domain} == {domain.code for domain in load_taxonomy(name).domains}


@pytest.mark.parametrize("name", NAMES)
def test_every_class_of_imagenet_has_an_answer(name: str) -> None:
    for line in LABELS.read_text(encoding="utf-8").splitlines()[1:]:
        wnid = line.split("\t")[1]
        assert ontology(name).domains(wnid), wnid


@pytest.mark.parametrize(
    ("synset", "code"),
    [
        ("beagle.n.01", "PETS"),
        ("wolf.n.01", "NATURE_AND_WILDLIFE"),
        ("orchid.n.01", "NATURE_AND_WILDLIFE"),
        ("convertible.n.01", "AUTOMOTIVE"),
        ("airliner.n.01", "TRAVEL"),
        ("paris.n.01", "TRAVEL"),
        ("vacuum.n.04", "HOME_AND_GARDEN"),
        ("laptop.n.01", "TECHNOLOGY_AND_COMPUTING"),
        ("kimono.n.01", "STYLE_AND_FASHION"),
        ("stethoscope.n.01", "HEALTH"),
        ("dumbbell.n.01", "HEALTHY_LIVING"),
        ("mozart.n.01", "MUSIC_AND_AUDIO"),
        ("shakespeare.n.01", "BOOKS_AND_LITERATURE"),
        ("physicist.n.01", "SCIENCE"),
        ("chess.n.02", "GAMES"),
        ("soccer_ball.n.01", "SPORTS"),
        ("mosque.n.01", "RELIGION_AND_SPIRITUALITY"),
        ("election.n.01", "NEWS_AND_POLITICS"),
        ("mortgage.n.01", "PERSONAL_FINANCE"),
        ("pizza.n.01", "FOOD_AND_DRINK"),
        ("teddy.n.01", "HOBBIES_AND_CRAFTS"),
        ("shopping_cart.n.01", "SHOPPING"),
        ("rifle.n.01", "HISTORY_AND_MILITARY"),
        ("aunt.n.01", "FAMILY_AND_RELATIONSHIPS"),
        ("university.n.01", "EDUCATION"),
    ],
)
def test_broad_interests_by_example(synset: str, code: str) -> None:
    assert first("interests-tier1", synset) == code


def test_what_is_sensitive_is_marked_in_both() -> None:
    sensitive = {name: {d.code for d in load_taxonomy(name).domains if d.sensitive} for name in NAMES}
    assert sensitive["interests-tier1"] == {
        "HEALTH", "NEWS_AND_POLITICS", "PERSONAL_FINANCE", "RELIGION_AND_SPIRITUALITY",
    }  # fmt: skip
    assert {"HEALTH_AND_MEDICINE", "POLITICS_AND_GOVERNMENT"} <= sensitive["babeldomains-34"]


def test_the_command_line_takes_a_taxonomy_by_its_name() -> None:
    result = CliRunner().invoke(app, ["domains", "--synset", "n02088364", "--taxonomy", "interests-tier1", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["domains"] == [{"code": "PETS", "weight": 1.0}]


@pytest.mark.parametrize(
    ("synset", "code"),
    [
        ("sonata.n.01", "MUSIC"),  # a musical genre is an expressive style, too
        ("apollo.n.01", "RELIGION_MYSTICISM_AND_MYTHOLOGY"),  # filed under classical antiquity
        ("integral.n.01", "MATHEMATICS"),  # a calculation, hence a cognitive process
        ("schizophrenia.n.01", "HEALTH_AND_MEDICINE"),  # filed under psychology
        ("chapter.n.01", "LITERATURE_AND_THEATRE"),  # its parent is filed under music
        ("hindi.n.01", "LANGUAGE_AND_LINGUISTICS"),  # its parent is filed under Hinduism
        ("hertz.n.01", "PHYSICS_AND_ASTRONOMY"),  # a rate, no ratio
        ("nose.n.01", "BIOLOGY"),  # filed under the animals that have one
        ("late_blight.n.01", "BIOLOGY"),  # an illness of plants
        ("stratosphere.n.01", "METEOROLOGY"),
        ("einstein.n.01", "PHYSICS_AND_ASTRONOMY"),
        ("napoleon.n.01", "WARFARE_AND_DEFENSE"),
        ("caravaggio.n.01", "ART_ARCHITECTURE_AND_ARCHAEOLOGY"),
        ("magellan.n.01", "GEOGRAPHY_AND_PLACES"),
        ("kant.n.01", "PHILOSOPHY_AND_PSYCHOLOGY"),
        ("mary_queen_of_scots.n.01", "ROYALTY_AND_NOBILITY"),
    ],
)
def test_babeldomains_by_example(synset: str, code: str) -> None:
    assert first("babeldomains-34", synset) == code
