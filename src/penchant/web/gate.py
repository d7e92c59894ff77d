"""What every request passes on its way in, and every answer on its way out."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from fastapi import Request
from starlette.datastructures import MutableHeaders

from penchant.web.buckets import Buckets
from penchant.web.problems import Problem, answer
from penchant.web.security import HEADERS, SAFE, Security
from penchant.web.uploads import drain

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from penchant.web.logs import Log
    from penchant.web.metrics import Metrics
    from penchant.web.settings import Limits

_SMALL_BYTES = 1 << 20
_SMALL_SECONDS = 30.0
_OPEN_TO_MONITORS = frozenset({"/healthz", "/metrics"})


class Gate:
    """ASGI middleware: checks the name, the origin and the rate; adds headers; counts and logs.

    Args:
        app: what is behind it.
        security: the checks.
        limits: how often a visitor may ask.
        log, metrics: told of every answer, by its route and never by its address.
    """

    def __init__(self, app: ASGIApp, *, security: Security, limits: Limits, log: Log, metrics: Metrics) -> None:
        self._app = app
        self._security = security
        self._log = log
        self._metrics = metrics
        self._requests, self._uploads = (
            Buckets(burst, rate) for burst, rate in zip(limits.bursts, limits.rates, strict=True)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        inner = scope
        if scope["method"] == "HEAD" and not scope["path"].endswith("/events"):
            inner = {**scope, "method": "GET"}  # the server leaves the body out
        request = Request(scope, receive)
        try:
            try:
                self._check(request)
                if request.method not in SAFE and not _is_upload(request):
                    receive = await _read(request)
            except Problem as problem:
                self._metrics.refused.labels(problem.reason or str(problem.status)).inc()
                if request.method not in SAFE:
                    await drain(request)
                await answer(request, problem)(scope, receive, sending)
                return
            await self._app(inner, receive, sending)
        except Exception as fault:  # told here, so that no server prints a message that may quote a name
            self._log.fault("request failed", fault)
            if not status:
                ours = Problem(500, "Something went wrong on our side. It was noted, without your pictures.")
                await answer(request, ours)(scope, receive, sending)
        finally:
            self._told(scope["method"], inner, status, time.monotonic() - began)

    def _check(self, request: Request) -> None:
        if request.url.path.removeprefix(request.scope.get("root_path", "")) in _OPEN_TO_MONITORS:
            return
        self._security.check_host(request)
        self._security.check_origin(request)
        visitor = self._security.visitor(request)
        wait = self._requests.take(visitor)
        if not wait and _is_upload(request):
            wait = self._uploads.take(visitor)
        if wait:
            seconds = max(1, round(wait + 0.5))
            raise Problem(429, f"That was often: try again in {seconds} s.", reason="rate", retry_after=seconds)

    def _told(self, method: str, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._metrics.requests.labels(route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        self._log.request(method=method, route=route, status=status, ms=round(1000 * seconds, 1))


async def _read(request: Request) -> Receive:
    """The whole of a small body, read before anything else: what parses it would take any amount into memory."""
    body = bytearray()
    try:
        async with asyncio.timeout(_SMALL_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > _SMALL_BYTES:
                    raise Problem(413, "That is too much for this request.", reason="bytes")
    except TimeoutError as error:
        raise Problem(408, "The request stood still for too long.", reason="slow") from error
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            return {"type": "http.disconnect"}
        told = True
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return receive


def _is_upload(request: Request) -> bool:
    return request.method == "POST" and request.url.path.endswith("/jobs")
