"""The web app: a page on which a person drops pictures and sees what they say, and an HTTP API for programs.

    request ──> routes ──> uploads ──> jobs (SQLite, files) ──> engine (threads, one model) ──> views ──> pages, JSON

`create_app(settings)` makes the application, `serve(settings)` runs it. Everything a visitor sends stays in one folder
of its job, under names of our own, and goes with it.
"""

from __future__ import annotations

from penchant.web.settings import Limits, Settings

__all__ = ["Limits", "Settings"]
