"""The lists: patterns match their examples and nothing of what they say they don't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from penchant.errors import SemanticsError
from penchant.semantics.tags.lists import FILES, load_lists
from penchant.semantics.tags.text import read

if TYPE_CHECKING:
    from pathlib import Path

    from penchant.semantics.tags import TagCleaner

LISTS = load_lists()


@pytest.mark.parametrize("pattern", LISTS.patterns, ids=lambda pattern: pattern.name)
def test_patterns(pattern) -> None:  # type: ignore[no-untyped-def]
    def matches(example: str) -> bool:
        text = read(example)
        return bool(pattern.regex.fullmatch(text.figure) or pattern.regex.fullmatch(text.glued))

    assert pattern.examples
    assert [example for example in pattern.examples if not matches(example)] == []
    assert [example for example in pattern.counterexamples if matches(example)] == []


def test_a_word_with_two_readings_has_one_first() -> None:
    assert not LISTS.camera_first & LISTS.thing_first.keys()
    assert not LISTS.thing_first.keys() & LISTS.reasons.keys()


def test_foreign_words_that_stand_alone_have_a_language() -> None:
    assert sorted(word for word in LISTS.foreign_alone if word not in LISTS.languages) == []


def test_given_names_are_not_dropped(cleaner: TagCleaner) -> None:
    assert sorted(name for name in LISTS.given_names if not cleaner.clean(name).kept) == []


@pytest.mark.parametrize(
    "text", ["schema_version = 9", "schema_version = ", 'schema_version = 1\n[words]\nno_such_reason = "x"']
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    for name in FILES:
        (tmp_path / name).write_text("schema_version = 1", encoding="utf-8")
    (tmp_path / FILES[1]).write_text(text, encoding="utf-8")
    with pytest.raises(SemanticsError, match=FILES[1]):
        load_lists(tmp_path)


def test_a_wrong_pattern_is_named(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text("schema_version = 1", encoding="utf-8")
    pattern = 'schema_version = 1\n[[patterns]]\nname = "bad one"\nreason = "spam"\nregex = "("\n'
    (tmp_path / FILES[0]).write_text(pattern, encoding="utf-8")
    with pytest.raises(SemanticsError, match="bad one"):
        load_lists(tmp_path)
