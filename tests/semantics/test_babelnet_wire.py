"""The parsers, on answers made by hand."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from babelnet_server import REFUSAL, SYNSETS
from hypothesis import given
from hypothesis import strategies as st

from penchant.semantics.babelnet.wire import (
    BabelSense,
    Problem,
    WireError,
    is_json,
    parse_problem,
    parse_synset,
    parse_synset_ids,
    parse_version,
)


def test_a_synset_keeps_what_generalising_needs() -> None:
    raw = json.dumps(SYNSETS["bn:00000002n"]).encode()
    synset = parse_synset(raw, synset_id="bn:00000002n")
    assert synset.id == "bn:00000002n"
    assert synset.domains == (("MUSIC", 0.75),)
    assert synset.key
    assert synset.wordnet == ("n04986796",), "only WordNet 3.0's: others number their synsets otherwise"
    assert synset.senses == (BabelSense("bass", 1, False),), "only English ones"


def test_a_synset_of_few_fields() -> None:
    synset = parse_synset(b'{"domains": {}}', synset_id="bn:1")
    assert (synset.domains, synset.key, synset.wordnet, synset.senses) == ((), False, (), ())
    verb = b'{"senses": [{}], "wnOffsets": [{"id": "wn:00010435v"}, {"id": "wn:02123045n"}, {}]}'
    assert parse_synset(verb, synset_id="bn:1").wordnet == ("n02123045",)


def test_lists_of_names_and_the_version() -> None:
    raw = b'[{"id": "bn:2n", "pos": "NOUN", "source": "BABELNET"}, {"id": "bn:1n"}, {"id": "bn:2n"}]'
    assert parse_synset_ids(raw) == ("bn:2n", "bn:1n")
    assert parse_synset_ids(b"[]") == ()
    assert parse_version(b'{"version": "V5_3"}') == "V5_3"


NO_SYNSETS = [b"", b"[]", b"{}", b'{"domains": {"MUSIC": "much"}}', b"<html>", b'{"domains"', b"\xff"]


@pytest.mark.parametrize("raw", NO_SYNSETS)
def test_what_is_no_synset_is_refused(raw: bytes) -> None:
    with pytest.raises(WireError):
        parse_synset(raw, synset_id="bn:1")


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (REFUSAL, Problem.KEY_OR_QUOTA),
        ("BabelSynset not found.", Problem.NOT_FOUND),
        ("Wrong parameters.", Problem.PARAMETERS),
        ("Out of cheese.", Problem.OTHER),
    ],
)
def test_messages(message: str, problem: Problem) -> None:
    assert parse_problem(json.dumps({"message": message}).encode()) == (problem, message)


def test_answers_are_no_messages() -> None:
    for raw in (b"[]", b"{}", json.dumps(SYNSETS["bn:00000001n"]).encode(), b"", b"\xff", b'{"message": 1}'):
        assert parse_problem(raw) is None


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    is_json(raw)
    parse_problem(raw)
    for parse in (parse_version, parse_synset_ids, lambda raw: parse_synset(raw, synset_id="bn:1")):
        with suppress(WireError):
            parse(raw)
