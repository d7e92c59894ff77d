"""Server-sent events: how far a job is, as it happens."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from penchant.web import views
from penchant.web.problems import Problem
from penchant.web.routes.parts import App, Parts  # noqa: TC001 - FastAPI reads the annotations

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

router = APIRouter(prefix="/api", tags=["jobs"])

_LOOK_SECONDS = 0.25
_HEARTBEAT_LOOKS = 60
_MOST_LISTENERS = 200
_NEWEST = 12  # pictures that the waiting page shows


@router.get(
    "/jobs/{job_id}/events",
    summary="Progress as server-sent events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def events(request: Request, app: App, job_id: str) -> StreamingResponse:
    """Events named `progress`, with JSON; the last one has `finished` true, or the job was deleted (`gone`)."""
    app.job(job_id)
    if request.app.state.listeners >= _MOST_LISTENERS:
        raise Problem(503, "Too many are listening just now; ask for the job from time to time.", retry_after=10)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_told(request, app, job_id), media_type="text/event-stream", headers=headers)


async def _told(request: Request, app: Parts, job_id: str) -> AsyncIterator[str]:
    request.app.state.listeners += 1
    try:
        last: dict[str, object] | None = None
        quiet = 0
        while not app.engine.stopping:
            job = app.engine.store.job(job_id)  # takes less than handing it to a thread
            if job is None:
                yield "event: gone\ndata: {}\n\n"
                return
            told = views.progress_document(job)
            if told != last:
                last, quiet = told, 0
                newest = app.engine.store.newest(job_id, _NEWEST)
                yield f"event: progress\ndata: {json.dumps({**told, 'newest': newest})}\n\n"
            if job.state.finished:
                return
            quiet += 1
            if quiet % _HEARTBEAT_LOOKS == 0:
                yield ": still here\n\n"
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        request.app.state.listeners -= 1
