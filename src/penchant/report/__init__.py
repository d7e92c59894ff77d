"""The last stage: profiles and predictions as JSON documents, as text on a terminal, and as one HTML page."""

from __future__ import annotations

from penchant.report.document import SCHEMA_VERSION, json_schema, prediction_documents, profile_document
from penchant.report.html import render_profile
from penchant.report.terminal import print_failures, print_notes, print_profile
from penchant.report.wording import summary_of_notes

__all__ = [
    "SCHEMA_VERSION",
    "json_schema",
    "prediction_documents",
    "print_failures",
    "print_notes",
    "print_profile",
    "profile_document",
    "render_profile",
    "summary_of_notes",
]
