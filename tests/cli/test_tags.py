"""`penchant tags`, called as a command of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from penchant.cli import tags as command

app = typer.Typer()
app.command("tags")(command.tags)


def lines(*arguments: str, stdin: str | bytes = "") -> list[dict[str, Any]]:
    outcome = CliRunner().invoke(app, arguments, input=stdin)
    assert outcome.exit_code == 0, outcome.output
    return [json.loads(line) for line in outcome.output.splitlines()]


def test_one_object_a_tag_in_the_order_given() -> None:
    found = lines("--json", "castle", "Nikon", "goldengatebridge")
    assert [one["tag"] for one in found] == ["castle", "Nikon", "goldengatebridge"]
    assert [one["kept"] for one in found] == [True, False, True]
    assert found[1] == {
        "schema_version": 1,
        "tag": "Nikon", "clean": "", "kept": False, "reason": "camera", "step": "listed", "hint": None, "parts": [],
        "senses": [], "domains": [],
    }  # fmt: skip
    weights = [domain["weight"] for domain in found[0]["domains"]]
    assert weights == sorted(weights, reverse=True)
    assert {"synset", "lemma", "weight", "domains"} == set(found[0]["senses"][0])


def test_tags_given_together_explain_one_another_unless_alone() -> None:
    together = lines("--json", "bass", "guitar", "stage")[0]
    fish = lines("--json", "bass", "river", "rod")[0]
    assert (together["domains"][0]["code"], fish["domains"][0]["code"]) == ("MUSIC", "ANIMALS")
    alone = {json.dumps(lines("--json", "--alone", "bass", other)[0]) for other in ("guitar", "river")}
    assert len(alone) == 1


def test_each_line_of_stdin_is_a_bag_of_its_own() -> None:
    found = lines("--json", "-", stdin="bass; guitar; stage\nbass\n\nbass;river;rod\n")
    assert [one["tag"] for one in found] == ["bass", "guitar", "stage", "bass", "bass", "river", "rod"]
    firsts = [one["domains"][0]["code"] for one in found if one["tag"] == "bass"]
    assert firsts[0] == "MUSIC"
    assert firsts[2] == "ANIMALS"
    assert len({json.dumps(one) for one in lines("--json", "--alone", "-", stdin="bass;guitar\nbass;river")[::2]}) == 1


def test_bytes_that_are_no_text_are_shown() -> None:
    assert lines("--json", "-", stdin=b"caf\xff\n")[0]["reason"] in {"unknown", "misspelt", "foreign"}


def test_a_language_given() -> None:
    assert lines("--json", "pane")[0]["kept"]
    assert lines("--json", "--language", "it", "pane")[0]["reason"] == "foreign"


def test_what_people_read() -> None:
    outcome = CliRunner().invoke(app, ["beautiful macro flower", "D700", "restaurent"], env={"COLUMNS": "80"})
    assert "beautiful macro flower → flower  Biology" in outcome.output
    assert "without beautiful (praise), macro (technique)" in outcome.output
    assert "D700  dropped: camera" in outcome.output
    assert "dropped: misspelt (restaurant)" in outcome.output
    assert max(map(len, outcome.output.splitlines())) <= 80


@pytest.mark.parametrize("stdin", ["", "\n\n"])
def test_no_tag_is_wrong_usage(stdin: str) -> None:
    from penchant.errors import UsageError

    outcome = CliRunner().invoke(app, ["--json", "-"], input=stdin)
    assert isinstance(outcome.exception, UsageError)
