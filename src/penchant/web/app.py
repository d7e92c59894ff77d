"""The application: its parts put together."""

from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from penchant.errors import PenchantError, SemanticsError, UsageError
from penchant.version import __version__
from penchant.web.analysis import Analyst
from penchant.web.engine import Engine
from penchant.web.gate import Gate
from penchant.web.intake import Intake
from penchant.web.logs import Log
from penchant.web.metrics import Metrics
from penchant.web.problems import Problem, answer
from penchant.web.routes import api, downloads, events, operation, pages
from penchant.web.routes.parts import Parts
from penchant.web.security import Security

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from penchant.web.settings import Settings

_DESCRIPTION = "What a person cares about, from the pictures they keep. Jobs are open to whoever knows their id."
_CLIENT_GONE = 499  # nobody reads it; the log and the metrics do


def create_app(settings: Settings, *, log: Log | None = None) -> FastAPI:
    """The app, ready for any ASGI server; one process only, because its jobs are worked on in its threads.

    Raises:
        PenchantError: the data folder, the model or the taxonomy can't be used.
    """
    log = log or Log(settings.log)
    metrics = Metrics()
    engine = Engine(settings, log=log, metrics=metrics)
    security = Security(engine.store.secret(), settings.hosts)
    analyst = Analyst(engine)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await to_thread.run_sync(engine.start)
        for route in app.routes:  # FastAPI gets a route ready when it is first looked at: not while a visitor waits
            route.matches({"type": "http", "method": "GET", "path": "/", "root_path": ""})
        try:
            yield
        finally:
            engine.about_to_stop()
            await to_thread.run_sync(engine.stop)

    app = FastAPI(
        title="Penchant", version=__version__, description=_DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        redirect_slashes=False, telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    app.state.security = security
    app.state.listeners = Counter[str]()
    app.state.engine = engine
    app.state.parts = Parts(engine=engine, intake=Intake(engine), analyst=analyst, security=security)
    for routes in (operation, api, events, downloads, pages):
        app.include_router(routes.router)
    _handle_errors(app, log)
    app.add_middleware(Gate, security=security, limits=settings.limits, log=log, metrics=metrics)
    return app


def _handle_errors(app: FastAPI, log: Log) -> None:
    @app.exception_handler(Problem)
    def _(request: Request, problem: Problem) -> Response:
        return answer(request, problem)

    @app.exception_handler(HTTPException)
    def _(request: Request, error: HTTPException) -> Response:
        told = {404: "There is nothing at this address.", 405: "This address can't be asked that way."}
        said = told.get(error.status_code, str(error.detail))
        return answer(request, Problem(error.status_code, said, headers=error.headers))

    @app.exception_handler(RequestValidationError)
    def _(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first.get("loc", ()) if part not in {"body", "query", "path"})
        return answer(request, Problem(422, f"{place or 'the request'}: {first.get('msg', 'not valid')}."))

    @app.exception_handler(PenchantError)
    def _(request: Request, error: PenchantError) -> Response:
        if isinstance(error, (UsageError, SemanticsError)):
            return answer(request, Problem(422, str(error)))
        log.fault("can't be served", error)  # what it says may name the operator's files
        return answer(request, Problem(503, "Something that this needs can't be used just now: try again later."))

    @app.exception_handler(ClientDisconnect)
    def _(*_: object) -> Response:
        return Response(status_code=_CLIENT_GONE)
