"""`penchant serve`: the web app."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from penchant.cli import common
from penchant.cli.extras import is_installed
from penchant.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from penchant.web.settings import Settings

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_LEVELS = ("none", "jobs", "all")


def serve(
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS", help="Listen here. Beyond this machine there is no password: beware."
        ),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes any that is free.")] = 8754,
    open: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,  # noqa: A002
    keep: Annotated[
        str, typer.Option("--keep", metavar="TIME", help="Delete a finished job after this time (90s, 30m, 1h, 2d).")
    ] = "1h",
    max_upload: Annotated[
        int, typer.Option("--max-upload", metavar="MB", min=1, help="The most that one upload may hold.")
    ] = 1000,
    max_files: Annotated[
        int, typer.Option("--max-files", metavar="N", min=1, help="The most pictures of one job.")
    ] = 5000,
    max_pixels: common.MaxPixels = 100,
    queue: Annotated[
        int, typer.Option("--queue", metavar="N", min=1, help="Jobs at once; further visitors are told to wait.")
    ] = 10,
    allow_url: Annotated[
        bool, typer.Option("--allow-url", help="Let visitors name a public address of a picture, which is fetched.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="A name under which visitors reach the app, beside localhost. Repeat."
        ),
    ] = None,
    proxy: Annotated[
        str | None,
        typer.Option("--proxy", metavar="ADDRESS", help="Take this proxy's word for where visitors come from."),
    ] = None,
    root_path: Annotated[
        str, typer.Option("--root-path", metavar="PATH", help="What a proxy puts before every path (/penchant).")
    ] = "",
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="Where jobs are kept until they are done and expire.",
            show_default="a folder that is deleted at the end",
        ),
    ] = None,
    model: common.Model = "efficientnet-lite0-int8",
    generaliser: common.Generaliser = "ontology",
    taxonomy: common.Taxonomy = None,
    threads: common.Threads = None,
    max_memory: common.MaxMemory = None,
    log: Annotated[
        str,
        typer.Option(
            "--log", metavar="none|jobs|all", help="JSON lines on standard error, without names or addresses."
        ),
    ] = "jobs",
    quiet: common.Quiet = False,
) -> int:
    """Serve the web app: drop pictures on a page, and see what they say.

    Only this machine reaches it unless --host says otherwise. Pictures are deleted as soon as they were looked at,
    and all of a job when it expires or is deleted.

    \b
    penchant serve --open
    penchant serve --host 0.0.0.0 --allow-host example.org --data /srv/penchant
    """
    if not is_installed("web"):
        raise MissingExtraError("The web app", extra="web")
    if allow_url and not is_installed("online"):
        raise MissingExtraError("--allow-url", extra="online")
    if log not in _LEVELS:
        raise UsageError(f"--log {log!r}: write none, jobs or all")
    from tempfile import TemporaryDirectory

    from penchant.web.server import serve as run

    def ready(url: str) -> None:
        typer.echo(url)
        if host not in _LOOPBACK and not quiet:
            common.note(
                f"whoever reaches {host} can use it: there is no password; docs/web.md says how to put one before"
            )
        if not quiet:
            common.note("stop it with Ctrl-C")
        if open:
            _show(url)

    with TemporaryDirectory(prefix="penchant-", ignore_cleanup_errors=True) as fleeting:
        settings = _settings(
            data=data or Path(fleeting), keep=keep, max_upload=max_upload, max_files=max_files, max_pixels=max_pixels,
            queue=queue, allow_url=allow_url, allow_host=allow_host or [], root_path=root_path, model=model,
            generaliser=generaliser, taxonomy=taxonomy, threads=threads, max_memory=max_memory,
            log="none" if quiet else log,
        )  # fmt: skip
        run(settings, host=host, port=port, proxy=proxy, on_ready=ready)
    return common.DONE


def _settings(
    *, data: Path, keep: str, max_upload: int, max_files: int, max_pixels: int, queue: int, allow_url: bool,
    allow_host: list[str], root_path: str, model: str, generaliser: str, taxonomy: Path | None, threads: int | None,
    max_memory: int | None, log: str,
) -> Settings:  # fmt: skip
    from penchant.executors import usable_cores
    from penchant.web.settings import MB, Limits, Settings

    samples, hint = _samples()
    return Settings(
        data=data,
        keep_seconds=_seconds(keep),
        threads=threads or usable_cores(),
        max_memory_mib=max_memory,
        model=model,
        generaliser=generaliser,
        taxonomy=taxonomy,
        hosts=tuple(allow_host),
        root_path=_root_path(root_path),
        allow_url=allow_url,
        samples=samples,
        samples_hint=hint,
        log=log,
        limits=Limits(
            upload_bytes=max_upload * MB,
            file_bytes=min(100, max_upload) * MB,
            files=max_files,
            unpacked_bytes=4 * max_upload * MB,
            megapixels=max_pixels,
            queue=queue,
        ),
    )


def _seconds(text: str) -> float:
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None or float(found[1]) <= 0:
        raise UsageError(f"--keep {text!r}: write a time like 90s, 30m, 1h or 2d")
    return float(found[1]) * _SECONDS[found[2]]


def _root_path(text: str) -> str:
    path = text.strip("/")
    if path and not re.fullmatch(r"[A-Za-z0-9._~/-]+", path):
        raise UsageError(f"--root-path {text!r}: write a path like /penchant")
    return f"/{path}" if path else ""


def _samples() -> tuple[tuple[str, ...], str]:
    from penchant.cli.demo import sample_pictures

    try:
        return tuple(sample_pictures()), ""
    except MissingExtraError as error:
        return (), error.command


def _show(url: str) -> None:
    import webbrowser

    if not webbrowser.open(url):
        typer.echo(f"No browser could be started; open {url} by hand.", err=True)
