"""The rule by which anchors decide, on small taxonomies, and the embedded ontology by example."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import SemanticsError
from penchant.semantics import Lexicon, Link, Ontology, OntologyGeneraliser, load_taxonomy, parse_taxonomy

if TYPE_CHECKING:
    from penchant.types import DomainWeights

LEXICON = Lexicon.load()
SYNSETS = tuple(LEXICON)
GENERALISER = OntologyGeneraliser(Ontology(LEXICON, load_taxonomy()))
CODES = {domain.code for domain in load_taxonomy().domains}
LABELS = Path(__file__).parents[2] / "src" / "penchant" / "data" / "labels" / "imagenet-1k.tsv"


def small(*domains: str, none: str = "", topics: str = "") -> Ontology:
    """An ontology with domains A, B, ... of these anchors, separated by spaces; `_` stands in for ` * `."""
    text = 'schema_version = 1\nname = "small"\n'
    for code, anchors in zip("ABCDEFG", domains, strict=False):
        quoted = ", ".join(f'"{anchor.replace("_x_", " * ")}"' for anchor in anchors.split())
        text += f'[domains.{code}]\nname = "{code}"\nanchors = [{quoted}]\n'
        if code == "A" and topics:
            text += f'topics = ["{topics}"]\n'
    text += f"[none]\nanchors = [{', '.join(repr(anchor) for anchor in none.split())}]\n"
    return Ontology(LEXICON, parse_taxonomy(text, Path("small.toml")))


def domains(ontology: Ontology, name: str) -> DomainWeights:
    synset = LEXICON.synset(name)
    assert synset is not None, name
    return ontology.domains(synset)


def test_the_nearest_anchor_above_decides() -> None:
    ontology = small("animal.n.01", "cat.n.01")
    assert domains(ontology, "tabby.n.01") == (("B", 1.0),)
    assert domains(ontology, "dog.n.01") == (("A", 1.0),)
    assert domains(ontology, "table.n.02") == ()


def test_all_domains_are_those_of_each() -> None:
    ontology = small("artifact.n.01 percussion_instrument.n.01", "stringed_instrument.n.01", topics="music.n.01")
    everything = ontology.all_domains()
    assert len(everything) == len(SYNSETS)
    for number in range(0, len(SYNSETS), 23):
        assert everything[number] == ontology._answer(SYNSETS[number]) == ontology.domains(SYNSETS[number])


def test_an_instance_belongs_where_its_class_does() -> None:
    ontology = small("composer.n.01", "city.n.01")
    assert domains(ontology, "mozart.n.01") == (("A", 1.0),)
    assert domains(ontology, "paris.n.01") == (("B", 1.0),)


def test_a_special_anchor_outvotes_a_general_one_that_is_nearer() -> None:
    # the piano is a percussion instrument and a stringed instrument; artifact lies above both
    ontology = small("artifact.n.01 percussion_instrument.n.01", "stringed_instrument.n.01")
    assert domains(ontology, "piano.n.01") == (("A", 0.5), ("B", 0.5))
    assert domains(small("artifact.n.01", "stringed_instrument.n.01"), "piano.n.01") == (("B", 1.0),)


def test_each_further_step_halves_the_weight() -> None:
    # dog: canine -> carnivore, or domestic animal
    ontology = small("carnivore.n.01", "domestic_animal.n.01")
    (first, heavy), (second, light) = domains(ontology, "dog.n.01")
    assert (first, second) == ("B", "A")
    assert (heavy, light) == pytest.approx((2 / 3, 1 / 3))


def test_a_synset_may_belong_to_two_domains_by_weight() -> None:
    ontology = small("cat.n.01_x_3", "cat.n.01")
    assert domains(ontology, "tabby.n.01") == (("A", 0.75), ("B", 0.25))


def test_an_exclusion_ends_the_way_up() -> None:
    ontology = small("animal.n.01", "tabby.n.01", none="cat.n.01")
    assert domains(ontology, "persian_cat.n.01") == ()
    assert domains(ontology, "tabby.n.01") == (("B", 1.0),)
    assert domains(ontology, "dog.n.01") == (("A", 1.0),)


def test_an_exclusion_closes_only_its_own_way() -> None:
    ontology = small("animal.n.01", "domestic_animal.n.01", none="canine.n.02")
    assert domains(ontology, "dog.n.01") == (("B", 1.0),)


def test_a_topic_comes_before_hypernyms_and_after_an_anchor() -> None:
    # WordNet files the quarterback under football; he is a kind of person
    assert domains(small("diversion.n.01", "person.n.01"), "quarterback.n.01") == (("A", 1.0),)
    assert domains(small("diversion.n.01", "person.n.01 quarterback.n.01"), "quarterback.n.01") == (("B", 1.0),)


def test_topics_can_be_given_a_domain_of_their_own() -> None:
    ontology = small("music.n.01", "diversion.n.01", topics="football.n.01")
    assert domains(ontology, "quarterback.n.01") == (("A", 1.0),)
    assert domains(ontology, "football.n.01") == (("B", 1.0),)


def test_explanations_lead_from_the_synset_to_the_anchor() -> None:
    routes = small("feline.n.01").explain("n02123045")
    assert [[step.name for step in route.steps] for route in routes] == [
        ["tabby.n.01", "domestic_cat.n.01", "cat.n.01", "feline.n.01"]
    ]
    assert [step.link for step in routes[0].steps] == [Link.START, Link.HYPERNYM, Link.HYPERNYM, Link.HYPERNYM]
    assert routes[0].share == 1
    assert routes[0].domains == (("A", 1.0),)
    mozart, quarterback = LEXICON.synset("mozart.n.01"), LEXICON.synset("quarterback.n.01")
    assert mozart is not None
    assert quarterback is not None
    assert small("composer.n.01").explain(mozart)[0].steps[-1].link is Link.INSTANCE
    assert small("diversion.n.01").explain(quarterback)[0].steps[-1].link is Link.TOPIC
    assert small("feline.n.01").explain(quarterback) == ()


def test_an_anchor_that_is_no_synset_is_an_error_with_its_line() -> None:
    with pytest.raises(SemanticsError, match=r"small\.toml .* line 5: unicorn_farm\.n\.01"):
        small("cat.n.01 unicorn_farm.n.01")


@pytest.mark.parametrize("unknown", ["", "n00000000", "cat.n.01", "cat"])
def test_an_unknown_synset_has_no_domains(unknown: str) -> None:
    assert GENERALISER.synset_domains(unknown) == ()
    assert GENERALISER.ontology.explain(unknown) == ()


def test_an_argument_of_the_wrong_type_is_an_error() -> None:
    with pytest.raises(SemanticsError):
        GENERALISER.synset_domains(7)  # type: ignore[arg-type]
    with pytest.raises(SemanticsError):
        GENERALISER.word_domains(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("tabby.n.01", "ANIMALS"),
        ("paris.n.01", "GEOGRAPHY_AND_PLACES"),
        ("mozart.n.01", "MUSIC"),
        ("violin.n.01", "MUSIC"),
        ("church.n.02", "RELIGION_MYSTICISM_AND_MYTHOLOGY"),
        ("skyscraper.n.01", "ART_ARCHITECTURE_AND_ARCHAEOLOGY"),
        ("laptop.n.01", "COMPUTING"),
        ("espresso.n.01", "FOOD_AND_DRINK"),
        ("broccoli.n.02", "FOOD_AND_DRINK"),
        ("orchid.n.01", "BIOLOGY"),
        ("kimono.n.01", "TEXTILE_AND_CLOTHING"),
        ("bicycle.n.01", "TRANSPORT_AND_TRAVEL"),
        ("goalkeeper.n.01", "SPORT_AND_RECREATION"),
        ("chess.n.02", "GAMES_AND_VIDEO_GAMES"),
        ("tort.n.01", "LAW_AND_CRIME"),
        ("polynomial.n.01", "MATHEMATICS"),
        ("quark.n.01", "PHYSICS_AND_ASTRONOMY"),
        ("sulfuric_acid.n.01", "CHEMISTRY_AND_MINERALOGY"),
        ("measles.n.01", "HEALTH_AND_MEDICINE"),
        ("parliament.n.01", "POLITICS_AND_GOVERNMENT"),
        ("existentialism.n.01", "PHILOSOPHY_AND_PSYCHOLOGY"),
        ("euro.n.01", "NUMISMATICS_AND_CURRENCIES"),
        ("duchess.n.01", "ROYALTY_AND_NOBILITY"),
        ("blizzard.n.01", "METEOROLOGY"),
        ("tractor.n.01", "FARMING"),
        ("submarine.n.01", "WARFARE_AND_DEFENSE"),
        ("sonnet.n.01", "LITERATURE_AND_THEATRE"),
        ("newspaper.n.01", "MEDIA"),
        ("granite.n.01", "GEOLOGY_AND_GEOPHYSICS"),
        ("verb.n.01", "LANGUAGE_AND_LINGUISTICS"),
        ("kindergarten.n.01", "EDUCATION"),
        ("flag.n.01", "HERALDRY_HONORS_AND_VEXILLOLOGY"),
        ("stockbroker.n.01", "BUSINESS_ECONOMICS_AND_FINANCE"),
        ("wrench.n.03", "ENGINEERING_AND_TECHNOLOGY"),
        ("bridegroom.n.01", "CULTURE_AND_SOCIETY"),
        ("bronze_age.n.01", "HISTORY"),
    ],
)
def test_the_embedded_ontology_by_example(name: str, code: str) -> None:
    assert domains(GENERALISER.ontology, name)[0][0] == code


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("cats", "ANIMALS"),
        ("Ice Cream", "FOOD_AND_DRINK"),
        ("delicious", "FOOD_AND_DRINK"),  # an adjective, by its noun
        ("baked", "FOOD_AND_DRINK"),
        ("urban", "GEOGRAPHY_AND_PLACES"),
        ("sweet", "FOOD_AND_DRINK"),  # not Henry Sweet, the phonetician
        ("hawaii", "GEOGRAPHY_AND_PLACES"),
    ],
)
def test_words_by_example(word: str, code: str) -> None:
    assert GENERALISER.word_domains(word)[0][0] == code


def test_a_word_that_means_nothing_has_no_domains() -> None:
    for word in ("", "qwxzy", "entity", "\N{FIRE}"):
        assert GENERALISER.word_domains(word) == ()


def test_every_class_of_imagenet_has_a_domain() -> None:
    rows = [line.split("\t") for line in LABELS.read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["index", "wnid", "synset", "name", "names"]
    assert [row[0] for row in rows[1:]] == [str(index) for index in range(1000)]
    for _, wnid, synset, name, names in rows[1:]:
        assert LEXICON.name(wnid) == synset
        assert names.split(", ") == [lemma.replace("_", " ") for lemma in LEXICON.lemmas(wnid)]
        assert names.startswith(name)
        assert GENERALISER.synset_domains(wnid), name


@given(st.sampled_from(SYNSETS))
def test_weights_sum_to_one_or_there_are_none(synset: str) -> None:
    weights = GENERALISER.synset_domains(synset)
    assert not weights or sum(weight for _, weight in weights) == pytest.approx(1)
    assert list(weights) == sorted(weights, key=lambda pair: (-pair[1], pair[0]))
    assert {code for code, _ in weights} <= CODES
    assert all(weight > 0 for _, weight in weights)


@given(st.text(max_size=20) | st.sampled_from(["cat", "bank", "bass", "healthy", "runs"]))
def test_words_have_lawful_weights_too(word: str) -> None:
    weights = GENERALISER.word_domains(word)
    assert not weights or sum(weight for _, weight in weights) == pytest.approx(1)
    assert list(weights) == sorted(weights, key=lambda pair: (-pair[1], pair[0]))


@given(st.sampled_from(SYNSETS))
def test_explanations_account_for_the_answer(synset: str) -> None:
    routes = GENERALISER.ontology.explain(synset)
    weights = GENERALISER.synset_domains(synset)
    assert bool(routes) == bool(weights)
    assert {code for route in routes for code, _ in route.domains} == {code for code, _ in weights}
    for route in routes:
        assert route.steps[0].synset == synset
        assert all(step.name == LEXICON.name(step.synset) for step in route.steps)


@given(st.lists(st.sampled_from(SYNSETS), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_questions_does_not_matter(synsets: list[str], random: object) -> None:
    fresh = Ontology(LEXICON, GENERALISER.taxonomy)
    assert [fresh.domains(synset) for synset in synsets] == [GENERALISER.synset_domains(s) for s in synsets]


def test_asking_from_several_threads_gives_the_same() -> None:
    fresh = Ontology(LEXICON, GENERALISER.taxonomy)
    some = SYNSETS[::401] * 3
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fresh.domains, some)) == [GENERALISER.synset_domains(synset) for synset in some]
