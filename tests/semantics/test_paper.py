"""The paper's way: first names, key senses, every domain once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.pipeline import label_matrix
from penchant.semantics import (
    Generaliser,
    Lexicon,
    Ontology,
    OntologyGeneraliser,
    PaperGeneraliser,
    load_taxonomy,
)
from penchant.semantics.senses import WordSense
from penchant.types import DomainWeights, LabelClass, LabelSet

ONTOLOGY = Ontology(Lexicon.load(), load_taxonomy())
SCALE = LabelClass(0, "crane", "n02012849", ("crane",))  # the bird, to ImageNet


@dataclass
class Senses:
    """A dictionary of one word."""

    senses: tuple[tuple[bool, DomainWeights], ...]

    def word_senses(self, word: str) -> tuple[WordSense, ...]:
        assert word == "word"
        return tuple(WordSense(f"s{i}", word, key, domains, f"s{i}") for i, (key, domains) in enumerate(self.senses))


def of(*senses: tuple[bool, DomainWeights]) -> DomainWeights:
    return PaperGeneraliser(ONTOLOGY, dictionary=Senses(senses)).word_domains("word")


MUSIC: DomainWeights = (("MUSIC", 1.0),)
BOTH: DomainWeights = (("MEDIA", 0.9), ("MUSIC", 0.1))


@pytest.mark.parametrize(
    ("senses", "domains"),
    [
        ([], ()),
        ([(True, MUSIC)], MUSIC),
        ([(False, MUSIC), (True, BOTH)], (("MEDIA", 0.5), ("MUSIC", 0.5))),  # the key one; its domains count the same
        ([(True, MUSIC), (True, BOTH)], (("MEDIA", 0.5), ("MUSIC", 0.5))),  # all key ones; each domain once
        ([(False, MUSIC), (False, BOTH)], MUSIC),  # none is key: the first
        ([(False, ()), (False, BOTH)], ()),  # the first, even if it has no domain
        ([(True, ()), (False, BOTH)], ()),
    ],
)
def test_the_rule(senses: list[tuple[bool, DomainWeights]], domains: DomainWeights) -> None:
    assert of(*senses) == domains


def test_a_label_is_its_first_name_and_not_its_synset() -> None:
    paper: Generaliser = PaperGeneraliser(ONTOLOGY)
    other: Generaliser = OntologyGeneraliser(ONTOLOGY)
    assert (paper.name, paper.taxonomy) == ("paper", ONTOLOGY.taxonomy)
    assert other.label_domains(SCALE) == (("ANIMALS", 1.0),)
    assert paper.label_domains(SCALE) == paper.word_domains("crane") != other.label_domains(SCALE)
    assert paper.label_domains(LabelClass(0, "tabby", None, ("cow", "tabby"))) == paper.word_domains("tabby")
    assert paper.synset_domains("n02012849") == paper.word_domains("crane"), "a synset as well"
    assert paper.synset_domains("n00000000") == ()


def test_the_matrix_of_labels_asks_the_generaliser_what_a_label_means() -> None:
    labels = LabelSet("one", (SCALE, LabelClass(1, "tabby", None, ("tabby",))))
    codes = [domain.code for domain in ONTOLOGY.taxonomy.domains]
    for generaliser in (PaperGeneraliser(ONTOLOGY), OntologyGeneraliser(ONTOLOGY)):
        matrix = label_matrix(labels, generaliser)
        for row, label in zip(matrix, labels.classes, strict=True):
            expected = dict(generaliser.label_domains(label))
            assert row.tolist() == [expected.get(code, 0.0) for code in codes]
    assert label_matrix(labels, OntologyGeneraliser(ONTOLOGY))[1].any(), "without a synset, its name"


CODES = st.sampled_from([domain.code for domain in ONTOLOGY.taxonomy.domains])
WEIGHTS = st.lists(CODES, max_size=3, unique=True).map(lambda codes: tuple((code, 1 / len(codes)) for code in codes))


@given(st.lists(st.tuples(st.booleans(), WEIGHTS), max_size=5))
def test_every_domain_counts_the_same(senses: list[tuple[bool, DomainWeights]]) -> None:
    found = of(*senses)
    assert len({weight for _, weight in found}) <= 1
    assert sum(weight for _, weight in found) == pytest.approx(1 if found else 0)
    if any(key for key, _ in senses):
        assert found == of(*reversed(senses)), "the order of senses matters only where none is key"
