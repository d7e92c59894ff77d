"""Pages for people. Everything works without scripts; changes are forms that lead back to a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from penchant.report import wording
from penchant.web import views
from penchant.web.explain import seen_labels
from penchant.web.rendering import render
from penchant.web.routes.parts import App, Parts  # noqa: TC001 - FastAPI reads the annotations
from penchant.web.security import CSRF_FIELD
from penchant.web.words import shown_words

if TYPE_CHECKING:
    from penchant.web.jobs import Job

router = APIRouter(include_in_schema=False)

_REFRESH_SECONDS = 3
_PICTURES_A_PAGE = 60

Token = Annotated[str, Form(alias=CSRF_FIELD)]
Sensitive = Annotated[bool, Query()]
Text = Annotated[str, Form(max_length=20_000)]


@router.get("/")
def start(request: Request, app: App) -> Response:
    """The page on which pictures are dropped."""
    settings = app.engine.settings
    return render(
        request,
        "index.html",
        {
            "choices": app.engine.models.choices,
            "limits": settings.limits,
            "keep": views.duration(settings.keep_seconds),
            "allow_url": settings.allow_url,
            "samples": len(settings.samples),
            "samples_hint": settings.samples_hint,
        },
    )


@router.post("/jobs")
async def send(request: Request, app: App) -> Response:
    """Takes the form's pictures."""

    def check(fields: dict[str, str]) -> None:
        app.security.check_token(request, fields.get(CSRF_FIELD, ""))

    job = await app.intake.take(request, app.security.visitor(request), check=check)
    return _to(request, f"/jobs/{job.id}")


@router.get("/jobs/{job_id}")
def show(request: Request, app: App, job_id: str, sensitive: Sensitive = False) -> Response:
    """How far a job is, or its profile."""
    job = app.job(job_id)
    if not job.state.finished:
        context = {"job": job, "said": views.progress_said(job), "refresh": _REFRESH_SECONDS}
        return render(request, "progress.html", context)
    app.finished(job_id)
    return render(request, "profile.html", _profile(app, job, sensitive=sensitive))


