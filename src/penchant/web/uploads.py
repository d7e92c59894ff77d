"""An upload as it streams in: parts go straight to disk under names of ours, and every byte is counted.

Nothing of a file is kept in memory beyond the piece that has just arrived. Starlette's own parser would keep parts in
temporary files of its own, and its limits don't count the bytes of files.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from penchant.sources import PICTURE_SUFFIXES
from penchant.sources.formats import HEAD_BYTES, looks_like_picture
from penchant.sources.limits import show_bytes
from penchant.sources.names import any_overlooked, suffix_of
from penchant.text import printable
from penchant.web.problems import Problem
from penchant.web.spool import Spool, Spooled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from fastapi import Request

    from penchant.web.order import InOrder
    from penchant.web.settings import Limits

_ZIP_STARTS = (b"PK\3\4", b"PK\5\6")
_TELLING_BYTES = 4
_LONGEST_NAME = 240
_MOST_FIELDS = 40
_PARTS_A_PHOTO = 4  # a folder holds other things, too
_TOGETHER = 1 << 20  # bytes that are parsed and written in one go, away from the event loop; at first …
_FIRST = 1 << 17  # … fewer, so that of many uploads at once the first is soon complete
_SLOWEST = 1000  # bytes a second
_DRAIN_BYTES = 64 << 20
_DRAIN_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that was received and may be used.

    Attributes:
        name: the visitor's own, made printable.
        file: ours, in the job's folder.
        member: its entry in that file; None where it has the file to itself.
        archive: whether it begins as a zip archive does.
    """

    name: str
    file: str
    member: str | None
    size: int
    archive: bool


@dataclass(slots=True)
class Received:
    """All that an upload brought."""

    fields: dict[str, str] = field(default_factory=dict)
    files: list[ReceivedFile] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    bytes: int = 0


