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
from penchant.web.security import is_this_machine

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator

    from penchant.web.news import Follower

router = APIRouter(prefix="/api", tags=["jobs"])

_PAUSE_SECONDS = 0.25  # between two events
_QUIET_SECONDS = 15.0  # connections on which nothing is said are cut by proxies
_MOST_LISTENERS = 200
_OF_ONE_VISITOR = 20  # windows of one visitor from elsewhere
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
    visitor, listeners = app.security.visitor(request), request.app.state.listeners
    crowded = listeners[visitor] >= _OF_ONE_VISITOR and not is_this_machine(request)
    if crowded or listeners.total() >= _MOST_LISTENERS:
        raise Problem(503, "Too many are listening just now; ask for the job from time to time.", retry_after=10)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_told(listeners, visitor, app, job_id), media_type="text/event-stream", headers=headers)


async def _told(listeners: Counter[str], visitor: str, app: Parts, job_id: str) -> AsyncIterator[str]:
    listeners[visitor] += 1
    try:
        with app.engine.news.followed(job_id) as follower:
            async for told in _changes(app, job_id, follower):
                yield told
    finally:
        listeners[visitor] -= 1
        if not listeners[visitor]:
            del listeners[visitor]


async def _changes(app: Parts, job_id: str, follower: Follower) -> AsyncIterator[str]:
    last: dict[str, object] | None = None
    while not app.engine.stopping:
        follower.changed.clear()
        job = app.engine.store.job(job_id)  # takes less than handing it to a thread
        if job is None:
            yield "event: gone\ndata: {}\n\n"
            return
        told = views.progress_document(job)
        if told != last:
            last = told
            newest = app.engine.store.newest(job_id, _NEWEST)
            yield f"event: progress\ndata: {json.dumps({**told, 'newest': newest})}\n\n"
        if job.state.finished:
            return
        if follower.ended.is_set():  # and yet it isn't noted: the disk is full
            await asyncio.sleep(_PAUSE_SECONDS)
        elif not await _set_within(_PAUSE_SECONDS, follower.ended):
            while not await _set_within(_QUIET_SECONDS, follower.changed):
                yield ": still here\n\n"


async def _set_within(seconds: float, event: asyncio.Event) -> bool:
    """Waits until an event is set, but not for longer."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
