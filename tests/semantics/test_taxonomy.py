"""Taxonomy files: the one in the package, a user's own, and what is said about wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from penchant.errors import SemanticsError
from penchant.semantics import Anchor, load_taxonomy, parse_taxonomy

GOOD = """\
schema_version = 1
name = "mini"
title = "A small one"

[domains.MUSIC]
name = "Music"
anchors = [
    "music.n.01", "singer.n.01",  # "not.n.01"
    "stage.n.03 * 0.5",
]
topics = ["singing.n.01"]

[domains.FAITH]
name = "Faith"
sensitive = true
anchors = ['religion.n.01', "n04505036 * 2", "stage.n.03*.5"]

[none]
anchors = ["entity.n.01"]
"""
PATH = Path("mini.toml")


def test_a_file_is_read_with_its_lines() -> None:
    taxonomy = parse_taxonomy(GOOD, PATH)
    assert (taxonomy.name, taxonomy.title, taxonomy.source) == ("mini", "A small one", "")
    assert [(d.code, d.name, d.sensitive) for d in taxonomy.domains] == [
        ("MUSIC", "Music", False),
        ("FAITH", "Faith", True),
    ]
    assert taxonomy.by_code["FAITH"].name == "Faith"
    assert taxonomy.anchors == (
        Anchor("music.n.01", "MUSIC", 1.0, 8),
        Anchor("singer.n.01", "MUSIC", 1.0, 8),
        Anchor("stage.n.03", "MUSIC", 0.5, 9),
        Anchor("religion.n.01", "FAITH", 1.0, 16),
        Anchor("n04505036", "FAITH", 2.0, 16),
        Anchor("stage.n.03", "FAITH", 0.5, 16),
        Anchor("entity.n.01", None, 1.0, 19),
    )
    assert taxonomy.topics == (Anchor("singing.n.01", "MUSIC", 1.0, 11),)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ('name = "Music"', "name = Music", 6, "not valid TOML"),
        ('"singer.n.01",', '"singer",', 8, "'singer' is not a synset"),
        ('"singer.n.01",', '"singer.n.01 * much",', 8, "is not a synset"),
        ('"stage.n.03 * 0.5",', '"stage.n.03 * 0",', 9, "must be above 0"),
        ('"singer.n.01",', '"music.n.01",', 8, "music.n.01 is there twice (see line 8)"),
        ("'religion.n.01'", "'entity.n.01'", 19, "both in a domain and excluded (see line 16)"),
        ("sensitive = true", 'sensitive = "yes"', 15, "Expected `bool`"),
        ("sensitive = true", "sensible = true", 15, "unknown field `sensible`"),
        ("anchors = ['religion.n.01'", "anchors = [7, 'religion.n.01'", 16, "Expected `str`, got `int`"),
        ('anchors = ["entity.n.01"]', 'name = "None"', 19, "unknown field `name`"),
        ("schema_version = 1", "schema_version = 2", 1, "schema_version is 2"),
        ("[domains.FAITH]", "[domains.Faith]", 13, "must be capitals"),
        ('name = "mini"', 'name = "My Own"', 2, "Expected `str` matching regex"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(old: str, new: str, line: int, problem: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(SemanticsError) as caught:
        parse_taxonomy(GOOD.replace(old, new), PATH)
    assert str(caught.value).startswith(f"mini.toml, line {line}: ")
    assert problem in str(caught.value)


def test_a_file_without_domains_is_refused() -> None:
    with pytest.raises(SemanticsError, match="domains"):
        parse_taxonomy('schema_version = 1\nname = "x"\n', PATH)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SemanticsError, match="can't be read"):
        load_taxonomy(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(SemanticsError, match="not UTF-8"):
        load_taxonomy(tmp_path / "bytes.toml")


def test_the_embedded_taxonomy_has_the_34_domains() -> None:
    taxonomy = load_taxonomy()
    assert taxonomy.name == "babeldomains-34"
    assert len(taxonomy.domains) == 34
    assert [domain.code for domain in taxonomy.domains] == sorted(domain.code for domain in taxonomy.domains)
    assert taxonomy.by_code["ART_ARCHITECTURE_AND_ARCHAEOLOGY"].name == "Art, architecture, and archaeology"
    assert {domain.code for domain in taxonomy.domains if domain.sensitive} == {
        "HEALTH_AND_MEDICINE",
        "RELIGION_MYSTICISM_AND_MYTHOLOGY",
        "POLITICS_AND_GOVERNMENT",
        "PHILOSOPHY_AND_PSYCHOLOGY",
        "LAW_AND_CRIME",
    }
