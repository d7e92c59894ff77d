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
        assert options["public_only"] is True
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