async def receive(
    request: Request, folder: Path, limits: Limits, *, order: InOrder, before_files: Callable[[dict[str, str]], None]
) -> Received:
    """Receives a multipart upload.

    Args:
        request: the request, its body unread.
        folder: where files go.
        limits: what is too much.
        order: of all uploads.
        before_files: called with the fields so far when the first file begins, and at the end; may refuse.

    Raises:
        Problem: it is too much, too slow, or no upload at all.
        ClientDisconnect: the visitor went away.
    """
    try:
        parser = _Parser(_boundary(request), folder, limits, before_files)
    except FormParserError as error:
        raise _damaged() from error
    place = order.begin()
    pieces: list[bytes] = []
    waiting = 0
    try:
        async for piece in _steady(request, limits):
            parser.received.bytes += len(piece)
            if parser.received.bytes > limits.upload_bytes:
                raise too_large(limits)
            pieces.append(piece)
            waiting += len(piece)
            if waiting >= min(_TOGETHER, max(_FIRST, parser.received.bytes // 2)):
                async with order.turn(place):
                    await to_thread.run_sync(parser.feed, pieces)
                pieces, waiting = [], 0
        await to_thread.run_sync(parser.feed, pieces)
        await to_thread.run_sync(parser.finish)
    except (FormParserError, UnicodeError) as error:
        raise _damaged() from error
    finally:
        parser.close()
    return parser.received


async def drain(request: Request) -> None:
    """Reads on for a while, and forgets it: most browsers show an answer only once they have sent everything."""
    left = _DRAIN_BYTES
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            async for piece in request.stream():
                left -= len(piece)
                if left < 0:
                    return


def check_length(request: Request, limits: Limits) -> int:
    """What the upload says of its length; 0 where it doesn't. Raises Problem."""
    _boundary(request)
    stated = request.headers.get("content-length", "")
    length = int(stated) if stated.isdigit() else 0
    if length > limits.upload_bytes:
        raise too_large(limits)
    return length


def too_large(limits: Limits) -> Problem:
    """The refusal of too many bytes."""
    most = show_bytes(limits.upload_bytes)
    return Problem(413, f"At most {most} can be sent at once; send fewer or smaller pictures.", reason="bytes")


def too_many(limits: Limits) -> Problem:
    """The refusal of too many files."""
    return Problem(413, f"At most {limits.files:,} pictures can be looked at in one go; send fewer.", reason="files")


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise Problem(
            415, "Send the pictures as a form does: multipart/form-data, one part a picture.", reason="content type"
        )
    return boundary


async def _steady(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """The body's pieces, as long as they come neither too slowly nor for too long."""
    stream = request.stream()
    whole = window = 0.0  # seconds that were spent waiting for the visitor; what we take ourselves is not their fault
    in_window = 0
    while True:
        began = time.monotonic()
        try:
            async with asyncio.timeout(limits.idle_seconds):
                piece = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise _too_slow() from error
        waited = time.monotonic() - began
        whole += waited
        window += waited
        in_window += len(piece)
        if window > limits.idle_seconds:
            if in_window < _SLOWEST * window:
                raise _too_slow()
            window, in_window = 0.0, 0
        if whole > limits.upload_seconds:
            raise _too_slow()
        if piece:
            yield piece


def _damaged() -> Problem:
    return Problem(400, "The upload is damaged: it is not the multipart form it says it is.", reason="damaged")


def _too_slow() -> Problem:
    return Problem(
        408, "The upload stood still, or went on too slowly: try again, perhaps with fewer pictures.", reason="slow"
    )


class _Parser:
    """Takes the stream apart. Its methods run in threads, one at a time."""

    def __init__(
        self, boundary: bytes, folder: Path, limits: Limits, before_files: Callable[[dict[str, str]], None]
    ) -> None:
        self.received = Received()
        self._spool = Spool(folder)
        self._limits = limits
        self._before_files = before_files
        self._allowed = False
        self._parts = 0
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._part: _Part | None = None
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": partial(self._gather, "_header"),
                "on_header_value": partial(self._gather, "_value"),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
            },
        )

    def feed(self, pieces: list[bytes]) -> None:
        for piece in pieces:
            self._parser.write(piece)
        self._spool.flush()

    def finish(self) -> None:
        self._parser.finalize()
        if self._part is not None:
            raise FormParserError("the last part has no end")
        if not self._allowed:
            self._before_files(self.received.fields)

    def close(self) -> None:
        if self._part is not None:
            self._drop(self._part)
        self._spool.close()

    def _begin(self) -> None:
        self._disposition = b""
        self._parts += 1
        if self._parts > _PARTS_A_PHOTO * self._limits.files + _MOST_FIELDS:
            raise too_many(self._limits)

    def _gather(self, what: str, data: bytes, start: int, end: int) -> None:
        setattr(self, what, getattr(self, what) + data[start:end])

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = _text(options.get(b"name", b""))
        if b"filename" not in options:
            self._part = _Part(name=name, is_file=False)
            return
        if not self._allowed:
            self._before_files(self.received.fields)
            self._allowed = True
        self._part = _Part(name=shown_name(_text(options[b"filename"])), is_file=True)

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part is None or start == end:
            return
        part.size += end - start
        if not part.is_file:
            if part.size > 4 * self._limits.text_chars:
                raise Problem(
                    413, f"At most {self._limits.text_chars:,} characters of text can be sent.", reason="text"
                )
            part.text += data[start:end]
            return
        if part.refused:
            return
        if len(part.head) < HEAD_BYTES:
            part.head += data[start : min(end, start + HEAD_BYTES - len(part.head))]
        if part.size > self._limits.file_bytes and not part.archive:
            part.refused = f"too large: the limit is {show_bytes(self._limits.file_bytes)} a picture"
            self._drop(part)
            return
        if part.kept is None:
            if len(part.head) < _TELLING_BYTES:  # too few to know an archive by; the head keeps them
                return
            part.kept = self._begin_file(part, part.size - (end - start))
        self._spool.write(part.kept, memoryview(data)[start:end])

    def _end(self) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        if part.is_file:
            self._take_file(part)
            return
        if len(self.received.fields) >= _MOST_FIELDS:
            raise Problem(413, "That form has too many fields.", reason="fields")
        self.received.fields[part.name] = part.text.decode("utf-8", "replace")

    def _begin_file(self, part: _Part, size: int) -> Spooled:
        """A file on disk, with what the head holds of its first `size` bytes."""
        kept = self._spool.begin(alone=part.archive)
        self._spool.write(kept, memoryview(part.head)[:size])
        return kept

    def _drop(self, part: _Part) -> None:
        if part.kept is not None:
            self._spool.drop(part.kept)
            part.kept = None

    def _take_file(self, part: _Part) -> None:
        if not part.name and not part.size:  # a form whose picker was left empty
            return
        part.name = part.name or "nameless"
        suffix = suffix_of(part.name.rpartition("/")[2])
        overlooked = any_overlooked(part.name.split("/"))
        if part.refused:
            self.received.failures.append((part.name, part.refused))
        elif overlooked or not (part.archive or suffix in PICTURE_SUFFIXES or looks_like_picture(part.head)):
            self._drop(part)
            if not overlooked:
                self.received.skipped[suffix] += 1
        elif not part.size:
            self.received.failures.append((part.name, "empty file"))
        else:
            kept = part.kept or self._begin_file(part, part.size)
            self._spool.end(kept)
            self.received.files.append(ReceivedFile(part.name, kept.file, kept.member, part.size, part.archive))
            if len(self.received.files) > self._limits.files:
                raise too_many(self._limits)


@dataclass(slots=True)
class _Part:
    """One part of the form, on its way."""

    name: str
    is_file: bool
    size: int = 0
    head: bytes = b""
    text: bytes = b""
    refused: str = ""
    kept: Spooled | None = None

    @property
    def archive(self) -> bool:
        return self.head.startswith(_ZIP_STARTS)


def shown_name(name: str) -> str:
    """A file's name as its sender wrote it, made printable and not too long; it is only ever shown."""
    plain = printable(name.replace("\\", "/").strip("/"))
    return plain if len(plain) <= _LONGEST_NAME else f"…{plain[1 - _LONGEST_NAME :]}"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
