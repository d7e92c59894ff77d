"""The catalogue, models of a user's own, and the facts about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from penchant.errors import ModelError, UsageError
from penchant.recognition import DEFAULT_MODEL, file_sha256, find_model, load_catalogue

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file that ends in .onnx; nothing here opens it."""
    path = tmp_path / "own.onnx"
    path.write_bytes(b"not really")
    return path


def test_the_catalogue_holds_the_default_and_all_that_must_be_known_of_it() -> None:
    row = load_catalogue().row(DEFAULT_MODEL)
    assert row.licence
    assert row.source.startswith("https://")
    assert row.sha256 is not None
    assert len(row.sha256) == 64
    assert find_model(DEFAULT_MODEL)[1].is_file()


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=rf"no model named 'resnet' .*{DEFAULT_MODEL}.*ending in \.onnx"):
        find_model("resnet")


def test_facts_are_for_files_of_ones_own() -> None:
    with pytest.raises(UsageError, match="is a name of the catalogue"):
        find_model(DEFAULT_MODEL, ("size=224",))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model file"):
        find_model(str(tmp_path / "missing.onnx"))


def test_labels_are_never_guessed(own: Path) -> None:
    with pytest.raises(ModelError, match=r"add --fact labels=imagenet-1k, or labels = … in own\.toml beside it"):
        find_model(str(own))


EFFECTS: list[tuple[str, str, Any]] = [
    ("name=mine", "name", "mine"),
    ("labels=other-set", "labels", "other-set"),
    ("sha256=" + "a" * 64, "sha256", "a" * 64),
    ("size=299", "input.size", 299),
    ("resize=342", "input.resize", 342),
    ("channels=BGR", "input.channels", "BGR"),
    ("mean=104,117,123.5", "input.mean", (104.0, 117.0, 123.5)),
    ("std=58, 57, 57.5", "input.std", (58.0, 57.0, 57.5)),
    ("interpolation=bilinear", "input.interpolation", "bilinear"),
    ("fit=squeeze", "input.fit", "squeeze"),
    ("output=logits", "output.name", "logits"),
    ("kind=logits", "output.kind", "logits"),
    ("background=1", "output.background", 1),
]


def value(row: object, place: str) -> object:
    for name in place.split("."):
        row = getattr(row, name)
    return row


@pytest.mark.parametrize(("fact", "place", "wanted"), EFFECTS, ids=[fact for fact, _, _ in EFFECTS])
def test_each_fact_has_its_effect(fact: str, place: str, wanted: object, own: Path) -> None:
    plain, _ = find_model(str(own), ("labels=imagenet-1k",))
    row, path = find_model(str(own), ("labels=imagenet-1k", fact))
    assert path == own
    assert value(row, place) == wanted
    assert value(plain, place) != wanted


def test_all_keys_are_tried_here(own: Path) -> None:
    with pytest.raises(UsageError) as raised:
        find_model(str(own), ("nonsense=1",))
    keys = str(raised.value).split("one of the keys ")[1].split(", ")
    assert set(keys) == {fact.partition("=")[0] for fact, _, _ in EFFECTS}


@pytest.mark.parametrize(
    "fact",
    ["size", "=3", "size=", "size=big", "size=0", "size=99999", "size=1.5", "channels=GRB", "mean=1,2", "mean=a,b,c",
     "std=1,2,3,4", "interpolation=nearest", "fit=stretch", "kind=scores", "background=-1"],
)  # fmt: skip
def test_a_malformed_fact_is_quoted(fact: str, own: Path) -> None:
    with pytest.raises(UsageError) as raised:
        find_model(str(own), ("labels=imagenet-1k", fact))
    assert repr(fact) in str(raised.value)


TOML = """
name = "from the file"
labels = "own.tsv"
[input]
size = 64
channels = "BGR"
mean = [1, 2, 3]
[output]
kind = "logits"
"""


def test_a_toml_beside_the_file_is_read_and_options_overrule_it(own: Path, tmp_path: Path) -> None:
    own.with_suffix(".toml").write_text(TOML)
    row, _ = find_model(str(own))
    assert (row.name, row.input.size, row.input.channels, row.input.mean) == ("from the file", 64, "BGR", (1, 2, 3))
    assert row.output.kind == "logits"
    assert row.labels == str(tmp_path / "own.tsv")
    over, _ = find_model(str(own), ("size=96", "kind=probabilities", "labels=imagenet-1k"))
    assert (over.input.size, over.input.channels, over.output.kind) == (96, "BGR", "probabilities")
    assert over.labels == "imagenet-1k"


def test_relative_labels(own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the file: from where it lies. In an option: from where the user is, else from where the model lies."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "own.tsv").write_text("")
    monkeypatch.chdir(here)
    own.with_suffix(".toml").write_text(TOML)
    assert find_model(str(own))[0].labels == str(tmp_path / "own.tsv")
    assert find_model(str(own), ("labels=own.tsv",))[0].labels == "own.tsv"
    assert find_model(str(own), ("labels=other.tsv",))[0].labels == str(tmp_path / "other.tsv")


@pytest.mark.parametrize(
    "text", ["labels = ", "labels = 3", "unknown = 1", "[input]\nsize = 'x'", "[input]\ncolour = 'BGR'", "[[models]]"]
)
def test_a_faulty_toml_is_named(text: str, own: Path) -> None:
    own.with_suffix(".toml").write_text(text)
    with pytest.raises(ModelError, match=r"own\.toml"):
        find_model(str(own))


def test_a_catalogue_of_another_version(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text("schema_version = 2\nmodels = []\n")
    with pytest.raises(ModelError, match=r"catalogue\.toml"):
        load_catalogue(path)
    with pytest.raises(ModelError, match="can't be read"):
        load_catalogue(tmp_path / "missing.toml")


def test_a_file_that_can_not_be_read_has_no_sum(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't be read"):
        file_sha256(tmp_path)
