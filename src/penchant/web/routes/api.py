"""The HTTP API: the same jobs and profiles, for programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from penchant.report import prediction_documents, profile_document
from penchant.web import views
from penchant.web.routes.parts import App  # noqa: TC001 - FastAPI reads the annotations

router = APIRouter(prefix="/api", tags=["jobs"])

Sensitive = Annotated[bool, Query(description="Show sensitive domains (health, religion, politics …), too.")]

_PROBLEM = {"description": "A problem, as RFC 9457 has it", "content": {"application/problem+json": {}}}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "pictures": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Pictures and zip archives of pictures. A part's file name is only shown.",
                        },
                        "model": {"type": "string", "description": "One that GET /api/options lists."},
                        "generaliser": {"type": "string", "description": "One that GET /api/options lists."},
                        "taxonomy": {"type": "string", "description": "One that GET /api/options lists."},
                        "tags": {"type": "string", "description": "Tags of the person's own, apart by commas."},
                        "keywords": {"type": "boolean", "description": "Read the keywords inside the pictures (true)."},
                        "url": {"type": "string", "description": "One picture by address, where that is allowed."},
                        "samples": {"type": "boolean", "description": "Sample pictures instead of one's own."},
                    },
                }
            }
        },
    }
}


class NotMe(BaseModel):
    """What is not the person's; each list takes the place of the one before."""

    model_config = ConfigDict(extra="forbid")
    domains: list[Annotated[str, Field(max_length=200)]] | None = Field(None, max_length=1000)
    pictures: list[int] | None = Field(None, max_length=100_000, description="Numbers of pictures")


class Change(BaseModel):
    """What may be changed of a finished job; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    not_me: NotMe | None = Field(None, description="What doesn't count: codes of domains, numbers of pictures.")
    generaliser: str | None = Field(None, max_length=200, description="One that GET /api/options lists.")
    taxonomy: str | None = Field(None, max_length=200, description="One that GET /api/options lists.")
    tags: str | None = Field(None, max_length=20_000, description="Tags of the person's own, apart by commas.")


@router.get("/options", summary="What can be chosen, and how much is too much")
def options(app: App) -> dict[str, Any]:
    """Models, generalisers and taxonomies that are installed, and the limits of an upload."""
    settings = app.engine.settings
    limits = settings.limits
    return views.options_document(
        app.engine.models.choices,
        {"upload_bytes": limits.upload_bytes, "file_bytes": limits.file_bytes, "files": limits.files},
        allow_url=settings.allow_url,
        samples=bool(settings.samples),
    )


@router.post(
    "/jobs",
    status_code=202,
    summary="Send pictures",
    openapi_extra=_UPLOAD,
    responses=dict.fromkeys((403, 408, 413, 415, 422, 429, 503, 507), _PROBLEM),
)
async def create(request: Request, app: App) -> JSONResponse:
    """Takes pictures and zip archives as multipart/form-data; `Location` is where the job is told of.

    503 and 429 say when to come again, in `Retry-After`.
    """
    job = await app.intake.take(request, app.security.visitor(request))
    document = views.job_document(job, request.scope.get("root_path", ""))
    return JSONResponse(document, 202, headers={"Location": document["links"]["self"]})


@router.get("/jobs/{job_id}", summary="How far a job is", responses={404: _PROBLEM})
async def read(request: Request, app: App, job_id: str) -> dict[str, Any]:
    """The state of a job: receiving, queued, running, done, or failed."""
    # in the event loop: looking a row up takes less than handing it to a thread
    return views.job_document(app.job(job_id), request.scope.get("root_path", ""))


@router.patch("/jobs/{job_id}", summary="“Not me”, and other ways to read it", responses={404: _PROBLEM, 409: _PROBLEM})
def change(request: Request, app: App, job_id: str, wanted: Change) -> dict[str, Any]:
    """Removes interests or pictures (or puts them back), or reads the labels another way; no picture is looked at."""
    job = app.finished(job_id)
    if wanted.generaliser is not None or wanted.taxonomy is not None:
        app.view(job, generaliser=wanted.generaliser or "", taxonomy=wanted.taxonomy or "")
        job = app.finished(job_id)
    if wanted.not_me is not None:
        domains, pictures = wanted.not_me.domains, wanted.not_me.pictures
        app.not_me(
            job,
            domains=job.removed_domains if domains is None else tuple(domains),
            photos=job.removed_photos if pictures is None else tuple(pictures),
        )
    if wanted.tags is not None:
        app.engine.store.revise(job_id, tags=wanted.tags.strip())
    return views.job_document(app.job(job_id), request.scope.get("root_path", ""))


@router.delete("/jobs/{job_id}", status_code=204, summary="Delete everything of a job", responses={404: _PROBLEM})
def delete(app: App, job_id: str) -> Response:
    """When this answers, nothing of the job is left, on disk neither."""
    app.delete(app.job(job_id).id)
    return Response(status_code=204)


@router.get("/jobs/{job_id}/profile", summary="The profile", responses={404: _PROBLEM, 409: _PROBLEM})
def profile(app: App, job_id: str, sensitive: Sensitive = False) -> dict[str, Any]:
    """The same JSON as `penchant profile --json`; 409 until the job is done."""
    return profile_document(app.analyst.profile(app.finished(job_id), sensitive=sensitive))


@router.get("/jobs/{job_id}/pictures", summary="The labels of each picture", responses={404: _PROBLEM, 409: _PROBLEM})
def pictures(app: App, job_id: str) -> list[dict[str, Any]]:
    """The same objects as `penchant classify --json`, each with the picture's `number`."""
    job = app.finished(job_id)
    photos = app.engine.store.photos(job_id)
    documents = prediction_documents(app.analyst.predictions(job, photos), app.engine.models.labels(job.model)[0])
    return [{"number": photo.number, **document} for photo, document in zip(photos, documents, strict=True)]


@router.get(
    "/jobs/{job_id}/pictures/{number}/seen",
    summary="A small picture, without metadata",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 404: _PROBLEM},
)
def seen(app: App, job_id: str, number: int) -> Response:
    """The square that the network saw, as JPEG."""
    job = app.job(job_id)
    return Response(app.small(job, app.photo(job, number)), media_type="image/jpeg")
