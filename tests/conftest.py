"""What tests share: pictures made here, and the command line called in this process."""

from __future__ import annotations

import functools
import io
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

settings.register_profile("penchant", deadline=None, max_examples=40)
settings.load_profile("penchant")


@dataclass(frozen=True)
class Outcome:
    """What a call of the command line left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON document."""
        import json

        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        import json

        return [json.loads(line) for line in self.out.splitlines()]


class Cli(Protocol):
    """Calls `penchant` with arguments, in this process."""

    def __call__(self, *arguments: str | os.PathLike[str], stdin: bytes = b"") -> Outcome:
        """The outcome; never raises."""
        ...


@pytest.fixture(scope="session", autouse=True)
def _no_models_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Models that the user has fetched, and a mirror of theirs, change no test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PENCHANT_MODELS", str(tmp_path_factory.mktemp("models")))
        patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("hub")))
        for name in ("PENCHANT_MODEL_MIRROR", "HF_ENDPOINT", "PENCHANT_OFFLINE", "HF_HUB_OFFLINE"):
            patch.delenv(name, raising=False)
        patch.setenv("no_proxy", "*")
        yield


@pytest.fixture(scope="session")
def _opened_once() -> Iterator[None]:
    """The lexicon and each model are opened once for all calls in this process, as they never change."""
    from penchant.recognition import Classifier
    from penchant.semantics import Lexicon

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Lexicon, "load", functools.cache(Lexicon.load))
        patch.setattr(Classifier, "open", functools.cache(Classifier.open))
        yield


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, _opened_once: None) -> Cli:
    """The command line in this process."""
    from penchant.cli import main

    def call(*arguments: str | os.PathLike[str], stdin: bytes = b"") -> Outcome:
        capfd.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as left:
            main([os.fspath(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert isinstance(left.value.code, int)
        return Outcome(left.value.code, out, err)

    return call


def draw_pictures(folder: Path, count: int, *, side: int = 96, first: int = 0) -> list[Path]:
    """Writes different JPEGs of gradients and circles, named 000.jpg and so on."""
    from PIL import Image, ImageDraw

    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i in range(first, first + count):
        picture = Image.radial_gradient("L").resize((side, side))
        colours = ((i * 37) % 256, (i * 91) % 256, (i * 53) % 256)
        image = Image.merge("RGB", [picture.point([(v * (c + 1)) // 256 for v in range(256)]) for c in colours])
        drawing = ImageDraw.Draw(image)
        for j in range(1 + i % 5):
            corner = (i * 7 + j * 13) % (side - 20)
            drawing.ellipse((corner, (corner * 3) % (side - 20), corner + 20, (corner * 3) % (side - 20) + 20), "red")
        drawing.text((2, 2), str(i), fill="white")
        path = folder / f"{i:03}.jpg"
        image.save(path, "JPEG", quality=90)
        paths.append(path)
    return paths


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 pictures. Not to be changed: copy it."""
    folder = tmp_path_factory.mktemp("pictures")
    draw_pictures(folder, 24)
    return folder


@pytest.fixture
def mixed(tmp_path: Path, pictures: Path) -> Path:
    """A folder of 20 pictures, a copy of one, a broken one and a text."""
    import shutil

    folder = tmp_path / "mixed"
    shutil.copytree(pictures, folder)
    for extra in sorted(folder.iterdir())[20:]:
        extra.unlink()
    shutil.copy(folder / "000.jpg", folder / "copy of 000.jpg")
    (folder / "broken.jpg").write_bytes((folder / "001.jpg").read_bytes()[:400])
    (folder / "letter.txt").write_text("not a picture")
    return folder
