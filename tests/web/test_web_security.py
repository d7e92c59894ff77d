"""What every request passes and every answer bears; tokens, names, origins."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.web.buckets import Buckets
from penchant.web.security import host_name
from web.helpers import pictures_kept, token_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from web.helpers import Browser, Files


def test_every_answer_is_guarded(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen[:2])
    paths = [
        "/",
        "/api",
        "/deleted",
        "/healthz",
        "/metrics",
        "/nothing",
        "/static/app.css",
        "/api/options",
        "/robots.txt",
    ]
    paths += [
        f"/jobs/{job_id}{rest}" for rest in ("", "/pictures", "/pictures/1", "/seen/1.jpg", "/download/profile.html")
    ]
    for path in paths:
        headers = web.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'"), path
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store"), path
        assert "server" not in headers


class _Page(HTMLParser):
    """Notes what a strict policy would forbid, and forms without a token."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.addresses: list[str] = []
        self._form: str | None = None
        self._held = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._held = tag
        self.faults += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.faults.append(f"inline {tag}")
        self.addresses += [given[name] or "" for name in ("src", "href", "action") if name in given]
        if tag == "form" and given.get("method") == "post":
            self._form = given.get("action")
        if tag == "input" and given.get("name") == "csrf":
            self._form = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.faults.append(f"no token in the form to {self._form}")
            self._form = None


@pytest.mark.parametrize("root_path", ["", "/penchant"])
def test_pages_hold_to_the_policy(browsers: Callable[..., Browser], two_dozen: Files, root_path: str) -> None:
    web = browsers(root_path=root_path, allow_url=True)
    job_id = web.job([*two_dozen[:3], ("pictures", ("cut.jpg", two_dozen[0][1][1][:99]))], tags="cat")
    web.patch(f"/api/jobs/{job_id}", json={"not_me": {"pictures": [1]}})
    for path in (
        "/",
        "/api",
        "/deleted",
        "/nothing",
        *(f"/jobs/{job_id}{p}" for p in ("", "/pictures", "/pictures/1", "/pictures/4")),
    ):
        page = _Page()
        page.feed(web.get(path).text)
        assert page.faults == [], path
        outside = [address for address in page.addresses if not re.match(rf"{root_path}/(?!/)|#|\?|$", address)]
        assert outside == [], path
        for address in page.addresses:
            if address.startswith(f"{root_path}/static"):
                assert web.get(address.removeprefix(root_path)).status_code == 200


def test_forms_need_the_token_that_goes_with_the_cookie(web: Browser, two_dozen: Files) -> None:
    token = web.token()
    assert "penchant-form" in web.cookies
    for wrong in ({}, {"csrf": ""}, {"csrf": "0" * 32}):
        answer = web.post("/jobs", data=wrong, files=two_dozen[:1])
        assert (answer.status_code, "out of date" in answer.text) == (403, True)
    assert pictures_kept(web.settings.data) == []
    assert web.post("/jobs", data={"csrf": token}, files=two_dozen[:1]).status_code == 303
    web.cookies.clear()
    assert web.post("/jobs", data={"csrf": token}, files=two_dozen[:1]).status_code == 403, (
        "a token of another visitor's"
    )
    job_id = web.job(two_dozen[:1])
    for action in ("not-me", "view", "tags", "delete"):
        assert web.post(f"/jobs/{job_id}/{action}", data={"csrf": "x"}).status_code == 403, action
        assert web.post(f"/jobs/{job_id}/{action}", data={}).status_code == 422, action
    assert web.get(f"/api/jobs/{job_id}").json()["not_me"] == {"domains": [], "pictures": []}


def test_the_token_comes_before_any_file(web: Browser, two_dozen: Files) -> None:
    token = web.token()
    late = web.post("/jobs", files=[*two_dozen[:1], ("csrf", (None, token.encode()))])
    assert late.status_code == 403
    assert pictures_kept(web.settings.data) == []


def test_the_cookie_says_nothing_and_scripts_do_not_see_it(web: Browser) -> None:
    cookie = web.get("/").headers["set-cookie"]
    assert re.fullmatch(r"penchant-form=[0-9a-f]{48}; HttpOnly; Path=/; SameSite=strict", cookie)
    assert "set-cookie" not in web.get("/").headers, "it stays"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://127.0.0.1:1"},
    ],
)  # fmt: skip
def test_other_sites_change_nothing(web: Browser, two_dozen: Files, headers: dict[str, str]) -> None:
    job_id = web.job(two_dozen[:1])
    assert web.post("/api/jobs", files=two_dozen[:1], headers=headers).status_code == 403
    assert web.patch(f"/api/jobs/{job_id}", json={"not_me": {"pictures": [1]}}, headers=headers).status_code == 403
    assert web.delete(f"/api/jobs/{job_id}", headers=headers).status_code == 403
    assert web.get(f"/api/jobs/{job_id}").json()["not_me"]["pictures"] == []
    own = {"Origin": f"http://127.0.0.1:{web.port}", "Sec-Fetch-Site": "same-origin"}
    assert web.delete(f"/api/jobs/{job_id}", headers=own).status_code == 204


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("localhost:8754", True), ("LOCALHOST", True), ("127.0.0.1", True), ("[::1]:8754", True), ("192.168.1.9", True),
        ("pictures.example.org", True), ("evil.example", False), ("localhost.evil.example", False), ("", False),
        ("localhost@evil.example", False), ("pictures.example.org.evil.example", False), ("a b", False),
    ],
)  # fmt: skip
def test_names_that_are_not_ours_are_refused(browsers: Callable[..., Browser], host: str, served: bool) -> None:
    web = browsers(hosts=("Pictures.example.org",))
    answer = web.get("/", headers={"Host": host})
    assert answer.status_code in ({200} if served else {400, 421})
    if answer.status_code == 421:
        assert "--allow-host" in answer.text
    assert web.get("/healthz", headers={"Host": "whatever"}).status_code == 200


