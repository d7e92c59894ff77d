"""What `penchant domains --json` and `penchant tags --json` print, against the published schemas."""

from __future__ import annotations

import json
from typing import Any, Literal

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

from penchant.cli import domains, tags
from penchant.report.document import json_schema
from penchant.semantics.tags import Reason

app = typer.Typer()
app.command("domains")(domains.domains)
app.command("tags")(tags.tags)

TAGS = [
    "castle", "Paris", "goldengatebridge", "red wine", "macro flower", "drone", "canon", "awesome", "sonnenuntergang",
    "cathedrel", "qwrtzpl", "geo:lat=48.1", "2007", "", "http://example.org/a", "bass", "selfie", "\N{SNOWFLAKE}",
]  # fmt: skip


def documents(*arguments: str, stdin: str = "") -> list[dict[str, Any]]:
    outcome = CliRunner().invoke(app, arguments, input=stdin)
    return [json.loads(line) for line in outcome.stdout.splitlines()]


@pytest.mark.parametrize("name", ["domains", "tags"])
def test_the_schemas_are_schemas(name: Literal["domains", "tags"]) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(name))


@pytest.mark.parametrize(
    "arguments",
    [
        ("bass", "Paris", "selfie", "entity", "nosuchword"),
        ("--synset", "n02123045", "musical_instrument.n.01", "n99999999"),
        ("--taxonomy", "interests-tier1", "castle", "selfie"),
        ("--generaliser", "paper", "bass"),
    ],
)
def test_domains_obey_their_schema(arguments: tuple[str, ...]) -> None:
    found = documents("domains", "--json", *arguments)
    assert found
    for document in found:
        jsonschema.validate(document, json_schema("domains"))


def test_domains_has_the_keys_of_the_contract() -> None:
    (found,) = documents("domains", "--json", "castle")
    assert {"query", "synset", "senses", "domains"} <= set(found)
    assert set(found["senses"][0]) == {"synset", "lemma", "share", "key", "domains", "path"}
    assert set(found["domains"][0]) == {"code", "weight"}


def test_tags_obey_their_schema_alone_and_together() -> None:
    alone = documents("tags", "--json", "--alone", "-", stdin="\n".join(TAGS))
    together = documents("tags", "--json", "-", stdin=";".join(TAGS))
    assert len(alone) >= len(together) >= len(TAGS) - 1
    for document in alone + together:
        jsonschema.validate(document, json_schema("tags"))


def test_the_schema_has_every_reason() -> None:
    assert set(json_schema("tags")["$defs"]["reason"]["enum"]) == {reason.value for reason in Reason}
