"""`penchant doctor`: what is installed, what is missing, and the command that mends it."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common
from penchant.cli.extras import EXTRAS, is_installed
from penchant.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

_LIBRARIES = (
    "numpy",
    "pillow",
    "onnxruntime",
    "cykooz.resizer",
    "pyarrow",
    "msgspec",
    "typer",
    "rich",
    "jinja2",
    "filelock",
    "defusedxml",
)


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Check the installation: libraries, embedded data, optional parts, and one picture from end to end."""
    checks = [
        {"what": "python", "state": "good", "detail": f"{platform.python_version()} on {platform.system()}"},
        *(_library(name) for name in _LIBRARIES),
        _check("model", _model),
        _check("lexicon", _lexicon),
        _check("picture to label", _picture),
        *(_extra(name, extra.purpose) for name, extra in EXTRAS.items()),
    ]
    broken = any(check["state"] == "broken" for check in checks)
    if json:
        import msgspec

        typer.echo(msgspec.json.encode({"schema_version": 1, "penchant": __version__, "checks": checks}))
    else:
        _print(checks)
    return common.NOTHING_DONE if broken else common.DONE


def _library(name: str) -> dict[str, str]:
    from importlib import metadata

    try:
        return {"what": name, "state": "good", "detail": metadata.version(name)}
    except metadata.PackageNotFoundError:
        return {"what": name, "state": "broken", "detail": f"missing: pip install '{name}'"}


def _extra(name: str, purpose: str) -> dict[str, str]:
    if is_installed(name):
        return {"what": f"extra {name}", "state": "good", "detail": purpose}
    return {"what": f"extra {name}", "state": "absent", "detail": f"{purpose}: pip install 'penchant[{name}]'"}


def _check(what: str, check: Callable[[], str]) -> dict[str, str]:
    try:
        return {"what": what, "state": "good", "detail": check()}
    except Exception as error:  # whatever is wrong with an installation is what this command is there to tell
        return {"what": what, "state": "broken", "detail": f"{error}; pip install --force-reinstall penchant"}


def _model() -> str:
    from penchant.recognition import DEFAULT_MODEL, Classifier

    return f"{Classifier.open(DEFAULT_MODEL).facts.name}, its checksum agrees"


def _lexicon() -> str:
    from penchant.semantics import OntologyGeneraliser

    generaliser = OntologyGeneraliser.load()
    answer = generaliser.synset_domains("n02123045")
    if not answer or answer[0][0] != "ANIMALS":
        raise RuntimeError(f"a tabby should be an animal, and is {answer}")
    return f"WordNet 3.0 with {len(generaliser.taxonomy.domains)} domains"


def _picture() -> str:
    import io

    import numpy as np
    from PIL import Image

    from penchant.recognition import DEFAULT_MODEL, Classifier, DecodeLimits, Decoder

    buffer = io.BytesIO()
    Image.effect_mandelbrot((640, 480), (-2.0, -1.5, 1.0, 1.5), 40).convert("RGB").save(buffer, "JPEG")
    classifier = Classifier.open(DEFAULT_MODEL)
    square = Decoder(DecodeLimits()).square(buffer.getvalue(), side=classifier.side, resize=classifier.resize)
    label, _ = classifier.classify(square[np.newaxis])
    return f"a drawn fractal is taken for a {classifier.label_set.classes[int(label[0, 0])].name}"


def _print(checks: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    styles = {"good": "green", "absent": "yellow", "broken": "bold red"}
    for check in checks:
        state = Text(check["state"], styles[check["state"]])
        table.add_row(state, Text(check["what"]), Text(check["detail"]))  # Text: [heic] is no markup
    common.console().print(table)
