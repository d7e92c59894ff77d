"""Profiles and predictions as JSON documents: the public contract, versioned by `SCHEMA_VERSION`.

The JSON Schemas of both are package data (`data/schemas`). Readers should ignore keys that they don't know: within
a version keys may be added, but never renamed, removed or given another meaning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from penchant.text import valid_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penchant.types import Evidence, Interest, LabelSet, Predictions, Profile, TagProfile

SCHEMA_VERSION = 1


def profile_document(profile: Profile) -> dict[str, Any]:
    """A profile as plain values for `json.dumps`, in a stable order of keys.

    Numbers are rounded to six significant digits. Names are valid Unicode: bytes that are not UTF-8 become
    backslash escapes.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "user_id": _text_or_none(profile.user_id),
        "photos": {
            "total": profile.photos.total,
            "used": profile.photos.used,
            "failed": profile.photos.failed,
            "duplicates": profile.photos.duplicates,
        },
        "sufficient": profile.sufficient,
        "minimum_photos": profile.minimum_photos,
        "model": {
            "name": valid_text(profile.model.name),
            "sha256": profile.model.sha256,
            "label_set": valid_text(profile.model.label_set),
        },
        "generaliser": valid_text(profile.generaliser),
        "taxonomy": valid_text(profile.taxonomy),
        "aggregation": profile.aggregation.value,
        "unassigned": _rounded(profile.unassigned),
        "domains": [_domain(interest) for interest in profile.domains],
        "failures": [
            {"photo_id": valid_text(failure.photo_id), "error": valid_text(failure.error)}
            for failure in profile.failures
        ],
        "duplicates": [
            {"photo_id": valid_text(pair.photo_id), "same_as": valid_text(pair.same_as)} for pair in profile.duplicates
        ],
        "skipped": [{"suffix": valid_text(suffix), "files": files} for suffix, files in profile.skipped],
        "provenance": {valid_text(key): valid_text(value) for key, value in sorted(profile.provenance.items())},
        "words": None if profile.words is None else _words(profile.words),
    }


def prediction_documents(predictions: Predictions, label_set: LabelSet) -> Iterator[dict[str, Any]]:
    """One document a photo, in the order of the predictions: the lines of `penchant classify --json`."""
    classes = label_set.classes
    for row, photo_id in enumerate(predictions.photo_id):
        user_id, error = predictions.user_id[row], predictions.error[row]
        pairs = zip(predictions.label[row].tolist(), predictions.confidence[row].tolist(), strict=True)
        yield {
            "schema_version": SCHEMA_VERSION,
            "user_id": _text_or_none(user_id),
            "photo_id": valid_text(photo_id),
            "path": valid_text(predictions.path[row]),
            "status": "ok" if error is None else "failed",
            "error": _text_or_none(error),
            "labels": [
                {
                    "index": index,
                    "name": valid_text(classes[index].name),
                    "synset": classes[index].synset,
                    "confidence": _rounded(confidence),
                }
                for index, confidence in pairs
                if index >= 0
            ],
        }


def json_schema(name: Literal["profile", "classify", "domains", "tags", "metrics"]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a profile, an experiment's metrics, or a line of `classify|domains|tags --json`."""
    import json
    from importlib.resources import files

    text = files("penchant").joinpath("data", "schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _domain(interest: Interest) -> dict[str, Any]:
    return {
        "rank": interest.rank,
        "code": valid_text(interest.code),
        "name": valid_text(interest.name),
        "share": _rounded(interest.share),
        "share_low": _rounded(interest.share_low),
        "share_high": _rounded(interest.share_high),
        "lift": None if interest.lift is None else _rounded(interest.lift),
        "sensitive": interest.sensitive,
        "photos": interest.photos,
        "labels": [
            {"label": valid_text(label), "share_of_domain": _rounded(share)} for label, share in interest.labels
        ],
        "evidence": [_evidence(item) for item in interest.evidence],
    }


def _words(words: TagProfile) -> dict[str, Any]:
    found = words.agreement
    return {
        "photos": {"tagged": words.photos, "used": words.photos_used},
        "tags": {"typed": words.tags, "kept": words.kept, "meaning": words.meaning},
        "dropped": [{"reason": reason, "tags": tags} for reason, tags in words.dropped],
        "sufficient": words.sufficient,
        "agreement": None
        if found is None
        else {
            "k": found.k,
            "shared": [valid_text(code) for code in found.shared],
            "f1_at_k": _rounded(found.f1_at_k),
            "rank_biased_overlap": _rounded(found.rank_biased_overlap),
            "typical_f1_at_k": None if found.typical_f1_at_k is None else _rounded(found.typical_f1_at_k),
        },
        "domains": [
            {
                "rank": domain.rank or None,
                "code": valid_text(domain.code),
                "name": valid_text(domain.name),
                "share": _rounded(domain.share),
                "share_low": _rounded(domain.share_low),
                "share_high": _rounded(domain.share_high),
                "picture_share": _rounded(domain.picture_share),
                "differs": domain.differs,
                "sensitive": domain.sensitive,
                "photos": domain.photos,
                "tags": [{"tag": valid_text(tag), "share_of_domain": _rounded(part)} for tag, part in domain.tags],
            }
            for domain in words.domains
        ],
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    return {
        "photo_id": valid_text(item.photo_id),
        "path": valid_text(item.path),
        "label": valid_text(item.label),
        "synset": item.synset,
        "confidence": _rounded(item.confidence),
        "share": _rounded(item.share),
    }


def _text_or_none(text: str | None) -> str | None:
    return None if text is None else valid_text(text)


def _rounded(value: float) -> float:
    """Six significant digits: what a share is known to, and less than float32 rounding could disturb."""
    return float(f"{value:.6g}")
