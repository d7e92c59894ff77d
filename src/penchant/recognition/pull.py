"""`penchant models pull`: the only thing in Penchant that fetches a model, and only when it is called."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

from penchant.errors import MissingExtraError, ModelError, ServiceError, UsageError
from penchant.recognition.facts import CATALOGUE, file_sha256, load_catalogue
from penchant.recognition.hub import HubModel, is_hub_name
from penchant.recognition.store import ModelStore, megabytes, origin_path, row_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penchant.recognition.download import Downloader
    from penchant.recognition.store import HubFile
    from penchant.retry import Retry

    ShowFile = Callable[[str, int, int | None], None]

HUB = "https://huggingface.co"
MIRROR_VARIABLES = ("PENCHANT_MODEL_MIRROR", "HF_ENDPOINT")
OFFLINE_VARIABLES = ("PENCHANT_OFFLINE", "HF_HUB_OFFLINE")
_YES = {"1", "ON", "YES", "TRUE"}  # as huggingface_hub reads them


class Pulled(NamedTuple):
    """A model that is here now.

    Attributes:
        path: its network.
        fetched: whether anything was fetched for it.
        promised: whether somebody had said beforehand what its SHA-256 must be; otherwise it is trusted as it came,
            and is what later fetches of it must have.
    """

    name: str
    path: Path
    bytes: int
    sha256: str
    fetched: bool
    promised: bool


@dataclass(frozen=True, slots=True)
class Puller:
    """Fetches models into a store.

    Attributes:
        endpoint: the hub, or a mirror with the same paths.
        show: told the file, the bytes of it that are here, and its size, if that is known.
        notify: told what the user may wonder about.
        retry: see `Downloader`.
    """

    store: ModelStore
    endpoint: str = HUB
    show: ShowFile = lambda *_: None
    notify: Callable[[str], None] = lambda _: None
    retry: Retry | None = None

    @classmethod
    def default(
        cls, *, mirror: str | None = None, show: ShowFile | None = None, notify: Callable[[str], None] | None = None
    ) -> Self:
        """With the user's store, and the mirror that the environment names.

        Raises:
            UsageError: when the mirror's address can't be right.
        """
        named = mirror or next((os.environ[name] for name in MIRROR_VARIABLES if os.environ.get(name)), HUB)
        puller = cls(ModelStore.default(), _checked(named))
        return replace(puller, show=show or puller.show, notify=notify or puller.notify)

    def pull(self, name: str) -> Pulled:
        """Makes sure that a model is here, whole: a name of the catalogue, or `hf:OWNER/NAME`.

        Raises:
            UsageError: when the name is neither.
            ModelError: there is no such model, or what the server has is another file.
            ServiceError: no network, or a server that doesn't answer as it should.
            StorageError: no space left, or a folder that can't be written.
            MissingExtraError: httpx is not installed.
        """
        if is_hub_name(name):
            return self._pull_hub(HubModel.parse(name))
        if name.endswith(".onnx"):
            raise UsageError(f"{name}: what can be pulled is a name of `penchant models list`, or hf:OWNER/NAME")
        row = load_catalogue().row(name)
        file = row_file(row)
        if file is None:
            path = CATALOGUE.parent / (row.file or f"{row.name}.onnx")
            return Pulled(name, path, path.stat().st_size, file_sha256(path), fetched=False, promised=True)
        pulled = self._get(name, file)
        if pulled is None:
            raise ModelError(f"{file.url(self.endpoint)} is not there: try another mirror. {self._by_hand(name, file)}")
        return pulled

    def _pull_hub(self, model: HubModel) -> Pulled:
        here = [file for file in model.candidates if self.store.find(file) is not None]
        config = self._get(model.name, model.config)
        if config is None:
            raise ModelError(
                f"{self.endpoint}/{model.repo} has no config.json at {model.revision}, so it is not a model of the "
                "hub's usual form, or there is none of that name"
            )
        origin = self.store.origin(config.path)
        commit = origin.commit if origin is not None else None  # all files from one commit, though a branch may move
        if not any(self.store.place(file).is_file() for file in here):  # it was asked for before the network was
            self._get(model.name, model.processor, commit=commit)
        for file in here or model.candidates:
            pulled = self._get(model.name, file, commit=commit)
            if pulled is not None:
                return pulled
        looked = ", ".join(file.path for file in model.candidates)
        raise ModelError(
            f"{self.endpoint}/{model.repo} has no ONNX file at {looked}: name it with {model.name}/FILE.onnx, or look "
            "for a repository that was converted to ONNX"
        )

    def _get(self, name: str, file: HubFile, *, commit: str | None = None) -> Pulled | None:
        """One file; None if the server has none."""
        place = self.store.place(file)
        sha256 = file.sha256 or self.store.sha256(place)
        found = self.store.find(file)
        if found is not None and found != place:  # in huggingface_hub's cache
            digest = file_sha256(found)
            expected = file.sha256 or self.store.sha256(found)
            if expected in {None, digest}:
                return Pulled(name, found, found.stat().st_size, digest, fetched=False, promised=expected is not None)
        if found is not None and found == place and (sha256 is None or file_sha256(found) == sha256):
            digest = sha256 or file_sha256(found)
            return Pulled(name, found, found.stat().st_size, digest, fetched=False, promised=file.sha256 is not None)
        self._refuse_offline(name, file)
        opened = self._downloader()
        from penchant.recognition.download import AbsentError

        with opened as downloader:
            try:
                origin, fetched = downloader.fetch(
                    file,
                    file.url(self.endpoint, revision=commit),
                    place,
                    sha256=sha256,
                    show=lambda done, total: self.show(file.path, done, total),
                )
            except AbsentError:
                return None
            except ModelError as error:
                if file.sha256 is not None or sha256 is None:
                    raise
                raise ModelError(
                    f"{error}. It was another when it was first fetched; if you trust the new one, remove "
                    f"{origin_path(place)}"
                ) from error
            except ServiceError as error:
                raise ServiceError(f"{error}. {self._by_hand(name, file)}") from error
        return Pulled(name, place, origin.bytes, origin.sha256, fetched=fetched, promised=file.sha256 is not None)

    def _downloader(self) -> Downloader:
        try:
            from penchant.recognition.download import Downloader
        except ImportError as error:
            raise MissingExtraError("Fetching models", extra="online") from error
        return Downloader(retry=self.retry, notify=self.notify)

    def _refuse_offline(self, name: str, file: HubFile) -> None:
        for variable in OFFLINE_VARIABLES:
            if os.environ.get(variable, "").upper() in _YES:
                raise ServiceError(f"{variable} is set, so nothing is fetched. {self._by_hand(name, file)}")

    def _by_hand(self, name: str, file: HubFile) -> str:
        facts = [megabytes(file.bytes)] if file.bytes is not None else []
        facts += [f"SHA-256 {file.sha256}"] if file.sha256 is not None else []
        about = f" ({', '.join(facts)})" if facts else ""
        return (
            f"Without a network: `penchant models pull {name}` where there is one, or fetch {file.url(self.endpoint)}"
            f"{about} and put it at {self.store.place(file)}"
        )


def _checked(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None:
        raise UsageError(f"the address of a mirror must be like {HUB}, without a name, a password or parameters")
    return endpoint.rstrip("/")