@given(st.text())
def test_any_host_header_is_read_or_refused(header: str) -> None:
    name = host_name(header)
    assert name is None or ("/" not in name and "@" not in name)


def test_nobody_is_in_the_logs(
    browsers: Callable[..., Browser], two_dozen: Files, capfd: pytest.CaptureFixture[str]
) -> None:
    web = browsers(log="all", address="203.0.113.77")
    job_id = web.job(
        [("pictures", ("my private name.jpg", two_dozen[0][1][1])), ("pictures", ("cut.jpg", b"\xff\xd8\xff"))]
    )
    web.get(f"/jobs/{job_id}/pictures/1?q=private")
    web.delete(f"/api/jobs/{job_id}")
    written = capfd.readouterr().err
    events = re.findall(r'"event": "(\w+)"', written)
    assert {"queued", "done", "deleted", "request"} <= set(events)
    for secret in ("private", "cut.jpg", "203.0.113", job_id, "testclient"):
        assert secret not in written
    assert '"route": "/jobs/{job_id}/pictures/{number}"' in written


def test_a_fault_of_ours_is_told_without_details(
    web: Browser, two_dozen: Files, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    job_id = web.job(two_dozen[:1])

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of somebody's")

    monkeypatch.setattr("penchant.web.routes.pages.seen_labels", broken)
    page = web.get(f"/jobs/{job_id}/pictures/1")
    assert (page.status_code, "A fault of ours" in page.text) == (500, True)
    assert "secret" not in page.text
    assert "secret" not in capfd.readouterr().err
    assert page.headers["content-security-policy"]


def test_heads_are_those_of_the_answers(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen[:2])
    for path in (
        "/",
        "/static/app.css",
        f"/jobs/{job_id}",
        f"/api/jobs/{job_id}/profile",
        f"/jobs/{job_id}/seen/1.jpg",
    ):
        head, whole = web.head(path), web.get(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-length"] == whole.headers["content-length"], path
    assert web.head("/nothing").status_code == 404
    endless = web.head(f"/api/jobs/{job_id}/events")
    assert (endless.status_code, endless.headers["allow"]) == (405, "GET")
    assert web.head("/", headers={"Host": "evil.example"}).status_code == 421


def test_one_visitor_from_elsewhere_listens_in_a_few_windows(
    browsers: Callable[..., Browser], two_dozen: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = browsers(address="203.0.113.7")
    job_id = web.job(two_dozen[:1])
    monkeypatch.setattr("penchant.web.routes.events._OF_ONE_VISITOR", 0)
    told = web.get(f"/api/jobs/{job_id}/events")
    assert (told.status_code, told.headers["retry-after"]) == (503, "10")
    assert web.get(f"/api/jobs/{job_id}").status_code == 200, "asking from time to time goes on"
    monkeypatch.undo()
    assert "progress" in web.get(f"/api/jobs/{job_id}/events").text
    assert not web.app.state.listeners, "nobody is counted for ever"


def test_where_the_operator_keeps_things_is_told_to_nobody(
    web: Browser, two_dozen: Files, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from penchant.errors import ModelError

    job_id = web.job(two_dozen[:1])

    def broken(*_: object) -> None:
        raise ModelError("/srv/secret/models/a.onnx is gone")

    monkeypatch.setattr(web.app.state.engine.models, "labels", broken)
    answer = web.get(f"/api/jobs/{job_id}/pictures")
    assert (answer.status_code, "/srv/secret" in answer.text) == (503, False)
    written = capfd.readouterr().err
    assert ("ModelError" in written, "/srv/secret" in written) == (True, False)


def test_metrics_and_health(web: Browser, two_dozen: Files) -> None:
    web.job(two_dozen[:3])
    told = web.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=")
    assert 'penchant_photos_total{outcome="used"}' in told.text
    assert 'penchant_jobs{state="done"} 1.0' in told.text
    assert 'route="/api/jobs/{job_id}"' in told.text
    assert web.get("/healthz").json()["status"] == "ok"


def test_the_api_describes_itself(web: Browser) -> None:
    schema = web.get("/api/openapi.json").json()
    assert schema["openapi"].startswith("3.")
    page = web.get("/api").text
    for path, item in schema["paths"].items():
        assert path in page
        assert all(operation["summary"] in page for operation in item.values())
    assert set(schema["paths"]) == {
        "/api/options", "/api/jobs", "/api/jobs/{job_id}", "/api/jobs/{job_id}/profile", "/api/jobs/{job_id}/pictures",
        "/api/jobs/{job_id}/pictures/{number}/seen", "/api/jobs/{job_id}/events",
    }  # fmt: skip
    assert token_in(web.get("/").text)


def test_buckets_refill() -> None:
    now = 0.0
    buckets = Buckets(2, 0.5, clock=lambda: now)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2]
    assert buckets.take("b") == 0, "visitors don't share"
    now = 2.0
    assert [buckets.take("a"), buckets.take("a")] == [0, 2]
    now = 1000.0
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 2], "never more than it holds"
