"""A server of the tests' own that speaks BabelNet's REST interface on loopback, with faults on demand, and a log.

The answers are MADE BY HAND after the service's documentation: their shapes are BabelNet's, the data are not.
"""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from types import TracebackType

KEY = "0b8e-made-up-for-tests-4f1d+/=&?"
"""The only key that the server takes; it needs quoting in an address."""

REFUSAL = "Your key is not valid or the daily requests limit has been reached. Please visit http://babelnet.org."


@dataclass(frozen=True)
class Request:
    """One line of the log: what was asked, without the key. Two that ask the same are equal."""

    version: str
    endpoint: str
    parameters: tuple[tuple[str, str], ...]
    connection: int = field(compare=False)
    encoding: str = field(compare=False)
    good_key: bool = field(compare=False)


@dataclass(frozen=True)
class Fault:
    """What happens to one request in place of an answer.

    Attributes:
        status, body, headers: what is sent instead; without a body, the true answer.
        cut: bytes of the body that are sent before the connection is closed.
        announced: whether the length was announced before the cut.
        stall: seconds without a word before the answer.
    """

    status: int = 200
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    announced: bool = True
    stall: float = 0.0


def synset(
    domains: dict[str, float],
    *senses: tuple[str, int | None, bool],
    key: bool = False,
    wordnet: str | None = None,
) -> dict[str, Any]:
    """A synset as getSynset sends it. A sense: its lemma, WordNet's number of it, and whether it is a key sense."""
    return {
        "senses": [
            {
                "type": "BabelSense" if number is None else "WordNetSense",
                "properties": {
                    "fullLemma": lemma, "simpleLemma": lemma, "source": "WIKI" if number is None else "WN",
                    "senseKey": "", "frequency": 0, "language": "EN", "pos": "NOUN",
                    "synsetID": {"id": "bn:00000000n", "pos": "NOUN", "source": "BABELNET"}, "translationInfo": "",
                    "pronunciations": {"audios": [], "transcriptions": ["[beɪs]"]},
                    **({} if number is None else {"wordNetSenseNumber": number, "wordNetSynsetPosition": 1}),
                    "bKeySense": is_key, "idSense": 1,
                },
            }
            for lemma, number, is_key in senses
        ]
        + [{"type": "BabelSense", "properties": {"simpleLemma": "Bass", "language": "DE", "bKeySense": True}}],
        "wnOffsets": [
            {"id": "oewn:00000001n", "pos": "NOUN", "source": "OEWN", "version": "OEWN", "versionMapping": {}},
            {"id": "wn:00000001n", "pos": "NOUN", "source": "WN", "version": "WN_31", "versionMapping": {}},
            {"id": f"wn:{wordnet[1:]}n", "pos": "NOUN", "source": "WN", "version": "WN_30", "versionMapping": {}},
        ]
        if wordnet
        else [],
        "mainSense": None, "glosses": [{"source": "WN", "language": "EN", "gloss": "made by hand", "tokens": []}],
        "examples": [], "images": [], "synsetType": "CONCEPT", "categories": [], "translations": {},
        "domains": domains, "lnToCompound": {}, "lnToOtherForm": {}, "filterLangs": ["EN"], "bkeyConcepts": key,
    }  # fmt: skip


SYNSETS: dict[str, dict[str, Any]] = {
    # bass: two key concepts; the rest are not, and the service lists an odd one first
    "bn:00000001n": synset({"MEDIA": 1.0}, ("bass", None, False)),
    "bn:00000002n": synset({"MUSIC": 0.75}, ("bass", 1, False), key=True, wordnet="n04986796"),
    "bn:00000003n": synset({"ANIMALS": 0.5, "FOOD_AND_DRINK": 0.5}, ("bass", 4, False), key=True),
    "bn:00000004n": synset({"COMPUTING": 1.0}, ("bass", None, True)),
    # crane: no key concept, one key sense
    "bn:00000005n": synset({"ANIMALS": 1.0}, ("crane", 5, False)),
    "bn:00000006n": synset({"ENGINEERING_AND_TECHNOLOGY": 1.0}, ("crane", 4, True)),
    # otter: nothing is key; WordNet's first sense is listed last
    "bn:00000007n": synset({"MEDIA": 1.0}, ("otter", None, False)),
    "bn:00000008n": synset({"FARMING": 1.0}, ("otter", 2, False)),
    "bn:00000009n": synset({"ANIMALS": 1.0}, ("otter", 1, False)),
    # what ImageNet calls a tabby
    "bn:00000010n": synset({"ANIMALS": 0.9, "BIOLOGY": 0.1}, ("tabby", 1, False), wordnet="n02123045"),
    "bn:00000011n": synset({"FOOD_AND_DRINK": 1.0}, ("ice_cream", 1, False), key=True, wordnet="n07614500"),
    "bn:00000012n": synset({}, ("nothing", 1, False), key=True),
}

