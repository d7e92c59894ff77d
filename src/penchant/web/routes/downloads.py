"""The profile to take along: JSON, CSV, and one self-contained page."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from penchant.report import profile_document, render_profile
from penchant.text import valid_text
from penchant.web.routes.parts import App  # noqa: TC001 - FastAPI reads the annotations

if TYPE_CHECKING:
    from penchant.types import Profile

router = APIRouter(prefix="/jobs/{job_id}/download", include_in_schema=False)

Sensitive = Annotated[bool, Query()]

_COLUMNS = ("rank", "code", "name", "share", "share_low", "share_high", "lift", "sensitive", "photos", "labels")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@router.get("/profile.json")
def as_json(app: App, job_id: str, sensitive: Sensitive = False) -> Response:
    """As `penchant profile --json` writes it."""
    document = profile_document(app.analyst.profile(app.finished(job_id), sensitive=sensitive))
    return _file(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n", "application/json", "json")


@router.get("/profile.csv")
def as_csv(app: App, job_id: str, sensitive: Sensitive = False) -> Response:
    """One row a domain."""
    profile = app.analyst.profile(app.finished(job_id), sensitive=sensitive)
    return _file(_table(profile).encode("utf-8-sig"), "text/csv; charset=utf-8", "csv")


@router.get("/profile.html")
def as_page(app: App, job_id: str, sensitive: Sensitive = False) -> Response:
    """The page of `penchant profile --html`, its thumbnails inside."""
    job = app.finished(job_id)
    profile = app.analyst.profile(job, sensitive=sensitive)
    wanted = {item.photo_id for domain in profile.domains for item in domain.evidence}
    thumbnails = {}
    for photo in app.engine.store.photos(job_id):
        small = app.engine.files.read_seen(job_id, photo.seen) if photo.seen and photo.name in wanted else None
        if small is not None:
            thumbnails[photo.name] = small
    return _file(render_profile(profile, thumbnails=thumbnails).encode(), "text/html; charset=utf-8", "html")


def _file(content: bytes, kind: str, suffix: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="penchant-profile.{suffix}"'}
    return Response(content, media_type=kind, headers=headers)


def _table(profile: Profile) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for domain in profile.domains:
        labels = "; ".join(f"{label} {share:.0%}" for label, share in domain.labels)
        lift = "" if domain.lift is None else f"{domain.lift:.6g}"
        shares = (f"{value:.6g}" for value in (domain.share, domain.share_low, domain.share_high))
        row = (domain.rank, domain.code, _cell(domain.name), *shares, lift, domain.sensitive, domain.photos)
        writer.writerow((*row, _cell(labels)))
    return out.getvalue()


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    whole = valid_text(text)
    return f"'{whole}" if whole.startswith(_FORMULA) else whole
