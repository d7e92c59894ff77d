"""Pages from templates."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from penchant.report import wording
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request

_STATIC = files("penchant.web").joinpath("static")
_SHARED_STYLE = files("penchant").joinpath("data/templates/profile.css")  # with the page of `penchant profile --html`


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page. Every template also knows `base` (what stands before all paths), `csrf` (the token of forms) and
    `version`.
    """
    token, fresh = request.app.state.security.token(request)
    page = _environment().get_template(template)
    text = page.render(base=request.scope.get("root_path", ""), csrf=token, version=__version__, **context)
    response = HTMLResponse(text, status, headers=dict(headers or {}))
    if fresh is not None:
        set_form_cookie(request, response, fresh)
    return response


def set_form_cookie(request: Request, response: HTMLResponse, value: str) -> None:
    """The cookie that this visitor's forms are tied to; it ends with the browser and says nothing of anybody."""
    from penchant.web.security import CSRF_COOKIE

    response.set_cookie(
        CSRF_COOKIE,
        value,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path=request.scope.get("root_path", "") or "/",
    )


@cache
def static_files() -> dict[str, bytes]:
    """The app's own style, script and icon, by name."""
    return {file.name: file.read_bytes() for file in (*_STATIC.iterdir(), _SHARED_STYLE) if file.is_file()}


@cache
def static_version(name: str) -> str:
    """Changes when a file of ours changes, so that browsers may keep it for long."""
    return hashlib.sha256(static_files()[name]).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        # the second one holds the parts that the page of `penchant profile --html` shares with ours
        loader=ChoiceLoader([PackageLoader("penchant.web", "templates"), PackageLoader("penchant", "data/templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=lambda value: _unbroken(wording.percent(value)),
        times=wording.times,
        counted=wording.counted,
        visible=wording.visible,
        elided=wording.elided,
        number=lambda value: f"{value:,}",
    )
    environment.globals.update(
        interval=lambda low, high: _unbroken(wording.interval(low, high)),
        not_enough=wording.not_enough,
        static_version=static_version,
    )
    return environment


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")
