"""Hostile visitors: each gets its proper answer, the app stays up, and nothing is left on disk."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from penchant.web.settings import Limits
from web.helpers import holding, pictures_kept, token_in, until, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from web.helpers import Browser, Files

SCRIPT = "<script>alert(1)</script>.jpg"


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    """The answer is a problem of that status, which says these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["type"]) == (status, "about:blank")
    for word in words:
        assert word in body["detail"], body["detail"]


def nothing_left(web: Browser) -> None:
    assert pictures_kept(web.settings.data) == []
    assert web.app.state.engine.store.counts() == {}
    assert web.get("/healthz").json() == {**web.get("/healthz").json(), "status": "ok", "unfinished": 0}


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds next to nothing."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("truncated", "truncated"),
        ("bomb", "refused before decoding"),
        ("text", "not a picture"),
        ("empty", "empty file"),
    ],
)
def test_a_bad_picture_costs_only_itself(web: Browser, two_dozen: Files, name: str, reason: str) -> None:
    good = two_dozen[1][1][1]
    bad = {"truncated": good[:400], "bomb": png_of(20_000, 20_000), "text": b"#!/bin/sh\nrm -rf /\n", "empty": b""}[
        name
    ]
    job_id = web.job([("pictures", ("bad.jpg", bad)), ("pictures", ("good.jpg", good))])
    profile = web.profile(job_id)
    assert (profile["photos"]["used"], profile["photos"]["failed"]) == (1, 1)
    assert profile["failures"][0]["photo_id"] == "bad.jpg"
    assert reason in profile["failures"][0]["error"]
    page = web.get(f"/jobs/{job_id}").text
    assert "bad.jpg" in page
    assert "Not enough evidence" in page, "too little is an answer, too"


def test_nothing_but_a_bad_picture(web: Browser, two_dozen: Files) -> None:
    job_id = web.job([("pictures", ("cut.jpg", two_dozen[0][1][1][:300]))])
    assert web.profile(job_id)["domains"] == []
    page = web.get(f"/jobs/{job_id}")
    assert (page.status_code, "No picture could be used" in page.text) == (200, True)
    assert "truncated" in web.get(f"/jobs/{job_id}/pictures/1").text
    assert web.get(f"/jobs/{job_id}/seen/1.jpg").status_code == 404
    assert web.get(f"/jobs/{job_id}/download/profile.html").status_code == 200


