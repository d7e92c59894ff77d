"""The tables beneath the steps: reading, forms, segmentation, spelling."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.semantics.tags.spelling import Spelling, one_slip
from penchant.semantics.tags.text import key, read

if TYPE_CHECKING:
    from penchant.semantics.tags import TagCleaner, TagReader


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("  #Sun_Set  ", "sun set"),
        ("Ｆｕｌｌｗｉｄｔｈ", "fullwidth"),
        ("rock & roll", "rock and roll"),
        ("U.S.A.", "usa"),
        ("it’s", "its"),
        ("mouth-watering", "mouth-watering"),
        ("close -up", "close up"),
        ("sunset 🌅", "sunset"),
        ("Straße", "strasse"),
    ],
)
def test_reading(typed: str, words: str) -> None:
    assert read(typed).words == words


def test_capitals_within_a_word() -> None:
    assert read("GoldenGateBridge").camel == "golden gate bridge"
    assert read("NASA").camel == ""


@given(st.text(max_size=40))
def test_reading_twice_changes_nothing(typed: str) -> None:
    words = read(typed).words
    assert read(words).words == words


def test_forms_never_know_what_the_lexicon_does_not(cleaner: TagCleaner) -> None:
    know = cleaner.know
    rng = random.Random(7)
    forms = rng.sample(sorted(know.forms.bits), 300)
    for form in forms:
        for spelling in (form, form + "s", form + "ing", form.replace(" ", "-"), form.replace(" ", "")):
            if know.is_word(spelling):
                assert know.lexicon.parts_of_speech(spelling), spelling
            noun = know.forms.noun(spelling)
            if noun is not None:
                assert know.lexicon.senses(noun), spelling


def test_the_table_of_priors_says_what_the_rule_says(reader: TagReader) -> None:
    meanings = reader.meanings
    nouns = random.Random(5).sample(meanings.lexicon.lower_forms, 6000)
    found = 0
    for noun in (form.replace("_", " ") for form in nouns):
        table = meanings._priors.senses(noun)
        if table:
            found += 1
            rule = sorted(meanings._of_wordnet(meanings.lexicon.senses(noun)), key=lambda sense: -sense.weight)
            assert [sense.weight for sense in table] == pytest.approx([sense.weight for sense in rule], abs=1e-12)
            same = [(sense.synset, sense.lemma, sense.domains) for sense in rule]
            assert [(sense.synset, sense.lemma, sense.domains) for sense in table] == same
    assert found > 4000


def test_the_short_cut_says_what_the_steps_say(cleaner: TagCleaner) -> None:
    forms = random.Random(3).sample(sorted(cleaner.know.forms.bits), 3000)
    taken = 0
    for form in forms:
        for tag in (form, form.title(), form.replace(" ", "-")):
            short = cleaner._plain_word(tag)
            if short is not None:
                taken += 1
                assert short == cleaner._judge(tag)
    assert taken > 3000


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("streetmusic", ("street", "music")),
        ("sanfranciscobay", ("sanfranciscobay",)),
        ("icecreamtruck", ("icecream", "truck")),
        ("lebensmittel", ()),
        ("xqzvw", ()),
        ("a" * 60, ()),
    ],
)
def test_segmentation(cleaner: TagCleaner, letters: str, words: tuple[str, ...]) -> None:
    assert cleaner.know.vocabulary.segment(letters) == words


@pytest.mark.parametrize("tag", ["tramonto", "primavera", "macrina", "natuur", "truebeli"])
def test_no_split_into_scraps(cleaner: TagCleaner, tag: str) -> None:
    assert not cleaner.clean(tag).kept


@given(st.text("abcd", min_size=1, max_size=7), st.text("abcd", min_size=1, max_size=7))
def test_one_slip_is_symmetric(first: str, second: str) -> None:
    assert one_slip(first, second) == one_slip(second, first)


@given(st.text("abcdef", min_size=6, max_size=9), st.data())
def test_spelling_finds_every_slip_after_the_first_letter(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(word) - 1))
    letter = data.draw(st.sampled_from("xyz"))
    slips = {
        word[:place] + letter + word[place:],
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place + 1 :],
    }
    spelling = Spelling([word])
    for slip in slips - {word}:
        assert spelling.nearest(slip) == word
    assert spelling.nearest("zzzzzzzzzz") is None


def test_keys() -> None:
    assert key("Close_up") == key("close-up") == key("CLOSE UP") == "closeup"
    assert key("Café") == "cafe"
