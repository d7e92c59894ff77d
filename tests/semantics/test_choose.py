"""From a name and options to a generaliser."""

from __future__ import annotations

from pathlib import Path

import pytest
from babelnet_server import KEY, BabelNetServer, synset

from penchant.errors import UsageError
from penchant.semantics import make_generaliser
from penchant.semantics.choose import GENERALISERS, babelnet_of


@pytest.mark.parametrize("name", GENERALISERS)
def test_every_name_makes_a_generaliser_of_that_name(name: str, tmp_path: Path) -> None:
    options = {"babelnet_key": KEY, "babelnet_cache": tmp_path / "answers.sqlite"} if "babelnet" in name else {}
    if options:
        pytest.importorskip("httpx")
    with make_generaliser(name, **options) as generaliser:  # type: ignore[arg-type]
        assert generaliser.name == name
        assert generaliser.taxonomy.name == "babeldomains-34"
        assert (babelnet_of(generaliser) is not None) == ("babelnet" in name)


def test_a_taxonomy_goes_with_what_is_not_babelnet(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('schema_version = 1\nname = "mine"\n[domains.ALL]\nname = "All"\nanchors = ["entity.n.01"]\n')
    for name in ("ontology", "paper"):
        with make_generaliser(name, taxonomy=file) as generaliser:
            assert generaliser.word_domains("tabby") == (("ALL", 1.0),)
    with pytest.raises(UsageError, match="doesn't go with babelnet"), make_generaliser("babelnet", taxonomy=file):
        pass


@pytest.mark.parametrize(
    ("options", "said"),
    [({"babelnet_key": "x"}, "--babelnet-key"), ({"babelnet_cache": Path("x")}, "--babelnet-cache"),
     ({"max_requests": 0}, "--max-requests")],
)  # fmt: skip
def test_options_of_babelnet_go_with_nothing_else(options: dict[str, object], said: str) -> None:
    for name in ("ontology", "paper"):
        with pytest.raises(UsageError, match=said), make_generaliser(name, **options):  # type: ignore[arg-type]
            pass
    with (
        pytest.raises(UsageError, match="write ontology, paper, babelnet, paper:babelnet or calibrated:FILE"),
        make_generaliser("x"),
    ):
        pass


def test_what_the_crosswalk_left_open_is_told_at_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("httpx")
    said: list[str] = []
    with BabelNetServer({"bn:00000001n": synset({"BIOLOGY": 1.0}, ("tabby", None, False))}) as server:
        server.words = {"tabby": ["bn:00000001n"]}
        monkeypatch.setenv("PENCHANT_BABELNET_URL", server.url)
        monkeypatch.setenv("BABELNET_KEY", KEY)
        monkeypatch.setenv("no_proxy", "*")
        for name in ("babelnet", "paper:babelnet"):
            with make_generaliser(name, babelnet_cache=tmp_path / "answers.sqlite", warn=said.append) as generaliser:
                assert generaliser.word_domains("tabby") == (("ANIMALS", 0.5), ("BIOLOGY", 0.5))
                assert len(said) == (name != "babelnet")
    assert said == ["BabelNet's domains, by synsets: ambiguous and split: BIOLOGY (1)"] * 2
    assert len(server.log) == 2
