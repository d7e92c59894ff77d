"""The lexicon: words, senses, synsets, and the file they are read from."""

from __future__ import annotations

import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.errors import SemanticsError
from penchant.semantics import Lexicon
from penchant.semantics.lexicon import EMBEDDED
from penchant.semantics.morphology import normalise, variants

if TYPE_CHECKING:
    from pathlib import Path

LEXICON = Lexicon.load()
SYNSETS = tuple(LEXICON)
WORDS = tuple(lemma for synset in SYNSETS[::97] for lemma in LEXICON.lemmas(synset))


def number(name: str) -> str:
    synset = LEXICON.synset(name)
    assert synset is not None, name
    return synset


def first(word: str) -> str | None:
    senses = LEXICON.senses(word)
    return LEXICON.name(senses[0].synset) if senses else None


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("cat", "cat.n.01"),
        ("Cats", "cat.n.01"),
        ("mice", "mouse.n.01"),
        ("wolves", "wolf.n.01"),
        ("churches", "church.n.01"),
        ("cherries", "cherry.n.01"),
        ("women", "woman.n.01"),
        ("handfuls", "handful.n.01"),
        ("ice cream", "ice_cream.n.01"),
        ("ice-creams", "ice_cream.n.01"),
        ("ICE_CREAM", "ice_cream.n.01"),
        ("  Golden   Gate Bridge ", "golden_gate_bridge.n.01"),
        ("attorneys general", "attorney_general.n.01"),
        ("brothers-in-law", "brother-in-law.n.01"),
        ("café", "cafe.n.01"),
        ("carpenter\N{RIGHT SINGLE QUOTATION MARK}s kit", "carpenter's_kit.n.01"),
        ("Paris", "paris.n.01"),
        ("usa", "united_states.n.01"),
        ("glass", "glass.n.01"),
    ],
)
def test_a_word_is_found_however_it_is_written(word: str, name: str) -> None:
    assert first(word) == name


@pytest.mark.parametrize("word", ["", " ", "qwxzy", "ß", "日本", "\N{FIRE}", "a" * 10_000, "-" * 500, "a-" * 200])
def test_what_is_not_a_word_has_no_senses(word: str) -> None:
    assert LEXICON.senses(word) == ()
    assert LEXICON.key_senses(word) == ()
    assert LEXICON.derived_nouns(word) == ()
    assert LEXICON.parts_of_speech(word) == ()


def test_a_form_that_is_a_lemma_comes_before_what_it_is_a_form_of() -> None:
    assert LEXICON.lemmatise("glasses") == ("glasses", "glass")
    assert LEXICON.lemmatise("men") == ("men", "man")
    assert first("men") == "man.n.01"  # by frequency


def test_senses_come_in_the_order_of_frequency_with_their_shares() -> None:
    senses = LEXICON.senses("bank")
    assert [LEXICON.name(sense.synset) for sense in senses[:2]] == [
        "bank.n.01",
        "depository_financial_institution.n.01",
    ]
    assert [sense.count for sense in senses] == sorted((sense.count for sense in senses), reverse=True)
    total = sum(sense.count + 1 / rank for rank, sense in enumerate(senses, 1))
    assert senses[0].share == pytest.approx((senses[0].count + 1) / total)


def test_key_senses_are_the_first_and_those_seen_half_as_often() -> None:
    for word in ("bank", "table", "cat", "whippet"):
        senses = LEXICON.senses(word)
        expected = [s for i, s in enumerate(senses) if i == 0 or 0 < s.count >= senses[0].count / 2]
        assert list(LEXICON.key_senses(word)) == expected
        assert [sense for sense in senses if sense.key] == expected


def test_lemmas_keep_their_case() -> None:
    paris = LEXICON.synset("paris.n.01")
    assert paris is not None
    assert LEXICON.lemmas(paris)[0] == "Paris"
    assert LEXICON.senses("paris")[0].lemma == "Paris"


def test_a_synset_is_named_by_any_of_its_lemmas() -> None:
    assert LEXICON.synset("tabby.n.01") == "n02123045"
    assert LEXICON.synset("tabby_cat.n.01") == "n02123045"
    assert LEXICON.name("n02123045") == "tabby.n.01"
    assert LEXICON.synset("cat.n.99") is None
    assert LEXICON.synset("cat.v.01") is None
    assert LEXICON.synset("cat") is None


def test_hypernyms_hyponyms_and_instances() -> None:
    tabby, cat, mozart, composer = map(number, ("tabby.n.01", "domestic_cat.n.01", "mozart.n.01", "composer.n.01"))
    assert LEXICON.hypernyms(tabby) == (cat,)
    assert tabby in LEXICON.hyponyms(cat)
    assert LEXICON.hypernyms(mozart) == ()
    assert LEXICON.instance_hypernyms(mozart) == (composer,)
    assert mozart in LEXICON.hyponyms(composer)
    assert LEXICON.category(tabby) == "animal"


def test_topics() -> None:
    client = LEXICON.synset("client.n.03")
    assert client is not None
    assert [LEXICON.name(topic) for topic in LEXICON.topics(client)] == ["computer_science.n.01"]
    assert LEXICON.topics("n02123045") == ()