WORDS: dict[str, list[str]] = {
    "bass": ["bn:00000001n", "bn:00000002n", "bn:00000003n", "bn:00000004n"],
    "crane": ["bn:00000005n", "bn:00000006n"],
    "otter": ["bn:00000007n", "bn:00000008n", "bn:00000009n"],
    "tabby": ["bn:00000010n"],
    "ice_cream": ["bn:00000011n"],
    "nothing": ["bn:00000012n"],
    "ghost": ["bn:99999999n"],  # a synset that getSynset doesn't have
}


class BabelNetServer:
    """The server, for the length of a `with` block.

    Attributes:
        log: every request, as it comes in.
        answered: those of them that were answered in full.
        faults: for the next requests, in their order; None for none.
        quota: requests that are answered before the key is refused; None for any number.
        old_errors: errors with status 200, as older services sent them.
    """

    def __init__(self, synsets: dict[str, dict[str, Any]] | None = None) -> None:
        self.synsets = dict(SYNSETS if synsets is None else synsets)
        self.words = dict(WORDS)
        self.log: list[Request] = []
        self.answered: list[Request] = []
        self.faults: deque[Fault | None] = deque()
        self.quota: int | None = None
        self.old_errors = False
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"babelnet": self}))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def root(self) -> str:
        """The address without a version."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    @property
    def url(self) -> str:
        """The address of the newest version."""
        return f"{self.root}v9/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> tuple[int, Any]:
        """The status and the JSON that a healthy service would send."""
        if not request.good_key or (self.quota is not None and len(self.answered) >= self.quota):
            return 403, {"message": REFUSAL}
        wanted = dict(request.parameters)
        if request.endpoint == "getVersion":
            return 200, {"version": "V5_3"}
        if request.endpoint == "getSynset" and "id" in wanted:
            found = self.synsets.get(wanted["id"])
            return (400, {"message": "BabelSynset not found."}) if found is None else (200, found)
        if request.endpoint == "getSynsetIds" and {"lemma", "searchLang"} <= set(wanted):
            return 200, _ids(self.words.get(wanted["lemma"], []))
        if request.endpoint == "getSynsetIdsFromResourceID" and {"id", "source"} <= set(wanted):
            return 200, _ids([name for name in self.synsets if wanted["id"] in self.wordnet_30(name)])
        return 400, {"message": "Wrong parameters."}

    def wordnet_30(self, name: str) -> list[str]:
        """The identifiers of WordNet 3.0 that a synset carries."""
        return [offset["id"] for offset in self.synsets[name]["wnOffsets"] if offset["version"] == "WN_30"]


def _ids(names: list[str]) -> list[dict[str, str]]:
    return [{"id": name, "pos": "NOUN", "source": "BABELNET"} for name in names]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer takes 40 ms more
    babelnet: BabelNetServer

    def do_GET(self) -> None:
        server = self.babelnet
        parts = urlsplit(self.path)
        version, endpoint = parts.path.split("/")[-2:]
        parameters = parse_qsl(parts.query)
        request = Request(
            version=version,
            endpoint=endpoint,
            parameters=tuple(sorted((name, value) for name, value in parameters if name != "key")),
            connection=id(self.connection),
            encoding=self.headers.get("Accept-Encoding", ""),
            good_key=("key", KEY) in parameters,
        )
        with server.lock:
            server.log.append(request)
            fault = server.faults.popleft() if server.faults else None
            status, answer = server.answer(request)
            if fault is None and status == 200:
                server.answered.append(request)
        if status != 200 and server.old_errors:
            status = 200
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.reply(fault or Fault(status=status, body=body), body)

    def reply(self, fault: Fault, truth: bytes) -> None:
        threading.Event().wait(fault.stall)
        body = truth if fault.body is None else fault.body
        packed = gzip.compress(body)
        try:
            self.send_response(fault.status)
            usual = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            for name, value in {**usual, **fault.headers}.items():
                self.send_header(name, value)
            if fault.cut is None or fault.announced:
                self.send_header("Content-Length", str(len(packed)))
            else:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(packed if fault.cut is None else packed[: fault.cut])
            if fault.cut is not None:
                self.close_connection = True
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:  # the client has had enough
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
