"""Pictures by address: only where it is allowed, and only public ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from web.helpers import pictures_kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from web.helpers import Browser, Files

NO_FILE = {"pictures": ("", b"")}


def test_addresses_are_off_unless_allowed(web: Browser) -> None:
    assert 'name="url"' not in web.get("/").text
    answer = web.post("/api/jobs", data={"url": "https://example.org/a.jpg"}, files=NO_FILE)
    assert (answer.status_code, "--allow-url" in answer.json()["detail"]) == (403, True)
    assert pictures_kept(web.settings.data) == []


@pytest.fixture
def open_minded(browsers: Callable[..., Browser]) -> Browser:
    return browsers(allow_url=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.jpg", "http://localhost:1/a.jpg", "http://[::1]/a.jpg", "http://2130706433/a.jpg",
        "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/a.jpg", "http://[::ffff:127.0.0.1]/a.jpg",
        "file:///etc/passwd", "ftp://127.0.0.1/a.jpg", "gopher://127.0.0.1/", "http://", "not an address",
    ],
)  # fmt: skip
def test_private_addresses_are_refused(open_minded: Browser, url: str) -> None:
    answer = open_minded.post("/api/jobs", data={"url": url}, files=NO_FILE)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert pictures_kept(open_minded.settings.data) == []
    assert open_minded.app.state.engine.store.counts() == {}
    assert open_minded.get("/healthz").status_code == 200


def test_a_name_that_resolves_to_this_machine(open_minded: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    real = socket.getaddrinfo

    def resolving(host: object, *rest: object, **more: object) -> object:
        return real("127.0.0.1" if host == "pictures.example.org" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    url = f"http://pictures.example.org:{open_minded.port}/static/icon.svg"
    answer = open_minded.post("/api/jobs", data={"url": url}, files=NO_FILE)
    assert answer.status_code == 422
    url = "http://pictures.example.org/a.jpg"
    answer = open_minded.post("/api/jobs", data={"url": url}, files=NO_FILE)
    assert (answer.status_code, "public" in answer.json()["detail"]) == (422, True), answer.text


@pytest.mark.parametrize(
    "resolved",
    ["127.0.0.1", "10.1.2.3", "0.0.0.0", "::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "fe80::1", "64:ff9b::7f00:1"],
)
def test_what_a_private_name_resolves_to_is_not_told(
    open_minded: Browser, monkeypatch: pytest.MonkeyPatch, resolved: str
) -> None:
    import socket

    real = socket.getaddrinfo

    def resolving(host: object, *rest: object, **more: object) -> object:
        return real(resolved if host == "intranet.example" else host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    answer = open_minded.post("/api/jobs", data={"url": "http://intranet.example/a.jpg"}, files=NO_FILE)
    detail = answer.json()["detail"]
    assert (answer.status_code, "intranet.example is not a public address" in detail) == (422, True), detail
    assert resolved not in detail
    assert "--allow" not in detail, "a visitor can't allow it"


@pytest.mark.parametrize(
    "host", ["0x7f000001", "0x7f.1", "127.1", "0", "0177.0.0.1", "[::]", "[::ffff:7f00:1]", "localhost."]
)
def test_other_notations_of_this_machine(open_minded: Browser, host: str) -> None:
    answer = open_minded.post("/api/jobs", data={"url": f"http://{host}/a.jpg"}, files=NO_FILE)
    assert answer.status_code == 422, answer.text
    assert "127.0.0.1" not in answer.json()["detail"]


@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/secret", "http://localhost:{port}/", "file:///etc/passwd"])
def test_a_redirect_into_the_network_is_not_followed(
    open_minded: Browser, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    """With the app's own policy, but that 127.0.0.1 and the server's port count as public ones."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    from penchant.sources.fetch import policy
    from penchant.web import addresses

    asked: list[str] = []

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404 if self.path == "/robots.txt" else 302)
            self.send_header("Location", target.format(port=self.server.server_port))  # type: ignore[attr-defined]
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("0.0.0.0", 0), Redirecting)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    real = policy.is_public
    monkeypatch.setattr(policy, "is_public", lambda address: str(address) == "127.0.0.1" or real(address))
    monkeypatch.setattr(addresses, "_PORTS", frozenset({server.server_port}))
    try:
        url = f"http://127.0.0.1:{server.server_port}/a.jpg"
        answer = open_minded.post("/api/jobs", data={"url": url}, files=NO_FILE)
    finally:
        server.shutdown()
        server.server_close()
    assert answer.status_code == 422, answer.text
    assert "refused" in answer.json()["detail"] or "not fetched" in answer.json()["detail"], answer.text
    assert [path for path in asked if path != "/robots.txt"] == ["/a.jpg"]
    assert pictures_kept(open_minded.settings.data) == []


def test_a_picture_from_an_address(open_minded: Browser, two_dozen: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way in, against a server on loopback; that private addresses are refused is shown above."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    from penchant.sources.fetch import AddressPolicy
    from penchant.web import addresses

    picture = two_dozen[0][1][1]

    class Pictures(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/robots.txt":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Pictures)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    real = AddressPolicy

    def lenient(**options: object) -> AddressPolicy:
        assert (options["public_only"], options["discreet"], options["hint"]) == (True, True, "")
        return real(public_only=False)

    monkeypatch.setattr(addresses, "AddressPolicy", lenient)
    try:
        page = open_minded.get("/").text
        assert 'name="url"' in page
        job_id = open_minded.job([("pictures", ("", b""))], url=f"http://127.0.0.1:{server.server_port}/a%20cat.jpg")
        assert open_minded.profile(job_id)["photos"]["used"] == 1
    finally:
        server.shutdown()
        server.server_close()
