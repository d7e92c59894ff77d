"""Label sets: those that ship, a user's own, and faults that name their line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from penchant.errors import ModelError
from penchant.recognition import load_labels

if TYPE_CHECKING:
    from pathlib import Path


def test_imagenet() -> None:
    labels = load_labels("imagenet-1k")
    assert labels.name == "imagenet-1k"
    assert len(labels.classes) == 1000
    assert [label.index for label in labels.classes] == list(range(1000))
    tabby = labels.classes[281]
    assert (tabby.name, tabby.synset) == ("tabby", "n02123045")
    assert tabby.names[0] == "tabby"
    assert len({label.synset for label in labels.classes}) == 1000


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "zoo.tsv"
    path.write_text('\ufeffindex\tname\twnid\tnames\n0\tcat\tn02121620\tcat, true cat\n\n1\t"big" thing\t\t\n')
    labels = load_labels(str(path))
    assert labels.name == "zoo"
    assert [(c.index, c.name, c.synset, c.names) for c in labels.classes] == [
        (0, "cat", "n02121620", ("cat", "true cat")),
        (1, '"big" thing', None, ('"big" thing',)),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no labels"),
        ("index\tname\n", "no labels"),
        ("index\tname\n0\tcat\n2\tdog\n", "line 3: index '2' where 1 was expected"),
        ("index\tname\n\n\n0\tcat\n0\tdog\n", "line 5: index '0' where 1 was expected"),
        ("index\tname\none\tcat\n", "line 2: index 'one' where 0 was expected"),
        (f"index\tname\n{'9' * 5000}\tcat\n", "line 2: index '999"),
        ("index\tname\n0\n", "line 2: the columns `index` and `name` are needed"),
        ("index\tname\n0\t\n", "line 2: the columns `index` and `name` are needed"),
        ("number\tname\n0\tcat\n", "line 2: the columns `index` and `name` are needed"),
        ("index,name\n0,cat\n", "line 2: the columns `index` and `name` are needed"),
        ("index\tname\twnid\n0\tcat\tcat.n.01\n", "line 2: 'cat.n.01' is not a noun synset such as n02123045"),
        ("index\tname\n0\t" + "x" * 200_000 + "\n", "can't be read"),
    ],
)
def test_a_fault_names_its_line(text: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(text)
    with pytest.raises(ModelError) as raised:
        load_labels(str(path))
    assert fault in str(raised.value)
    assert "own.tsv" in str(raised.value)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_bytes(b"index\tname\n0\t\xff\xfe\n")
    with pytest.raises(ModelError, match="can't be read"):
        load_labels(str(path))


def test_names_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"no label set named 'imagenet' \(.*imagenet-1k.*\); a file of your own ends in"
    ):
        load_labels("imagenet")
    with pytest.raises(ModelError, match="can't be read"):
        load_labels(str(tmp_path / "missing.tsv"))
