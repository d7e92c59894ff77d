"""`penchant models`: the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from penchant.cli import common

app = typer.Typer(help="The catalogue of models.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_models(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a model, one a line.")] = False,
) -> None:
    """List the models that are known by name."""
    import msgspec

    from penchant.recognition import load_catalogue

    rows = load_catalogue().models
    if json:
        for row in rows:
            typer.echo(msgspec.json.encode(row))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("name", "what it is", "labels", "size", "licence"):
        table.add_column(heading, justify="right" if heading == "size" else "left")
    for row in rows:
        size = "" if row.bytes is None else f"{row.bytes / 1e6:.1f} MB"
        table.add_row(row.name, row.title, row.labels, size, row.licence)
    common.console().print(table)
    typer.echo("\nAny other ONNX image classifier runs by its path: penchant profile … --model my.onnx", err=True)


@app.command("verify")
def verify(
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="Which; all, if none is given.")] = None,
) -> int:
    """Check that the models' files are the ones that the catalogue describes, and that they run."""
    from penchant.errors import ModelError
    from penchant.recognition import Classifier, load_catalogue

    wrong = 0
    wanted = names or [row.name for row in load_catalogue().models]
    for name in wanted:
        try:
            classifier = Classifier.open(name)
            typer.echo(f"{name}: good (SHA-256 {classifier.facts.sha256})")
        except ModelError as error:
            wrong += 1
            typer.echo(f"{name}: {error}", err=True)
    if not wrong:
        return common.DONE
    return common.NOTHING_DONE if wrong == len(wanted) else common.SOMETHING_LEFT_OUT