@router.get("/jobs/{job_id}/pictures")
def pictures(
    request: Request,
    app: App,
    job_id: str,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
    sensitive: Sensitive = False,
) -> Response:
    """All pictures of a job, some at a time."""
    job = app.finished(job_id)
    photos = app.engine.store.photos(job_id)
    classes = app.engine.models.labels(job.model)[0].classes
    pages = max(1, -(-len(photos) // _PICTURES_A_PAGE))
    shown = photos[(page - 1) * _PICTURES_A_PAGE : page * _PICTURES_A_PAGE]
    tiles = [
        {
            "number": photo.number,
            "name": wording.visible(photo.name),
            "error": wording.visible(photo.error) if photo.error else None,
            "label": wording.visible(classes[photo.labels[0][0]].name) if photo.labels else None,
            "confidence": photo.labels[0][1] if photo.labels else None,
            "removed": photo.number in job.removed_photos,
        }
        for photo in shown
    ]
    context = {"job": job, "tiles": tiles, "page": page, "pages": pages, "sensitive": sensitive}
    return render(request, "pictures.html", context)


@router.get("/jobs/{job_id}/pictures/{number}")
def picture(request: Request, app: App, job_id: str, number: int, sensitive: Sensitive = False) -> Response:
    """One picture: its labels, their synsets, and the ways to the domains."""
    job = app.finished(job_id)
    photo = app.photo(job, number)
    context = {
        "job": job,
        "photo": photo,
        "name": wording.visible(photo.name),
        "error": wording.visible(photo.error) if photo.error else None,
        "keywords": [wording.visible(word) for word in photo.keywords],
        "labels": seen_labels(app.engine.models, job, photo, sensitive=sensitive),
        "removed": number in job.removed_photos,
        "sensitive": sensitive,
    }
    return render(request, "picture.html", context)


@router.get("/jobs/{job_id}/seen/{number}.jpg")
def seen(app: App, job_id: str, number: int) -> Response:
    """The small picture, as the network saw it, without metadata."""
    job = app.job(job_id)
    photo = app.photo(job, number)
    return Response(app.small(job, photo), media_type="image/jpeg")


@router.post("/jobs/{job_id}/not-me")
def not_me(
    request: Request,
    app: App,
    job_id: str,
    csrf: Token,
    domain: Annotated[str, Form(max_length=200)] = "",
    picture: Annotated[int, Form()] = 0,
    undo: Annotated[bool, Form()] = False,
    sensitive: Annotated[bool, Form()] = False,
    back: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Takes an interest or a picture out of the profile, or puts it back."""
    app.security.check_token(request, csrf)
    job = app.finished(job_id)
    domains, photos = list(job.removed_domains), list(job.removed_photos)
    for given, removed in ((domain, domains), (picture, photos)):
        if given:
            some: list[Any] = removed
            if undo and given in some:
                some.remove(given)
            elif not undo:
                some.append(given)
    app.not_me(job, domains=tuple(domains), photos=tuple(photos))
    if back == "picture" and picture:
        return _to(request, f"/jobs/{job_id}/pictures/{picture}", sensitive=sensitive)
    return _to(request, f"/jobs/{job_id}", sensitive=sensitive, anchor="not-me" if not undo else "")


@router.post("/jobs/{job_id}/view")
def view(
    request: Request,
    app: App,
    job_id: str,
    csrf: Token,
    generaliser: Annotated[str, Form(max_length=200)] = "",
    taxonomy: Annotated[str, Form(max_length=200)] = "",
    sensitive: Annotated[bool, Form()] = False,
) -> Response:
    """Reads the same labels by another generaliser, or into another taxonomy."""
    app.security.check_token(request, csrf)
    app.view(app.finished(job_id), generaliser=generaliser, taxonomy=taxonomy)
    return _to(request, f"/jobs/{job_id}", sensitive=sensitive)


@router.post("/jobs/{job_id}/tags")
def tags(
    request: Request, app: App, job_id: str, csrf: Token, tags: Text = "", sensitive: Annotated[bool, Form()] = False
) -> Response:
    """Sets the visitor's own tags beside the profile."""
    app.security.check_token(request, csrf)
    job = app.finished(job_id)
    app.engine.store.revise(job.id, tags=tags.strip())
    return _to(request, f"/jobs/{job_id}", sensitive=sensitive, anchor="tags")


@router.post("/jobs/{job_id}/delete")
def delete(request: Request, app: App, job_id: str, csrf: Token) -> Response:
    """Deletes everything of a job."""
    app.security.check_token(request, csrf)
    app.delete(app.job(job_id).id)
    return _to(request, "/deleted")


@router.get("/deleted")
def deleted(request: Request) -> Response:
    """Says that it is gone."""
    return render(request, "deleted.html", {})


def _profile(app: Parts, job: Job, *, sensitive: bool) -> dict[str, Any]:
    whole, profile = app.analyst.whole(job), app.analyst.profile(job, sensitive=sensitive)
    photos = app.engine.store.photos(job.id)
    sections = views.sections(profile, photos)
    by_code = {domain.code: domain for domain in app.analyst.meaning(job).domains}
    removed = [by_code[code] for code in job.removed_domains if code in by_code]
    names = {photo.number: wording.visible(photo.name) for photo in photos}
    return {
        "job": job,
        "profile": profile,
        "leaders": views.leaders(profile),
        "usual": wording.usual(profile),
        "sections": sections,
        "charted": sections[: views.CHARTED],
        "sensitive": sensitive,
        "hidden": len(whole.domains) - len(profile.domains),
        "has_sensitive": any(domain.sensitive for domain in whole.domains),
        "removed_domains": [d for d in removed if sensitive or not d.sensitive],
        "removed_hidden": 0 if sensitive else sum(d.sensitive for d in removed),
        "removed_photos": [(number, names.get(number, "")) for number in job.removed_photos],
        "failures": views.failures(profile),
        "kinds": wording.tally(wording.kinds_of_failure(profile.failures)),
        "duplicates": [(wording.visible(d.photo_id), wording.visible(d.same_as)) for d in profile.duplicates],
        "skipped": wording.suffixes(profile.skipped),
        "words": shown_words(job, profile),
        "choices": app.engine.models.choices,
        "minutes_left": views.minutes_left(job),
    }


def _to(request: Request, path: str, *, sensitive: bool = False, anchor: str = "") -> RedirectResponse:
    base = request.scope.get("root_path", "")
    query = "?sensitive=1" if sensitive else ""
    return RedirectResponse(f"{base}{path}{query}{'#' if anchor else ''}{anchor}", status_code=303)
