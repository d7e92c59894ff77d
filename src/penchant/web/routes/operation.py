"""What operators, monitors and browsers ask: health, metrics, the app's own files, the API's description."""

from __future__ import annotations

import mimetypes
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from penchant.version import __version__
from penchant.web.problems import Problem
from penchant.web.rendering import render, static_files, static_version
from penchant.web.routes.parts import App  # noqa: TC001 - FastAPI reads the annotations

router = APIRouter(include_in_schema=False)

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_METHODS = ("get", "post", "patch", "delete")


@router.get("/healthz")
def health(app: App) -> JSONResponse:
    """200 while the app can take jobs and its database answers."""
    counts = app.engine.store.counts()
    waiting = sum(number for state, number in counts.items() if state not in {"done", "failed"})
    stopping = app.engine.stopping
    body = {"status": "stopping" if stopping else "ok", "version": __version__, "unfinished": waiting}
    return JSONResponse(body, 503 if stopping else 200)


@router.get("/metrics")
def metrics(app: App) -> Response:
    """Prometheus' text format."""
    return Response(app.engine.metrics.exposition(app.engine.store.counts()), media_type=CONTENT_TYPE_LATEST)


@router.get("/robots.txt")
def robots() -> PlainTextResponse:
    """Nothing here is for crawlers."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@router.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """A file of the app's own."""
    data = static_files().get(name)
    if data is None:
        raise Problem(404, "There is no such file.")
    suffix = f".{name.rpartition('.')[2]}"
    kind = _KINDS.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    fresh = request.query_params.get("v") == static_version(name)
    kept = "public, max-age=31536000, immutable" if fresh else "no-cache"
    return Response(data, media_type=kind, headers={"Cache-Control": kept})


@router.get("/api")
def api(request: Request) -> Response:
    """The API's operations, as a page."""
    return render(request, "api.html", {"operations": _operations(request.app.openapi())})


def _operations(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "description": operation.get("description", ""),
            "parameters": [
                {"name": p["name"], "place": p["in"], "description": p.get("description", "")}
                for p in operation.get("parameters", ())
            ],
            "fields": _fields(schema, operation),
            "statuses": sorted(operation.get("responses", ())),
        }
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    ]


def _fields(schema: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, str]]:
    """The fields of what is sent."""
    content = operation.get("requestBody", {}).get("content", {})
    found = []
    for kind, body in content.items():
        shape = body.get("schema", {})
        if "$ref" in shape:
            shape = schema["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        for name, value in shape.get("properties", {}).items():
            found.append({"name": name, "kind": kind, "description": value.get("description", "")})
    return found
