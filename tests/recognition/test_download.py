"""Downloads over real HTTP on loopback: cut, resumed, damaged, refused, by two at once, killed, and offline."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, BinaryIO

import pytest

pytest.importorskip("httpx")

from hub_server import Fault, HubServer

from penchant.errors import MissingExtraError, ModelError, PenchantError, ServiceError, StorageError, UsageError
from penchant.recognition import finding
from penchant.recognition import pull as pulling
from penchant.recognition.facts import Catalogue, ModelRow, Remote
from penchant.recognition.part import Part
from penchant.recognition.pull import Puller
from penchant.recognition.store import ModelStore, origin_path
from penchant.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

DATA = bytes(range(256)) * 12_000  # 3 MB
SHA256 = hashlib.sha256(DATA).hexdigest()
REPO = "zoo/legacy"
PROMISED = ModelRow(
    name="known", labels="imagenet-1k", sha256=SHA256, bytes=len(DATA), remote=Remote(REPO, "deep/known.onnx")
)
FIRST_USE = ModelRow(
    name="modern", labels="imagenet-1k", trust="first-use", about_bytes=3_100_000, remote=Remote(REPO, "modern.onnx")
)


@pytest.fixture(autouse=True)
def _catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue of two small files, one whose SHA-256 is known and one that is trusted on first use."""
    catalogue = Catalogue(schema_version=1, models=(PROMISED, FIRST_USE))
    monkeypatch.setattr(pulling, "load_catalogue", lambda: catalogue)
    monkeypatch.setattr(finding, "load_catalogue", lambda: catalogue)


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with HubServer() as server:
        server.put(REPO, "deep/known.onnx", DATA)
        server.put(REPO, "modern.onnx", DATA)
        yield server


@pytest.fixture
def puller(hub: HubServer, tmp_path: Path) -> Puller:
    store = ModelStore(tmp_path / "models", tmp_path / "hub")
    return Puller(store, hub.url, retry=Retry(attempts=3, first=0.001, patience=1.0))


def left(puller: Puller) -> list[str]:
    """What stands in the store, locks apart."""
    return sorted(path.name for path in puller.store.folder.rglob("*") if path.is_file() and path.suffix != ".lock")


WHOLE = ["known.onnx", "known.onnx.origin.json"]


def test_a_model_is_fetched_once(hub: HubServer, puller: Puller) -> None:
    pulled = puller.pull("known")
    assert (pulled.fetched, pulled.promised, pulled.bytes, pulled.sha256) == (True, True, len(DATA), SHA256)
    assert pulled.path.read_bytes() == DATA
    assert left(puller) == WHOLE
    assert puller.pull("known") == pulled._replace(fetched=False)
    assert [seen.path for seen in hub.log] == [f"/{REPO}/resolve/main/deep/known.onnx"]
    assert finding.find_model("known", store=puller.store) == (PROMISED, pulled.path)
    origin = puller.store.origin(pulled.path)
    assert origin is not None
    assert origin.url == f"{hub.url}/{REPO}/resolve/main/deep/known.onnx"


