"""Refusals and faults: problem+json (RFC 9457) for programs, a page with a way out for people."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import Request
    from fastapi.responses import Response

PROBLEM_JSON = "application/problem+json"

_TITLES = {
    400: "That request can't be read",
    403: "That is not allowed here",
    404: "There is nothing here (any more)",
    405: "That can't be done here",
    408: "The upload stood still for too long",
    409: "Not yet",
    411: "That request doesn't say how long it is",
    413: "That is too much at once",
    415: "That is not an upload of pictures",
    421: "This name is not served here",
    422: "Nothing here can be used",
    429: "One moment, please",
    500: "A fault of ours",
    503: "Everybody is being served just now",
    507: "The disk is full",
}


class Problem(Exception):  # noqa: N818 - the name that RFC 9457 gives it
    """A request that is refused.

    Attributes:
        status: of HTTP.
        detail: one sentence that says why, and the way out.
        reason: a word for the metrics.
        retry_after: seconds, where it is worth trying again.
        headers: further ones.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        reason: str = "",
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.detail = detail
        self.reason = reason
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(max(1, retry_after))
        super().__init__(detail)

    @property
    def title(self) -> str:
        """A few words for people."""
        return _TITLES.get(self.status) or HTTPStatus(self.status).phrase


def no_such_job() -> Problem:
    """The answer to unknown, expired, deleted and guessed ids alike."""
    return Problem(404, "There is no such profile: it was deleted, its time was over, or the address is not complete.")


def is_api(request: Request) -> bool:
    """Whether a program is asking."""
    path = request.scope.get("path", "").removeprefix(request.scope.get("root_path", ""))
    return bool(path.startswith("/api/"))


def answer(request: Request, problem: Problem) -> Response:
    """The refusal, as whoever asks can read it."""
    if is_api(request):
        body = {"type": "about:blank", "title": problem.title, "status": problem.status, "detail": problem.detail}
        return JSONResponse(body, problem.status, headers=problem.headers, media_type=PROBLEM_JSON)
    from penchant.web.rendering import render

    return render(request, "problem.html", {"problem": problem}, status=problem.status, headers=problem.headers)
