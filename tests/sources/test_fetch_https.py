"""Fetching over TLS: the connection goes to the address that was checked, and the certificate is the name's."""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("httpx")
pytest.importorskip("protego")
pytest.importorskip("trustme")

import trustme
from picture_server import PictureServer, jpeg

from penchant.errors import FetchError
from penchant.retry import Retry
from penchant.sources.fetch import AddressPolicy, FetchOptions, PictureFetcher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "pictures.example"
QUICK = FetchOptions(
    policy=AddressPolicy(public_only=False, resolve=lambda *_: ["127.0.0.1"]),
    retry=Retry(attempts=1), interval=0, use_proxy=False,
)  # fmt: skip


class Secure:
    """A server of pictures behind TLS; `named` are the names that clients asked for in their greeting."""

    def __init__(self, running: PictureServer, authority: trustme.CA) -> None:
        self.pictures = running
        self.named: list[str | None] = []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(NAME).configure_cert(context)
        context.sni_callback = lambda _socket, name, _context: self.named.append(name)
        running._server.socket = context.wrap_socket(running._server.socket, server_side=True)

    def at(self, name: str, path: str) -> str:
        return f"https://{name}:{self.pictures.port}{path}"


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """The only authority that is trusted."""
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return made


@pytest.fixture
def secure(authority: trustme.CA) -> Iterator[Secure]:
    running = PictureServer()
    made = Secure(running, authority)
    with running:
        running.put("/a.jpg", jpeg(1))
        yield made


def test_the_name_is_greeted_and_its_certificate_checked_though_the_address_is_pinned(secure: Secure) -> None:
    with PictureFetcher(QUICK) as fetcher:
        assert fetcher.fetch(secure.at(NAME, "/a.jpg")).data == jpeg(1)
    assert set(secure.named) == {NAME}
    assert {asked.host for asked in secure.pictures.log} == {f"{NAME}:{secure.pictures.port}"}
    assert secure.pictures.asked(robots=True) == {"/robots.txt": 1, "/a.jpg": 1}


@pytest.mark.parametrize("name", ["other.example", "127.0.0.1"])
def test_a_certificate_of_another_name_is_refused(secure: Secure, name: str) -> None:
    with PictureFetcher(replace(QUICK, robots=False)) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.fetch(secure.at(name, "/a.jpg"))
    assert "certificate" in str(caught.value)
    assert not secure.pictures.log, "nothing is said to a server that isn't the one meant"


def test_a_certificate_of_an_unknown_authority_is_refused(
    secure: Secure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    with PictureFetcher(replace(QUICK, robots=False)) as fetcher, pytest.raises(FetchError, match="certificate"):
        fetcher.fetch(secure.at(NAME, "/a.jpg"))
    assert not secure.pictures.log


def test_redirects_within_tls(secure: Secure) -> None:
    secure.pictures.put("/moved.jpg", b"", status=302, headers={"Location": "/a.jpg"})
    with PictureFetcher(replace(QUICK, robots=False)) as fetcher:
        fetched = fetcher.fetch(secure.at(NAME, "/moved.jpg"))
    assert (fetched.data, fetched.url) == (jpeg(1), secure.at(NAME, "/a.jpg"))
