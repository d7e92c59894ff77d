"""BabelNet's domains of synsets, words and labels, from a server on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from babelnet_server import KEY, BabelNetServer, synset

from penchant.semantics import Lexicon, Ontology, load_taxonomy
from penchant.semantics.babelnet import BabelNetClient, BabelNetGeneraliser
from penchant.types import LabelClass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penchant.semantics import Generaliser
    from penchant.types import DomainWeights

pytest.importorskip("httpx")


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology(Lexicon.load(), load_taxonomy())


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BabelNetServer]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with BabelNetServer() as server:
        yield server


@pytest.fixture
def babelnet(server: BabelNetServer, ontology: Ontology, tmp_path: Path) -> Iterator[BabelNetGeneraliser]:
    with BabelNetClient(key=KEY, url=f"{server.root}v4/", cache=tmp_path / "answers.sqlite") as client:
        yield BabelNetGeneraliser(client, ontology=ontology)


def test_it_is_a_generaliser(babelnet: BabelNetGeneraliser) -> None:
    generaliser: Generaliser = babelnet
    assert generaliser.name == "babelnet"
    assert len(generaliser.taxonomy.domains) == 34


def test_a_synset_has_the_numbers_of_its_domains(babelnet: BabelNetGeneraliser) -> None:
    assert babelnet.synset_domains("n02123045") == (("ANIMALS", 0.9), ("BIOLOGY", 0.1))
    assert babelnet.synset_domains("n04986796") == (("MUSIC", 1.0),), "normalised"
    assert babelnet.synset_domains("n00000000") == ()
    assert babelnet.synset_domains("no synset") == ()


@pytest.mark.parametrize(
    ("word", "domains"),
    [
        ("bass", (("MUSIC", 0.5), ("ANIMALS", 0.25), ("FOOD_AND_DRINK", 0.25))),  # two key concepts, evenly
        ("Bass ", (("MUSIC", 0.5), ("ANIMALS", 0.25), ("FOOD_AND_DRINK", 0.25))),
        ("crane", (("ENGINEERING_AND_TECHNOLOGY", 1.0),)),  # no key concept, but a key sense
        ("otter", (("ANIMALS", 1.0),)),  # nothing is key: WordNet's first sense, though it is listed last
        ("ice cream", (("FOOD_AND_DRINK", 1.0),)),
        ("nothing", ()),
        ("ghost", ()),
        ("nosuchword", ()),
        ("", ()),
    ],
)
def test_a_word_is_its_key_senses(babelnet: BabelNetGeneraliser, word: str, domains: DomainWeights) -> None:
    assert babelnet.word_domains(word) == domains


def test_the_senses_of_a_word_first_sense_first(babelnet: BabelNetGeneraliser) -> None:
    senses = babelnet.word_senses("bass")
    assert [(sense.source, sense.synset, sense.key) for sense in senses] == [
        ("bn:00000002n", "n04986796", True),  # WordNet's number 1
        ("bn:00000003n", "bn:00000003n", True),  # WordNet's number 4
        ("bn:00000001n", "bn:00000001n", False),  # as the service lists them
        ("bn:00000004n", "bn:00000004n", False),  # a key sense, but there are key concepts
    ]


def test_a_label_is_its_synset_or_else_its_name(babelnet: BabelNetGeneraliser) -> None:
    assert babelnet.label_domains(LabelClass(0, "bass", "n02123045", ("bass",)))[0][0] == "ANIMALS"
    assert babelnet.label_domains(LabelClass(0, "bass", None, ("bass",)))[0][0] == "MUSIC"


def test_nothing_is_asked_twice(server: BabelNetServer, babelnet: BabelNetGeneraliser) -> None:
    def ask() -> None:
        for word in ("bass", "crane", "bass"):
            babelnet.word_domains(word)
        babelnet.synset_domains("n02123045")

    ask()
    assert len(server.log) == len(set(server.log)) == 1 + 4 + 1 + 2 + 2
    ask()
    assert len(server.log) == 10


def test_sources_save_requests(server: BabelNetServer, ontology: Ontology, tmp_path: Path) -> None:
    with BabelNetClient(key=KEY, url=server.url, cache=tmp_path / "answers.sqlite") as client:
        BabelNetGeneraliser(client, ontology=ontology, sources=["WN"]).word_domains("otter")
    assert ("source", "WN") in server.log[0].parameters


def test_a_newer_babelnet_is_brought_to_the_34(ontology: Ontology, tmp_path: Path) -> None:
    newer = {
        "bn:00000001n": synset({"BIOLOGY": 1.0}, ("tabby", 1, False), wordnet="n02123045"),
        "bn:00000002n": synset({"BIOLOGY": 1.0}, ("oak", 1, False), key=True, wordnet="n12268246"),
        "bn:00000003n": synset({"BIOLOGY": 1.0}, ("oak", None, False), key=True),
        "bn:00000004n": synset({"SPORT_GAMES_AND_RECREATION": 1.0, "TIME": 0.5}, wordnet="n00471613"),
        "bn:00000005n": synset({"TELEPATHY": 1.0}, ("ghost", None, True)),
    }
    with BabelNetServer(newer) as server:
        server.words = {"oak": ["bn:00000002n", "bn:00000003n"], "ghost": ["bn:00000005n"]}
        with BabelNetClient(key=KEY, url=server.url, cache=tmp_path / "answers.sqlite") as client:
            babelnet = BabelNetGeneraliser(client, ontology=ontology)
            assert babelnet.synset_domains("n02123045") == (("ANIMALS", 1.0),), "its hypernyms lead to animal"
            assert babelnet.word_domains("oak") == (("BIOLOGY", 0.75), ("ANIMALS", 0.25)), "one half is split"
            assert babelnet.synset_domains("n00471613") == (("SPORT_AND_RECREATION", 1.0),), "baseball"
            assert babelnet.word_domains("ghost") == ()
            for _ in range(3):
                babelnet.word_domains("oak")
    report = babelnet.report
    assert report.decided == {"BIOLOGY": 2, "SPORT_GAMES_AND_RECREATION": 1}
    assert (report.split, report.dropped, report.unknown) == ({"BIOLOGY": 1}, {"TIME": 1}, {"TELEPATHY": 1})
    assert str(report) == (
        "ambiguous and split: BIOLOGY (1); unknown and left out: TELEPATHY (1); "
        "without a counterpart and left out: TIME (1)"
    )