def test_progress(hub: HubServer, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    store = ModelStore(tmp_path, tmp_path)
    Puller(store, hub.url, show=lambda *now: seen.append(now)).pull("known")
    assert seen[0] == ("deep/known.onnx", 0, len(DATA))
    assert seen[-1] == ("deep/known.onnx", len(DATA), len(DATA))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


def test_a_model_that_is_not_here_names_the_command_and_the_size(puller: Puller) -> None:
    with pytest.raises(ModelError, match=r"known \(3\.1 MB\) is not here yet: penchant models pull known fetches it"):
        finding.find_model("known", store=puller.store)
    with pytest.raises(ModelError, match=r"modern \(3\.1 MB\) is not here yet: penchant models pull modern"):
        finding.find_model("modern", store=puller.store)


def test_a_cut_connection_goes_on_where_it_was(hub: HubServer, puller: Puller) -> None:
    hub.faults.extend([Fault(cut=1_000_000), Fault(cut=500_000), None])
    assert puller.pull("known").path.read_bytes() == DATA
    assert [seen.range for seen in hub.log] == [None, "bytes=1000000-", "bytes=1500000-"]
    assert hub.log[1].if_range is not None
    assert left(puller) == WHOLE


def test_what_was_fetched_is_kept_for_the_next_command(hub: HubServer, puller: Puller) -> None:
    hub.faults.extend([Fault(cut=1_000_000), Fault(cut=0), Fault(cut=0)])
    with pytest.raises(ServiceError, match=r"connection was cut.*1\.0 MB are kept, the same command goes on there"):
        puller.pull("known")
    assert left(puller) == [".known.onnx.part", ".known.onnx.part.json"]
    assert puller.pull("known").path.read_bytes() == DATA
    assert hub.log[-1].range == "bytes=1000000-"


def test_a_file_that_has_changed_meanwhile_starts_again(hub: HubServer, puller: Puller) -> None:
    hub.put(REPO, "modern.onnx", DATA[::-1])
    hub.faults.extend([Fault(cut=1_000_000), Fault(cut=0), Fault(cut=0)])
    with pytest.raises(ServiceError):
        puller.pull("modern")
    hub.put(REPO, "modern.onnx", DATA)
    assert puller.pull("modern").path.read_bytes() == DATA
    assert (hub.log[-1].range, hub.log[-1].if_range is None) == ("bytes=1000000-", False)


def test_without_ranges_it_starts_again(hub: HubServer, puller: Puller) -> None:
    hub.ranges = False
    hub.faults.append(Fault(cut=1_000_000))
    assert puller.pull("known").path.read_bytes() == DATA


def test_without_an_etag_only_a_known_sum_allows_to_go_on(hub: HubServer, puller: Puller) -> None:
    hub.etags = False
    hub.faults.append(Fault(cut=1_000_000))
    puller.pull("known")
    assert hub.log[-1].range == "bytes=1000000-"
    hub.faults.append(Fault(cut=1_000_000))
    puller.pull("modern")
    assert hub.log[-1].range is None


def test_a_part_from_another_mirror_is_checked(hub: HubServer, puller: Puller) -> None:
    """Its bytes go on at the new one; where they don't fit, the whole file is fetched."""
    with HubServer() as other:
        other.put(REPO, "deep/known.onnx", DATA[::-1])
        other.faults.extend([Fault(cut=1_000_000)] + [Fault(cut=0)] * 2)
        with pytest.raises(ServiceError):
            Puller(puller.store, other.url, retry=puller.retry).pull("known")
    assert puller.pull("known").path.read_bytes() == DATA
    assert [seen.range for seen in hub.log] == ["bytes=1000000-", None]


def test_no_length_announced(hub: HubServer, puller: Puller) -> None:
    hub.sizes = False
    assert puller.pull("known").path.read_bytes() == DATA
    hub.put(REPO, "deep/known.onnx", DATA + b"more")
    (puller.store.folder / "known.onnx").unlink()
    with pytest.raises(ModelError, match="sends more than the 3,072,000 bytes of the file"):
        puller.pull("known")


def test_a_wrong_sum(hub: HubServer, puller: Puller) -> None:
    hub.put(REPO, "deep/known.onnx", DATA[::-1])
    with pytest.raises(ModelError, match=f"is not the file that it should be .*not {SHA256}.*nothing of it was kept"):
        puller.pull("known")
    assert left(puller) == []
    assert len(hub.log) == 1, "another try would bring the same"


def test_a_wrong_size(hub: HubServer, puller: Puller) -> None:
    hub.put(REPO, "deep/known.onnx", DATA[:-1])
    with pytest.raises(ModelError, match="has 3,071,999 bytes, not the 3,072,000 of the file: nothing was fetched"):
        puller.pull("known")
    assert left(puller) == []


def test_a_page_instead_of_a_file(hub: HubServer, puller: Puller) -> None:
    hub.content_type = "text/html; charset=utf-8"
    with pytest.raises(ServiceError, match="answered with a page instead of a file"):
        puller.pull("modern")
    assert left(puller) == []


def test_what_is_not_there(hub: HubServer, puller: Puller) -> None:
    hub.files.clear()
    with pytest.raises(ModelError, match="is not there: try another mirror"):
        puller.pull("known")
    assert len(hub.log) == 1
    with pytest.raises(ModelError, match="no model named 'resnet'"):
        puller.pull("resnet")
    with pytest.raises(UsageError, match="a name of `penchant models list`, or hf:OWNER/NAME"):
        puller.pull("my.onnx")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_failures_that_may_pass(status: int, hub: HubServer, puller: Puller) -> None:
    hub.faults.extend([Fault(status=status), Fault(status=status, headers={"Retry-After": "0"})])
    assert puller.pull("known").fetched
    assert len(hub.log) == 3
    hub.faults.extend([Fault(status=status)] * 3)
    with pytest.raises(ServiceError, match=f"could not be fetched .status {status}.*Without a network"):
        puller.pull("modern")


def test_a_long_wait_is_told(hub: HubServer, puller: Puller) -> None:
    hub.faults.append(Fault(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(ServiceError, match="asks to wait 3,600 s"):
        puller.pull("known")
    assert len(hub.log) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_repository(status: int, hub: HubServer, puller: Puller) -> None:
    hub.faults.append(Fault(status=status))
    with pytest.raises(ServiceError, match="one that asks who you are; what huggingface_hub has fetched"):
        puller.pull("known")
    assert len(hub.log) == 1


def test_large_files_lie_elsewhere(hub: HubServer, puller: Puller) -> None:
    """As on the hub: a redirect, whose own headers say what the file is; cut on the way, and damaged."""
    with HubServer() as elsewhere:
        hub.elsewhere, hub.commit = elsewhere, "c" * 40
        elsewhere.faults.append(Fault(cut=1_000_000))
        pulled = puller.pull("modern")
        assert pulled.path.read_bytes() == DATA
        assert [seen.range for seen in elsewhere.log] == [None, "bytes=1000000-"]
        origin = puller.store.origin(pulled.path)
        assert origin is not None
        assert (origin.commit, origin.url) == ("c" * 40, f"{hub.url}/{REPO}/resolve/main/modern.onnx")
        pulled.path.unlink()
        origin_path(pulled.path).unlink()
        elsewhere.faults.append(Fault(headers={"Content-Type": "text/html"}))
        with pytest.raises(ServiceError, match="a page instead"):
            puller.pull("modern")


def test_an_endless_redirect(hub: HubServer, puller: Puller) -> None:
    hub.faults.extend([Fault(status=302, headers={"Location": f"{hub.url}/round"})] * 40)
    with pytest.raises(ServiceError, match="without an end"):
        puller.pull("known")


def test_the_first_use_decides(hub: HubServer, puller: Puller) -> None:
    pulled = puller.pull("modern")
    assert (pulled.fetched, pulled.promised, pulled.sha256) == (True, False, SHA256)
    assert finding.find_model("modern", store=puller.store)[0].sha256 == SHA256
    pulled.path.unlink()
    hub.put(REPO, "modern.onnx", DATA[::-1])
    with pytest.raises(ModelError, match=r"was another when it was first fetched; .* remove .*modern\.onnx\.origin"):
        puller.pull("modern")
    assert not pulled.path.exists()
    origin_path(pulled.path).unlink()
    assert puller.pull("modern").path.read_bytes() == DATA[::-1]


def test_a_damaged_file_is_mended(hub: HubServer, puller: Puller) -> None:
    said: list[str] = []
    path = puller.pull("known").path
    path.write_bytes(DATA[:-1] + b"?")
    mending = Puller(puller.store, hub.url, notify=said.append)
    assert mending.pull("known").fetched
    assert path.read_bytes() == DATA
    assert "damaged or another file" in said[0]


def test_a_file_put_by_hand(hub: HubServer, puller: Puller) -> None:
    place = puller.store.folder / "known.onnx"
    place.parent.mkdir()
    place.write_bytes(DATA)
    assert not puller.pull("known").fetched
    (place.parent / "modern.onnx").write_bytes(DATA)
    assert not puller.pull("modern").promised
    assert finding.find_model("modern", store=puller.store)[0].sha256 is None
    assert hub.log == []


def hub_cache(store: ModelStore, path: str, data: bytes, *, revision: str = "main") -> Path:
    """A file as huggingface_hub keeps it."""
    repo = store.hub / f"models--{REPO.replace('/', '--')}"
    commit = "a" * 40
    (repo / "refs").mkdir(parents=True, exist_ok=True)
    (repo / "refs" / revision).write_text(commit)
    blob = repo / "blobs" / hashlib.sha256(data).hexdigest()
    blob.parent.mkdir(exist_ok=True)
    blob.write_bytes(data)
    link = repo / "snapshots" / commit / path
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(blob, link.parent))
    return link


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_what_huggingface_hub_has_is_used_where_it_is(hub: HubServer, puller: Puller) -> None:
    known, modern = hub_cache(puller.store, "deep/known.onnx", DATA), hub_cache(puller.store, "modern.onnx", DATA)
    assert puller.pull("known").path == known
    assert puller.pull("modern") == ("modern", modern, len(DATA), SHA256, False, True)
    assert finding.find_model("known", store=puller.store)[1] == known
    assert finding.find_model("modern", store=puller.store)[0].sha256 == SHA256, "the blob is named by it"
    assert hub.log == []
    known.resolve().write_bytes(DATA[::-1])
    assert puller.pull("known").path == puller.store.folder / "known.onnx"
    assert known.read_bytes() == DATA[::-1], "it is not ours to change"


def test_the_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "PENCHANT_MODELS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ModelStore.default().hub == tmp_path / ".cache/huggingface/hub"
    assert ModelStore.default().folder.parts[-2:] == ("penchant", "models")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert ModelStore.default().hub == tmp_path / "x/huggingface/hub"
    monkeypatch.setenv("HF_HOME", "~/h")
    assert ModelStore.default().hub == tmp_path / "h/hub"
    monkeypatch.setenv("HF_HUB_CACHE", "$HOME/c")
    assert ModelStore.default().hub == tmp_path / "c"
    monkeypatch.setenv("PENCHANT_MODELS", "~/m")
    assert ModelStore.default().folder == tmp_path / "m"


def test_mirrors(hub: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PENCHANT_MODELS", str(tmp_path))
    assert Puller.default().endpoint == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "https://hf.example/")
    assert Puller.default().endpoint == "https://hf.example"
    monkeypatch.setenv("PENCHANT_MODEL_MIRROR", hub.url)
    assert Puller.default().pull("known").fetched
    assert Puller.default(mirror="https://other.example/hf").endpoint == "https://other.example/hf"
    for wrong in ("ftp://x", "huggingface.co", "https://", "http://x:99999", "https://me:secret@x", "https://x?y"):
        with pytest.raises(UsageError, match="the address of a mirror must be like") as caught:
            Puller.default(mirror=wrong)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("variable", ["PENCHANT_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_by_order(variable: str, hub: HubServer, puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "true")
    with pytest.raises(ServiceError) as caught:
        puller.pull("known")
    assert str(caught.value) == (
        f"{variable} is set, so nothing is fetched. Without a network: `penchant models pull known` where there is "
        f"one, or fetch {hub.url}/{REPO}/resolve/main/deep/known.onnx (3.1 MB, SHA-256 {SHA256}) and put it at "
        f"{puller.store.folder / 'known.onnx'}"
    )
    assert hub.log == []
    monkeypatch.setenv(variable, "0")
    assert puller.pull("known").fetched


def test_no_network(puller: Puller) -> None:
    with HubServer() as gone:
        pass
    with pytest.raises(ServiceError, match=r"no connection.*Without a network: `penchant models pull known` where"):
        Puller(puller.store, gone.url, retry=puller.retry).pull("known")


def test_without_httpx(puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "penchant.recognition.download", raising=False)
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'penchant\[online\]'"):
        puller.pull("known")


def test_too_little_space_is_seen_before(puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(StorageError, match=r"has 1\.0 MB free, and 3\.1 MB are to come.*PENCHANT_MODELS"):
        puller.pull("known")
    assert left(puller) == []


def test_a_disk_that_fills_up(hub: HubServer, puller: Puller, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    opened = Part.open

    class Full:
        def __init__(self, file: BinaryIO) -> None:
            self.file = file

        def write(self, data: bytes) -> int:
            if self.file.tell() + len(data) > 1_500_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(data)

    @contextmanager
    def full(part: Part, *arguments: object) -> Iterator[Full]:
        with opened(part, *arguments) as file:  # type: ignore[arg-type]
            yield Full(file)

    with monkeypatch.context() as patch:
        patch.setattr(Part, "open", full)
        with pytest.raises(StorageError, match=r"is full: free some of it, the same command goes on where it was"):
            puller.pull("known")
    assert puller.pull("known").path.read_bytes() == DATA
    assert hub.log[-1].range not in {None, "bytes=0-"}


@pytest.mark.skipif(os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root writes anywhere")
def test_a_folder_that_can_not_be_written(puller: Puller) -> None:
    puller.store.folder.mkdir()
    puller.store.folder.chmod(0o500)
    with pytest.raises(StorageError, match="can't be written"):
        puller.pull("known")


SCRIPT = """
import sys
from pathlib import Path
from penchant.recognition import pull
from penchant.recognition.facts import Catalogue, ModelRow, Remote
from penchant.recognition.store import ModelStore
row = ModelRow(name="known", labels="x", sha256=sys.argv[3], remote=Remote("zoo/legacy", "deep/known.onnx"))
pull.load_catalogue = lambda: Catalogue(schema_version=1, models=(row,))
store = ModelStore(Path(sys.argv[1]), Path(sys.argv[1]) / "hub")
print(pull.Puller(store, sys.argv[2], notify=print).pull("known").fetched)
"""


def process(puller: Puller) -> AbstractContextManager[subprocess.Popen[str]]:
    arguments = [sys.executable, "-c", SCRIPT, str(puller.store.folder), puller.endpoint, SHA256]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def wait_until(condition: object, seconds: float = 20) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_killed_in_the_middle_it_goes_on(hub: HubServer, puller: Puller) -> None:
    hub.faults.append(Fault(cut=1_572_864, stall=60))
    part = puller.store.folder / ".known.onnx.part"
    with process(puller) as child:
        wait_until(lambda: part.exists() and part.stat().st_size > 1_000_000)
        child.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    kept = part.stat().st_size
    assert not (puller.store.folder / "known.onnx").exists()
    assert puller.pull("known").path.read_bytes() == DATA
    assert hub.log[-1].range == f"bytes={kept}-"
    assert left(puller) == WHOLE


def test_killed_between_the_last_byte_and_the_check(hub: HubServer, puller: Puller) -> None:
    path = puller.pull("known").path
    hub.faults.extend([Fault(cut=len(DATA) - 1), Fault(cut=0), Fault(cut=0)])
    path.unlink()
    with pytest.raises(ServiceError):
        puller.pull("known")
    part = path.with_name(".known.onnx.part")
    part.write_bytes(part.read_bytes() + DATA[-1:])
    before = len(hub.log)
    assert puller.pull("known").path.read_bytes() == DATA
    assert len(hub.log) == before


def test_two_processes_fetch_once(hub: HubServer, puller: Puller) -> None:
    hub.faults.append(Fault(cut=1_000_000, stall=0.7))  # so that the second finds the first at work
    with process(puller) as one:
        wait_until(lambda: hub.log)
        with process(puller) as two:
            said = [child.communicate(timeout=20)[0] for child in (one, two)]
    assert said == ["True\n", "another process is fetching known.onnx: waiting for it\nFalse\n"]
    assert len(hub.log) == 2, "the second request is the rest after the cut"
    assert left(puller) == WHOLE


def test_a_store_that_was_tampered_with(puller: Puller) -> None:
    path = puller.pull("modern").path
    origin_path(path).write_text("{")
    with pytest.raises(PenchantError, match=r"modern\.onnx\.origin\.json can't be read"):
        finding.find_model("modern", store=puller.store)