def test_other_parts_of_speech_lead_to_nouns() -> None:
    assert LEXICON.parts_of_speech("healthy") == ("a",)
    assert LEXICON.parts_of_speech("fly") == ("n", "v", "a")
    assert "health.n.01" in [LEXICON.name(sense.synset) for sense in LEXICON.derived_nouns("healthy")]
    assert "city.n.01" in [LEXICON.name(sense.synset) for sense in LEXICON.derived_nouns("urban")]
    assert LEXICON.derived_nouns("yummy")  # through the adjective that it is similar to
    assert LEXICON.derived_nouns("healthily")  # an adverb, through its adjective
    assert "cooking.n.01" in map(LEXICON.name, LEXICON.word_topics("whisk")) or LEXICON.word_topics("baked")


def test_what_is_unknown_gives_nothing() -> None:
    for unknown in ("n00000000", "n2123045", "x02123045", "tabby.n.01", "", "n0212304٥"):
        assert unknown not in LEXICON
        assert LEXICON.lemmas(unknown) == LEXICON.hypernyms(unknown) == LEXICON.instance_hypernyms(unknown) == ()
        assert LEXICON.hyponyms(unknown) == LEXICON.topics(unknown) == ()
        assert LEXICON.name(unknown) is LEXICON.category(unknown) is None


@pytest.mark.parametrize("method", ["senses", "key_senses", "derived_nouns", "lemmas", "name", "synset", "hypernyms"])
def test_an_argument_of_the_wrong_type_is_an_error(method: str) -> None:
    for argument in (None, 7, b"cat", ["cat"]):
        with pytest.raises(SemanticsError, match="must be a string"):
            getattr(LEXICON, method)(argument)


def test_an_unknown_part_of_speech_is_an_error() -> None:
    with pytest.raises(SemanticsError, match="part of speech"):
        LEXICON.lemmatise("cat", pos="x")


def test_the_whole_of_wordnet_is_there() -> None:
    assert len(LEXICON) == len(SYNSETS) == 82_115
    assert tuple(sorted(SYNSETS)) == SYNSETS
    assert len({lemma.lower() for synset in SYNSETS for lemma in LEXICON.lemmas(synset)}) == 117_798


@given(st.sampled_from(SYNSETS))
def test_names_and_synsets_are_a_round_trip(synset: str) -> None:
    name = LEXICON.name(synset)
    assert name is not None
    assert re.fullmatch(r"\S+\.n\.\d\d", name)
    assert LEXICON.synset(name) == synset


@given(st.sampled_from(SYNSETS))
def test_every_lemma_means_its_synset(synset: str) -> None:
    for lemma in LEXICON.lemmas(synset):
        assert synset in [sense.synset for sense in LEXICON.senses(lemma)]


@given(st.sampled_from(SYNSETS))
def test_hyponyms_are_the_converse_of_hypernyms(synset: str) -> None:
    for parent in LEXICON.hypernyms(synset) + LEXICON.instance_hypernyms(synset):
        assert synset in LEXICON.hyponyms(parent)


@given(st.sampled_from(WORDS) | st.text(max_size=30))
def test_lemmatising_a_lemma_gives_the_lemma(word: str) -> None:
    for lemma in LEXICON.lemmatise(word):
        assert LEXICON.lemmatise(lemma)[0] == lemma


@given(st.sampled_from(WORDS) | st.text(max_size=30))
def test_shares_sum_to_one_and_fall(word: str) -> None:
    for senses in (LEXICON.senses(word), LEXICON.derived_nouns(word)):
        shares = [sense.share for sense in senses]
        assert not shares or sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)
        assert len({sense.synset for sense in senses}) == len(senses)
        assert not senses or senses[0].key


@given(st.sampled_from(WORDS))
def test_case_and_separators_do_not_matter(word: str) -> None:
    expected = LEXICON.senses(word)
    assert LEXICON.senses(word.upper()) == expected
    assert LEXICON.senses(word.replace("_", " ")) == expected
    assert LEXICON.senses(f" {word}\n") == expected


@given(st.text(max_size=40))
def test_normalising_is_idempotent(word: str) -> None:
    assert normalise(normalise(word)) == normalise(word)
    assert len(set(variants(word))) == len(list(variants(word)))


@settings(max_examples=20)
@given(st.binary(max_size=60), st.integers(0, 200))
def test_a_damaged_file_is_refused(tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int) -> None:
    path = tmp_path_factory.mktemp("lexicon") / "x.lex"
    raw = EMBEDDED.read_bytes()[:3000]
    path.write_bytes(raw[:at] + junk + raw[at:])
    with pytest.raises(SemanticsError, match=re.escape(str(path))):
        Lexicon.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SemanticsError, match="can't be read"):
        Lexicon.load(tmp_path / "none.lex")


def test_a_lexicon_can_be_pickled() -> None:
    copy = pickle.loads(pickle.dumps(LEXICON))
    assert copy.senses("cat") == LEXICON.senses("cat")


def test_reading_from_several_threads_gives_the_same() -> None:
    fresh = Lexicon.load()
    words = WORDS[:300] * 4
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fresh.senses, words)) == [LEXICON.senses(word) for word in words]