def test_names_in_an_archive_never_become_paths(web: Browser, two_dozen: Files) -> None:
    data = two_dozen[0][1][1]
    evil = ["../../../../tmp/penchant-escaped.jpg", "/etc/penchant-escaped.jpg", "C:\\penchant-escaped.jpg"]
    refused(
        web.post("/api/jobs", files=[("pictures", ("a.zip", zipped(dict.fromkeys(evil, data))))]),
        422, "leads out of the archive", "None of that can be used",
    )  # fmt: skip
    nothing_left(web)
    job_id = web.job([("pictures", ("a.zip", zipped({evil[0]: data, "good.jpg": data})))])
    assert web.profile(job_id)["photos"]["used"] == 1
    assert "leads out of the archive" in web.get(f"/jobs/{job_id}").text
    assert str(web.settings.data) not in web.get(f"/jobs/{job_id}").text, "nor does it tell where it keeps them"


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd.jpg", "/etc/cron.d/x.jpg", "..\\..\\x.jpg", "a\0b.jpg", "a" * 5000 + ".jpg", ".jpg"]
)
def test_names_of_files_never_become_paths(web: Browser, two_dozen: Files, name: str) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="' + name.encode() + b'"\r\n\r\n'
        + two_dozen[0][1][1] + b"\r\n--b--\r\n"
    )  # fmt: skip
    sent = web.post("/api/jobs", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    if sent.status_code != 202:
        assert sent.status_code in {400, 422}
        nothing_left(web)
        return
    kept = {path.name for path in pictures_kept(web.settings.data) if path.parent.name != "gone"}  # a random name
    assert kept <= {sent.json()["id"], "in", "seen", "000001"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_odd_names_in_an_archive(web: Browser, two_dozen: Files) -> None:
    out = io.BytesIO()
    odd = ("a.jpg", "a.jpg", "x\ny.jpg", "bi\u202edi.jpg", "long" * 500 + ".jpg", "/abs.jpg", "a\x1b[31m.jpg")
    with zipfile.ZipFile(out, "w") as archive:
        for name in odd:
            archive.writestr(zipfile.ZipInfo(name), two_dozen[0][1][1] + name.encode())
    job_id = web.job([("pictures", ("a.zip", out.getvalue()))])
    profile = web.profile(job_id)
    assert (profile["photos"]["used"], profile["photos"]["failed"]) == (5, 2)
    assert {failure["error"].partition(";")[0] for failure in profile["failures"]} == {
        "refused: its name leads out of the archive", "a second entry of the same name",
    }  # fmt: skip
    names = [document["photo_id"] for document in web.get(f"/api/jobs/{job_id}/pictures").json()]
    assert all(name.isprintable() and len(name) <= 240 for name in names), names


def test_a_file_without_a_name_is_called_so(web: Browser, two_dozen: Files) -> None:
    body = (
        b'--b\r\nContent-Disposition: form-data; name="pictures"; filename=""\r\n\r\n'
        + two_dozen[0][1][1] + b"\r\n--b--\r\n"
    )  # fmt: skip
    sent = web.post("/api/jobs", content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    job_id = sent.json()["id"]
    until(lambda: web.get(f"/api/jobs/{job_id}").json()["state"] == "done")
    assert web.get(f"/api/jobs/{job_id}/pictures").json()[0]["photo_id"] == "nameless"


def test_a_zip_of_zips(web: Browser, two_dozen: Files) -> None:
    inner = zipped({"a.jpg": two_dozen[0][1][1]})
    refused(
        web.post("/api/jobs", files=[("pictures", ("outer.zip", zipped({"inner.zip": inner})))]),
        422, "1 .zip", "Archives within an archive are not opened",
    )  # fmt: skip
    nothing_left(web)


def test_an_archive_that_unpacks_to_too_much(web: Browser) -> None:
    bomb = zipped({f"{n}.bmp": b"BM" + b"\0" * 5_000_000 for n in range(3)}, method=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 50_000
    refused(web.post("/api/jobs", files=[("pictures", ("bomb.zip", bomb))]), 422, "times its packed size, as bombs do")
    nothing_left(web)


def test_archives_that_are_none(web: Browser, two_dozen: Files) -> None:
    whole = zipped({"a.jpg": two_dozen[0][1][1]})
    for bad in (whole[:-30], b"PK\3\4" + b"\0" * 500, b"PK\5\6" + b"\0" * 18):
        answer = web.post("/api/jobs", files=[("pictures", ("x.zip", bad))])
        assert answer.status_code == 422, answer.text
        assert str(web.settings.data) not in answer.text
    nothing_left(web)


def test_too_many_files(browsers: Callable[..., Browser], two_dozen: Files) -> None:
    web = browsers(limits=Limits(files=1000))
    tiny = two_dozen[0][1][1][:10]
    refused(web.post("/api/jobs", files=[("pictures", (f"{n}.jpg", tiny)) for n in range(10_000)]), 413, "1,000")
    nothing_left(web)
    archive = zipped({f"{n}.jpg": b"\xff\xd8\xff" for n in range(1001)})
    refused(web.post("/api/jobs", files=[("pictures", ("many.zip", archive))]), 413, "1,000 pictures")
    archive = zipped({f"{n}.txt": b"" for n in range(4001)})
    refused(web.post("/api/jobs", files=[("pictures", ("many.zip", archive))]), 422, "4,000 entries")
    refused(web.post("/api/jobs", files=[("pictures", (f"{n}.txt", b"x")) for n in range(5000)]), 413)
    nothing_left(web)


def test_too_many_bytes(browsers: Callable[..., Browser], two_dozen: Files) -> None:
    web = browsers(limits=Limits(upload_bytes=200_000, file_bytes=50_000))
    refused(web.post("/api/jobs", files=[("pictures", ("a.jpg", b"\xff\xd8\xff" + b"\0" * 300_000))]), 413, "200 kB")

    def endless() -> object:
        yield b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a.jpg"\r\n\r\n\xff\xd8\xff'
        for _ in range(100):
            yield b"\0" * 10_000

    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    refused(web.post("/api/jobs", content=endless(), headers=kind), 413, "200 kB")  # type: ignore[arg-type]
    nothing_left(web)
    job_id = web.job([("pictures", ("large.jpg", b"\xff\xd8\xff" + b"\0" * 60_000)), two_dozen[0]])
    assert web.profile(job_id)["failures"] == [
        {"photo_id": "large.jpg", "error": "too large: the limit is 50 kB a picture"}
    ]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded", b"pictures=1", 415),
        ("multipart/form-data", b"--b--\r\n", 415),
        ("image/jpeg", b"\xff\xd8\xff", 415),
        ("multipart/form-data; boundary=b", b"this is not what it says", 400),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1', 400),
        ("multipart/form-data; boundary=b", b"--b--\r\n", 422),
        ("multipart/form-data; boundary=" + "b" * 4000, b"--b--\r\n", 400),
    ],
)  # fmt: skip
def test_what_is_no_upload(web: Browser, kind: str, body: bytes, status: int) -> None:
    refused(web.post("/api/jobs", content=body, headers={"Content-Type": kind}), status)
    nothing_left(web)


def test_a_picture_of_another_type_than_it_says_is_what_it_is(web: Browser, two_dozen: Files) -> None:
    data = two_dozen[0][1][1]
    odd: list[tuple[str, tuple[str, bytes, str]]] = [
        ("pictures", ("a.html", data, "text/html")), ("x", ("b", data, "application/x-sh")),
    ]  # fmt: skip
    sent = web.post("/api/jobs", files=odd)
    assert sent.json()["photos"]["total"] == 2
    skipped = web.post("/api/jobs", files=[("pictures", ("a.html", b"<html>", "image/jpeg"))])
    refused(skipped, 422, "no pictures in that, only 1 .html")


def test_scripts_in_names_are_only_text(web: Browser, two_dozen: Files) -> None:
    data = two_dozen[0][1][1]
    names = [SCRIPT, "\u202egpj.exe.jpg", '"><img src=x onerror=alert(1)>.jpg', "=cmd|' /C calc'!A0.jpg"]
    files = [("pictures", (name, data + bytes([place]))) for place, name in enumerate(names)]
    job_id = web.job([*files, ("pictures", (f"bad{SCRIPT}", data[:100]))], tags=SCRIPT)
    for path in ("", "/pictures", "/pictures/1", "/pictures/5", "/download/profile.html"):
        page = web.get(f"/jobs/{job_id}{path}").text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert "\u202e" not in page, path
    assert "&lt;script&gt;" in web.get(f"/jobs/{job_id}/pictures").text


@pytest.mark.parametrize(
    "guess", ["A" * 24, "a", "../../jobs.sqlite", "%2e%2e%2fjobs.sqlite", "A" * 5000, "' OR 1=1 --"]
)
def test_guessed_ids_open_nothing(web: Browser, two_dozen: Files, guess: str) -> None:
    job_id = web.job(two_dozen[:1])
    paths = [f"/api/jobs/{guess}{rest}" for rest in ("", "/profile", "/events", "/pictures", "/pictures/1/seen")]
    paths += [
        f"/jobs/{guess}{rest}" for rest in ("", "/pictures", "/pictures/1", "/seen/1.jpg", "/download/profile.json")
    ]
    for path in paths:
        assert web.get(path).status_code == 404, path
    assert web.delete(f"/api/jobs/{guess}").status_code in {404, 405}
    assert web.patch(f"/api/jobs/{guess}", json={}).status_code in {404, 405}
    assert web.get(f"/api/jobs/{job_id}").status_code == 200
    assert re.fullmatch(r"[A-Za-z0-9_-]{24}", job_id)


def test_pictures_that_are_not_there(web: Browser, two_dozen: Files) -> None:
    job_id = web.job(two_dozen[:1])
    for number in ("0", "2", "-1", "99999999999999999999", "1.5", "x", "../1"):
        assert web.get(f"/jobs/{job_id}/pictures/{number}").status_code in {404, 422}, number
        assert web.get(f"/jobs/{job_id}/seen/{number}.jpg").status_code in {404, 422}, number
    assert web.get(f"/jobs/{job_id}/pictures?page=0").status_code == 422
    assert web.get("/static/..%2fapp.py").status_code == 404
    assert web.get("/static/app.py").status_code == 404


def test_nothing_is_done_before_it_is_ready(web: Browser, two_dozen: Files) -> None:
    many = [("pictures", (f"{n}.jpg", data + bytes([n]))) for n, (_, (_, data)) in enumerate(two_dozen * 6)]
    job_id = web.post("/api/jobs", files=many).json()["id"]
    early = web.get(f"/api/jobs/{job_id}/profile")
    if early.status_code != 200:
        refused(early, 409, "still being looked at")
        assert early.headers["retry-after"]
    page = web.get(f"/jobs/{job_id}")
    assert page.status_code == 200


def test_the_eleventh_is_told_to_wait(browsers: Callable[..., Browser], two_dozen: Files) -> None:
    web = browsers(limits=Limits(queue=2))
    engine = web.app.state.engine
    for place in range(2):
        engine.store.add(f"held{place}", "somebody", model="m", generaliser="g", taxonomy="t")
    answer = web.post("/api/jobs", files=two_dozen[:2])
    refused(answer, 503, "no more can wait")
    assert int(answer.headers["retry-after"]) > 0
    form = {"csrf": web.token()}
    page = web.post("/jobs", data=form, files=two_dozen[:2])
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "Everybody is being served just now" in page.text
    assert pictures_kept(web.settings.data) == []
    engine.delete("held0", why="test")
    assert web.post("/api/jobs", files=two_dozen[:2]).status_code == 202


def test_one_visitor_from_elsewhere_does_not_fill_the_queue(browsers: Callable[..., Browser], two_dozen: Files) -> None:
    web = browsers(address="203.0.113.7", limits=Limits(of_one_visitor=1))
    engine = web.app.state.engine
    sent = web.post("/api/jobs", files=two_dozen[:1])
    job = engine.store.job(sent.json()["id"])
    engine.store.add("another", job.visitor, model="m", generaliser="g", taxonomy="t")
    refused(web.post("/api/jobs", files=two_dozen[:1]), 429, "wait for one of them")
    web.headers["X-Forwarded-For"] = "203.0.113.8"
    assert web.post("/api/jobs", files=two_dozen[:1]).status_code == 202
    assert holding(web.settings.data, b"203.0.113") == []


def test_too_often(browsers: Callable[..., Browser], two_dozen: Files) -> None:
    web = browsers(limits=Limits(bursts=(6, 2), rates=(0.001, 0.001)))
    assert [web.post("/api/jobs", files=two_dozen[:1]).status_code for _ in range(3)] == [202, 202, 429]
    answers = [web.get("/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 100
    assert "One moment, please" in answers[-1].text
    assert web.get("/healthz").status_code == 200, "monitors are always answered"


def test_form_fields_beyond_reason(web: Browser, two_dozen: Files) -> None:
    refused(web.post("/api/jobs", data={"tags": "x" * 100_000}, files=two_dozen[:1]), 413, "characters")
    refused(web.post("/api/jobs", data={f"f{n}": "x" for n in range(100)}, files=two_dozen[:1]), 413, "fields")
    job_id = web.job(two_dozen[:1])
    token = token_in(web.get(f"/jobs/{job_id}").text)
    assert web.post(f"/jobs/{job_id}/tags", data={"csrf": token, "tags": "x" * 100_000}).status_code == 422
    assert web.patch(f"/api/jobs/{job_id}", content=b"[" * 100_000).status_code == 422
    refused(web.patch(f"/api/jobs/{job_id}", content=b"[" * 2_000_000), 413)
    assert web.post(f"/jobs/{job_id}/tags", content=b"tags=" + b"x" * 2_000_000).status_code == 413
    assert (
        web.patch(
            f"/api/jobs/{job_id}", json={"tags": "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")}
        ).status_code
        == 200
    )
    assert io.BytesIO(web.get(f"/jobs/{job_id}").content)


def test_a_slow_client_is_sent_away(browsers: Callable[..., Browser]) -> None:
    import socket
    import threading

    web = browsers(limits=Limits(idle_seconds=0.3))
    start = (
        b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 1000000\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="pictures"; filename="a.jpg"\r\n\r\n\xff\xd8\xff'
    )
    silent, dripping = (socket.create_connection(("127.0.0.1", web.port), timeout=20) for _ in range(2))
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.1):
            try:
                dripping.sendall(b"\0")
            except OSError:
                return

    with silent, dripping:
        silent.sendall(start)
        dripping.sendall(start)
        dripper = threading.Thread(target=drip)
        dripper.start()
        answers = [connection.recv(65536) for connection in (silent, dripping)]
        over.set()
        dripper.join()
    assert all(answer.startswith(b"HTTP/1.1 408") for answer in answers), answers
    nothing_left(web)


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ",
        b"GET /healthz?",
        b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n3\r\n--x\r\n0\r\nX-Trailer: ",
    ],
    ids=["header", "address", "trailer"],
)
def test_endless_headers_are_cut_off(browsers: Callable[..., Browser], begun: bytes) -> None:
    import socket

    web = browsers()
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as endless:
        endless.sendall(begun)
        sent = 0
        with suppress(ConnectionError):
            while sent < 10_000_000:
                sent += endless.send(b"a" * 65536)
        assert sent < 10_000_000, "nobody takes that much in"
        with suppress(ConnectionError):
            assert endless.recv(20).startswith(b"HTTP/1.1 400")
    assert web.get("/healthz").status_code == 200
    until(lambda: not pictures_kept(web.settings.data))


def test_slow_headers_are_not_waited_for(browsers: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    from penchant.web.protocol import BoundedHttp

    monkeypatch.setattr(BoundedHttp, "headers_seconds", 0.2)
    web = browsers()
    ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
    for begun in (b"", ask):
        with socket.create_connection(("127.0.0.1", web.port), timeout=20) as slow:
            slow.sendall(begun)
            assert slow.recv(10) == b"", "it was hung up"
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as slow:
        slow.sendall(ask + b"\r\n")
        answer = b""
        while not answer.endswith(b"}"):
            answer += slow.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        slow.sendall(ask)  # the next one on the same connection
        assert slow.recv(10) == b""
    assert web.get("/healthz").status_code == 200
