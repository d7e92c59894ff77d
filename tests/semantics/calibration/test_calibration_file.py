"""A calibration's file: what is written is read, and what is damaged is refused in one sentence."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penchant.errors import PenchantError, SemanticsError, UsageError
from penchant.pipeline import label_matrix, understand
from penchant.profiles import Adding, ProfileOptions
from penchant.recognition.labels import read_labels
from penchant.semantics import make_generaliser
from penchant.semantics.calibration import (
    CalibratedGeneraliser,
    Calibration,
    Datasheet,
    Stored,
    Strengths,
    load_calibration,
    save_calibration,
)
from penchant.semantics.calibration.file import Score, Table, labels_sha256
from penchant.types import Aggregation, LabelSet, ModelFacts

LABEL_SET = read_labels("imagenet-1k", called="a test")[0]
SHEET = Datasheet(
    made="2026-01-02", penchant="0", photos=3, without_tags=1, failed=0, users=2, groups=0, group_column=None, folds=2,
    seed=0, model="efficientnet-lite0-int8", model_sha256="ab", label_set="imagenet-1k", generaliser="ontology",
    taxonomy="babeldomains-34", taxonomy_sha256="cd", domains={"ANIMALS": 2.0}, tables=(Table("a.csv", "ef"),),
    scored="users", scored_count=2, scores={"after": Score(0.5, None, None), "before": Score(0.4, 0.3, 0.5)},
)  # fmt: skip


@pytest.fixture(scope="module")
def stored() -> Stored:
    with make_generaliser() as base:
        prior = label_matrix(LABEL_SET, base)
        codes = tuple(domain.code for domain in base.taxonomy.domains)
    matrix = np.random.default_rng(1).random(prior.shape).astype(np.float32).astype(np.float64) * (prior > 0)
    background = np.full(len(codes), 1 / len(codes))
    return Stored(Calibration(matrix, background, Strengths()), codes, labels_sha256(LABEL_SET), SHEET)


@pytest.fixture(scope="module")
def file(stored: Stored, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calibration") / "mine.calibration"
    with path.open("wb") as opened:
        save_calibration(stored, LABEL_SET, opened)
    return path


def test_what_is_written_is_read(file: Path, stored: Stored) -> None:
    found = load_calibration(file)
    assert np.array_equal(found.calibration.matrix, stored.calibration.matrix)
    assert np.array_equal(found.calibration.background, stored.calibration.background)
    assert found.calibration.strengths == stored.calibration.strengths
    assert (found.domains, found.label_sha256, found.datasheet) == (stored.domains, stored.label_sha256, SHEET)
    table = pq.read_table(file)
    assert table.column_names[:4] == ["class", "name", "synset", stored.domains[0]]
    assert table.column("name")[0].as_py() == "tench"
    assert file.stat().st_size < 300_000


def test_the_same_calibration_is_the_same_file(file: Path, stored: Stored) -> None:
    again = io.BytesIO()
    assert save_calibration(stored, LABEL_SET, again) == load_calibration(file).sha256
    assert again.getvalue() == file.read_bytes()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.data())
def test_no_damage_goes_unseen(file: Path, stored: Stored, tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(file.read_bytes())
    broken = tmp_path / "broken"
    if data.draw(st.booleans()):
        broken.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] ^= 1 << data.draw(st.integers(0, 7))
        broken.write_bytes(whole)
    refused, found = "", None
    try:
        found = load_calibration(broken)
    except PenchantError as error:
        refused = str(error)
    assert "\n" not in refused
    if found is None:
        return
    assert np.array_equal(found.calibration.matrix, stored.calibration.matrix), "harmless: names for people"
    assert found.datasheet == SHEET


def rewritten(file: Path, target: Path, **metadata: str) -> Path:
    table = pq.read_table(file)
    known = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    pq.write_table(table.replace_schema_metadata({**known, **metadata}), target)
    return target


def test_other_files_are_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no calibration"):
        load_calibration(tmp_path / "absent")
    with pytest.raises(UsageError, match="is a folder"):
        load_calibration(tmp_path)
    (tmp_path / "p").write_bytes(pickle.dumps({"matrix": [1]}))
    with pytest.raises(UsageError, match="is not a calibration"):
        load_calibration(tmp_path / "p")
    pq.write_table(pa.table({"path": ["a.jpg"]}), tmp_path / "t.parquet")
    with pytest.raises(UsageError, match="is a table, but not a calibration"):
        load_calibration(tmp_path / "t.parquet")
    with pytest.raises(SemanticsError, match="another version of penchant"):
        load_calibration(rewritten(file, tmp_path / "v", schema_version="99"))
    for header in ("{}", "[]", "{"):
        with pytest.raises(SemanticsError, match="is damaged"):
            load_calibration(rewritten(file, tmp_path / "h", calibration=header))
    with pytest.raises(SemanticsError, match="not what was written"):
        load_calibration(rewritten(file, tmp_path / "s", sha256="0" * 64))


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_weights_that_no_calibration_has_are_refused(stored: Stored, tmp_path: Path, weight: float) -> None:
    matrix = stored.calibration.matrix.copy()
    matrix[3, 3] = weight
    path = tmp_path / "odd"
    with path.open("wb") as opened:
        save_calibration(replace(stored, calibration=replace(stored.calibration, matrix=matrix)), LABEL_SET, opened)
    with pytest.raises(SemanticsError, match="weights that no calibration has"):
        load_calibration(path)


def test_the_generaliser_of_a_file(file: Path, stored: Stored) -> None:
    with make_generaliser() as base, make_generaliser(f"calibrated:{file}") as generaliser:
        assert isinstance(generaliser, CalibratedGeneraliser)
        assert generaliser.name == "calibrated"
        assert generaliser.taxonomy.name == "babeldomains-34"
        assert generaliser.word_domains("tabby") == base.word_domains("tabby")
        assert generaliser.synset_domains("n02123045") == base.synset_domains("n02123045")
        weights = generaliser.label_domains(LABEL_SET.classes[281])
        assert sum(weight for _, weight in weights) == pytest.approx(1)
        meaning = understand(LABEL_SET, generaliser, ProfileOptions())
        assert meaning.strength is not None
        assert meaning.provenance["calibration_sha256"] == load_calibration(file).sha256
        assert meaning.background is not None
        assert meaning.background.sum() == pytest.approx(1)
        given = np.full(len(stored.domains), 1 / len(stored.domains))
        assert understand(LABEL_SET, generaliser, ProfileOptions(), given).provenance["background"] == "given"
        for adding in (Adding(Aggregation.COUNT), Adding(top_k=3), Adding(min_confidence=0.1)):
            with pytest.raises(UsageError, match="leave out --aggregation"):
                understand(LABEL_SET, generaliser, ProfileOptions(adding=adding))


def test_other_labels_and_other_domains_are_refused_another_model_is_told(file: Path) -> None:
    with make_generaliser(f"calibrated:{file}") as generaliser:
        assert isinstance(generaliser, CalibratedGeneraliser)
        other = LabelSet("two-labels", LABEL_SET.classes[:2])
        with pytest.raises(UsageError, match=r"made for the labels of imagenet-1k .* those of two-labels"):
            understand(other, generaliser, ProfileOptions())
        assert generaliser.notes(ModelFacts("x", "ab", "imagenet-1k")) == ()
        (note,) = generaliser.notes(ModelFacts("x", "00", "imagenet-1k"))
        assert "learned from the labels of efficientnet-lite0-int8" in note
        with pytest.raises(UsageError, match="knows 1,000 labels"):
            generaliser.label_domains(replace(LABEL_SET.classes[0], index=1000))
    for wrong in ("calibrated", "calibrated:"):
        with pytest.raises(UsageError, match="needs its file"), make_generaliser(wrong):
            pass
    with pytest.raises(UsageError, match="--max-requests"), make_generaliser(f"calibrated:{file}", max_requests=1):
        pass
    elsewhere = Path("interests-tier1")
    with (
        pytest.raises(UsageError, match="not of interests-tier1"),
        make_generaliser(f"calibrated:{file}", taxonomy=elsewhere),
    ):
        pass
