"""Reference profiles from tags, columns and files; what can't be used is named with its row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from penchant.errors import SourceError, UsageError
from penchant.experiment.exclusions import Why
from penchant.experiment.references import from_column, from_file, from_tags
from penchant.semantics import Lexicon, Ontology, PaperGeneraliser, load_taxonomy
from penchant.semantics.tags import understand_tags
from penchant.sources.columns import photo_columns
from penchant.tagging import photo_tags, tag_profiles
from penchant.types import Photo

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology(Lexicon.load(), load_taxonomy())


def photos_of(*bags: str, user: str = "ann") -> list[Photo]:
    return [Photo(str(i), f"{i}.jpg", user_id=user, tags=tuple(bag.split())) for i, bag in enumerate(bags)]


def named(ontology: Ontology, weights: Any) -> dict[str, float]:
    codes = [domain.code for domain in ontology.taxonomy.domains]
    return {code: round(float(w), 6) for code, w in zip(codes, weights, strict=True) if w}


def test_default_a_photo_has_one_vote_and_its_tags_explain_one_another(ontology: Ontology) -> None:
    found = tag_profiles(photos_of("bass guitar band", "bass river rod", ""), ontology)
    whole = named(ontology, found.weights[0])
    parts = [dict(understand_tags(bag.split()).domains) for bag in ("bass guitar band", "bass river rod")]
    for code, weight in whole.items():
        assert weight == pytest.approx(sum(part.get(code, 0) for part in parts), abs=1e-5)
    assert sum(whole.values()) == pytest.approx(2)
    assert whole["MUSIC"] > 0.9
    assert (found.users, found.photos.tolist(), found.photos_used.tolist()) == (("ann",), [3], [2])
    assert (found.tags.tolist(), found.kept.tolist(), found.without_domain) == ([6], [6], 0)


def test_paper_counts_words_and_drops_what_the_study_dropped(ontology: Ontology) -> None:
    paper = PaperGeneraliser(ontology)
    found = photo_tags(photos_of("crane crane Canon macro red the asdkjh horseriding"), ontology, protocol="paper")
    expected = {code: 2.0 for code, _ in paper.word_domains("crane")}
    assert named(ontology, found.weights[0]) == expected, "each of its domains, once for each occurrence"
    assert expected
    assert (found.typed.tolist(), found.kept.tolist(), found.meaning.tolist()) == ([8], [2], [2])
    assert found.dropped == {
        "camera": 1, "colour": 1, "misspelt": 1, "stop_word": 1, "technique": 1, "unknown": 1
    }  # fmt: skip


def test_a_word_without_a_key_sense_means_its_first_or_nothing(ontology: Ontology) -> None:
    class Dictionary:
        def word_senses(self, word: str) -> tuple[Any, ...]:
            from penchant.semantics.senses import WordSense

            return (WordSense("n1", word, False, (("MUSIC", 1.0),), ""), WordSense("n2", word, False, (), ""))

    first = PaperGeneraliser(ontology, dictionary=Dictionary())
    nothing = PaperGeneraliser(ontology, dictionary=Dictionary(), keyless="none")
    assert first.word_domains("dog") == (("MUSIC", 1.0),)
    assert nothing.word_domains("dog") == ()


@pytest.mark.parametrize("form", ["csv", "tsv", "semicolon", "jsonl", "parquet"])
def test_a_file_of_profiles(ontology: Ontology, tmp_path: Path, form: str) -> None:
    rows = [("ann", "MUSIC", 2), ("ann", "Animals", 1), ("ann", "music", 1), ("eve", "MUSIC", 1), ("bob", "LAW", 1),
            ("bob", "MUSIC", "x"), ("", "MUSIC", 1), ("bob", "MUSIC", -1), ("bob", "", 1)]  # fmt: skip
    path = tmp_path / f"reference.{form if form != 'semicolon' else 'csv'}"
    keys = ("user_id", "domain", "weight")
    if form == "parquet":
        pq.write_table(pa.table({key: [str(row[i]) for row in rows] for i, key in enumerate(keys)}), path)
    elif form == "jsonl":
        path.write_text("\n".join(json.dumps(dict(zip(keys, row, strict=True))) for row in rows))
    else:
        mark = {"csv": ",", "tsv": "\t", "semicolon": ";"}[form]
        path.write_text("\n".join(mark.join(map(str, row)) for row in (keys, *rows)) + "\n")
    found, left_out = from_file(path, ("ann", "bob"), ontology.taxonomy)
    assert named(ontology, found.weights[0]) == {"ANIMALS": 1, "MUSIC": 3}
    assert not found.weights[1].any()
    assert [(one.why, one.reason) for one in left_out] == [
        (Why.REFERENCE_ROWS, f"row 5 of {path.name}: there is no domain 'LAW' in babeldomains-34"),
        (Why.REFERENCE_ROWS, f"row 6 of {path.name}: its weight is 'x', not a number"),
        (Why.REFERENCE_ROWS, f"row 7 of {path.name}: it names no user"),
        (Why.REFERENCE_ROWS, f"row 8 of {path.name}: its weight is -1.0: weights are 0 or more"),
        (Why.REFERENCE_ROWS, f"row 9 of {path.name}: it names no domain"),
        (Why.NOT_IN_TABLE, "the table has no photo of this user"),
    ]


def test_a_file_of_profiles_may_go_without_weights(ontology: Ontology, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("domain,user_id\nMUSIC,ann\n")
    assert named(ontology, from_file(path, ("ann",), ontology.taxonomy)[0].weights[0]) == {"MUSIC": 1}


def test_files_that_are_no_profiles_say_why(ontology: Ontology, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("who,domain,weight\nann,MUSIC,1\n")
    with pytest.raises(SourceError, match="user_id"):
        from_file(path, ("ann",), ontology.taxonomy)
    path.write_text("user_id,weight\nann,1\n")
    with pytest.raises(SourceError, match="no column domain"):
        from_file(path, ("ann",), ontology.taxonomy)
    path.write_text("user_id,domain,weight\nann,LAW,1\n")
    with pytest.raises(UsageError, match="no row of it tells of a user of the table: row 1"):
        from_file(path, ("ann",), ontology.taxonomy)


def test_a_column_holds_domains_or_words(ontology: Ontology, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("user_id,photo_id,path,topic\nann,0,0.jpg,MUSIC;animals\nann,1,1.jpg,pizza\nann,2,2.jpg,\n")
    cells = photo_columns(str(path), ("topic",))["topic"]
    assert cells == {("ann", "0"): ("MUSIC", "animals"), ("ann", "1"): ("pizza",)}
    photos = photos_of("", "", "")
    found = from_column(photos, cells, ontology, column="topic", protocol="default")
    assert named(ontology, found.weights[0]) == {"ANIMALS": 0.5, "FOOD_AND_DRINK": 1, "MUSIC": 0.5}
    counted = from_column(photos, cells, ontology, column="topic", protocol="paper")
    assert named(ontology, counted.weights[0]) == {"ANIMALS": 1, "FOOD_AND_DRINK": 1, "MUSIC": 1}
    assert found.tags is not None
    assert found.tags.tolist() == [3]
    with pytest.raises(SourceError, match="no column called other"):
        photo_columns(str(path), ("other",))


def test_rows_of_photos_follow_the_photos(ontology: Ontology) -> None:
    photos = photos_of("dog", "xqzt") + photos_of("pizza", user="bob")
    found = from_tags(photos, ontology, protocol="default")
    assert found.photos is not None
    assert [named(ontology, row) for row in found.photos] == [{"ANIMALS": 1}, {}, {"FOOD_AND_DRINK": 1}]
    assert np.array_equal(found.weights, found.photos[[0, 2]])
    assert found.words["dropped_unknown"] == 1
