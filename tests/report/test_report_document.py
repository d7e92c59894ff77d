"""The JSON documents against their published schemas, and against the contract key by key."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from report_samples import both, hint, interest, many, profile, speechless, usual

from penchant.report import json_schema, prediction_documents, profile_document
from penchant.types import Evidence, Failure, LabelClass, LabelSet, Predictions, Profile


def keys_of(value: object, path: str = "") -> set[str]:
    """Every key in a document, as a path."""
    if isinstance(value, dict):
        return {f"{path}.{key}" for key in value} | {
            found for key, inner in value.items() for found in keys_of(inner, f"{path}.{key}")
        }
    if isinstance(value, list):
        return {found for inner in value for found in keys_of(inner, f"{path}[]")}
    return set()


def keys_in_schema(schema: dict[str, Any], path: str = "") -> set[str]:
    found: set[str] = set()
    for key, inner in schema.get("properties", {}).items():
        found |= {f"{path}.{key}"} | keys_in_schema(inner, f"{path}.{key}")
    if "items" in schema:
        found |= keys_in_schema(schema["items"], f"{path}[]")
    return found


def predictions() -> Predictions:
    return Predictions(
        photo_id=("cat.jpg", "bad\udcff.jpg"),
        user_id=(None, "anna"),
        path=("/p/cat.jpg", "/p/bad\udcff.jpg"),
        size=np.array([10, 0], dtype=np.int64),
        stamp=np.array([1, 2], dtype=np.int64),
        digest=(b"x" * 32, b""),
        error=(None, "empty file"),
        label=np.array([[1, 0, -1], [-1, -1, -1]], dtype=np.int32),
        confidence=np.array([[0.87, 1 / 3, 0], [0, 0, 0]], dtype=np.float32),
    )


LABELS = LabelSet(
    "two",
    (
        LabelClass(0, "thing", None, ("thing",)),
        LabelClass(1, "tabby", "n02123045", ("tabby", "tabby cat")),
    ),
)


@pytest.mark.parametrize(
    "made", [usual(), many(), profile(), profile(used=0, sufficient=False), both(), hint(), speechless()]
)
def test_a_profile_obeys_its_schema(made: Profile) -> None:
    jsonschema.validate(profile_document(made), json_schema("profile"))


def test_predictions_obey_their_schema() -> None:
    for document in prediction_documents(predictions(), LABELS):
        jsonschema.validate(document, json_schema("classify"))


@pytest.mark.parametrize("name", ["profile", "classify"])
def test_the_schemas_are_schemas(name: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(name))


def test_schema_and_profile_have_the_same_keys() -> None:
    found = {key for key in keys_of(profile_document(both())) if not key.startswith(".provenance.")}
    assert found == keys_in_schema(json_schema("profile"))


def test_schema_and_prediction_have_the_same_keys() -> None:
    found = keys_of(list(prediction_documents(predictions(), LABELS)), "")
    assert {key.removeprefix("[]") for key in found} == keys_in_schema(json_schema("classify"))


def test_the_contract() -> None:
    document = profile_document(usual())
    assert list(document) == [
        "schema_version",
        "user_id",
        "photos",
        "sufficient",
        "minimum_photos",
        "model",
        "generaliser",
        "taxonomy",
        "aggregation",
        "unassigned",
        "domains",
        "failures",
        "duplicates",
        "skipped",
        "provenance",
        "words",
    ]
    assert document["words"] is None
    assert document["schema_version"] == 1
    assert document["photos"] == {"total": 213, "used": 209, "failed": 3, "duplicates": 1}
    first = document["domains"][0]
    assert (first["rank"], first["code"], first["name"]) == (1, "ANIMALS", "Animals")
    assert (first["share"], first["share_low"], first["share_high"]) == (0.31, 0.248, 0.372)
    assert (first["lift"], first["sensitive"], first["photos"]) == (2.4, False, 40)
    assert first["labels"][0] == {"label": "tabby", "share_of_domain": 0.5}
    assert first["evidence"][0] == {
        "photo_id": "1/picture-0.jpg",
        "path": "/home/anna/Pictures/1/picture-0.jpg",
        "label": "tabby",
        "synset": "n02123045",
        "confidence": 0.9,
        "share": 0.00775,
    }
    assert document["domains"][2]["lift"] is None
    assert document["failures"][2] == {"photo_id": "/home/anna/Pictures/9/c.jpg", "error": "empty file"}
    assert document["skipped"] == [{"suffix": ".mp4", "files": 7}, {"suffix": "", "files": 1}]
    assert list(document["provenance"]) == ["lexicon", "penchant"]


def test_the_contract_of_the_words() -> None:
    words = profile_document(both())["words"]
    assert words["photos"] == {"tagged": 198, "used": 180}
    assert words["tags"] == {"typed": 812, "kept": 500, "meaning": 420}
    assert words["dropped"] == [{"reason": "camera", "tags": 200}, {"reason": "number", "tags": 112}]
    assert words["sufficient"] is True
    assert words["agreement"] == {
        "k": 5, "shared": ["FOOD_AND_DRINK", "ANIMALS"], "f1_at_k": 0.571429, "rank_biased_overlap": 0.48,
        "typical_f1_at_k": 0.4,
    }  # fmt: skip
    assert words["domains"][0] == {
        "rank": 1, "code": "FOOD_AND_DRINK", "name": "Food and drink", "share": 0.4, "share_low": 0.32,
        "share_high": 0.48, "picture_share": 0.12, "differs": True, "sensitive": False, "photos": 40,
        "tags": [
            {"tag": "sushi", "share_of_domain": 0.5},
            {"tag": "ramen", "share_of_domain": 0.25},
            {"tag": "bakery", "share_of_domain": 0.125},
        ],
    }  # fmt: skip
    silent = profile_document(speechless())["words"]
    assert (silent["agreement"], silent["domains"][0]["rank"]) == (None, None)


def test_a_line_of_classify() -> None:
    first, second = prediction_documents(predictions(), LABELS)
    assert first == {
        "schema_version": 1,
        "user_id": None,
        "photo_id": "cat.jpg",
        "path": "/p/cat.jpg",
        "status": "ok",
        "error": None,
        "labels": [
            {"index": 1, "name": "tabby", "synset": "n02123045", "confidence": 0.87},
            {"index": 0, "name": "thing", "synset": None, "confidence": 0.333333},
        ],
    }
    assert (second["status"], second["error"], second["labels"]) == ("failed", "empty file", [])
    assert second["user_id"] == "anna"


def test_numbers_have_six_significant_digits() -> None:
    document = profile_document(profile(replace(interest(1, 0.1), share=1 / 3, share_low=2e-7 / 3, lift=200 / 3)))
    domain = document["domains"][0]
    assert (domain["share"], domain["share_low"], domain["lift"]) == (0.333333, 6.66667e-8, 66.6667)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain.jpg", "plain.jpg"),
        ("é\udcff.jpg", "é\\xff.jpg"),
        ("\ud800.jpg", "\\ud800.jpg"),
        ("new\nline\u202e.jpg", "new\nline\u202e.jpg"),
    ],
)
def test_odd_names_are_valid_utf8(name: str, shown: str) -> None:
    domain = replace(interest(1, 0.5), evidence=(Evidence(name, name, None, 0.5, 0.1, name),))
    made = replace(profile(domain, failures=(Failure(name, name),), user_id=name), provenance={name: name})
    text = json.dumps(profile_document(made), ensure_ascii=False)
    document = json.loads(text.encode("utf-8"))
    assert document["domains"][0]["evidence"][0]["photo_id"] == shown
    assert document["failures"] == [{"photo_id": shown, "error": shown}]
    assert document["provenance"] == {shown: shown}
