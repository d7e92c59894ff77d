"""What an operator may choose about the app; `penchant serve` makes one of its options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penchant.executors import usable_cores
from penchant.recognition import DEFAULT_MODEL

if TYPE_CHECKING:
    from pathlib import Path

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one visitor, and all together, may cost. What lies beyond is refused with its reason.

    Attributes:
        upload_bytes: one upload in all.
        file_bytes: one picture; an archive may be as large as the upload.
        files: pictures of one job, those in archives included.
        unpacked_bytes: what the pictures of one archive may unpack to.
        megapixels: larger pictures are refused before they are decoded (JPEGs: four times this).
        queue: jobs that are not finished, of all visitors.
        of_one_visitor: … of one, unless they sit at this machine.
        text_chars: tags that are typed in.
        idle_seconds: how long an upload may stand still.
        upload_seconds: how long an upload may take.
        bursts: requests, and uploads, that a visitor may make at once …
        rates: … and in each second afterwards.
    """

    upload_bytes: int = 1000 * MB
    file_bytes: int = 100 * MB
    files: int = 5000
    unpacked_bytes: int = 4000 * MB
    megapixels: int = 100
    queue: int = 10
    of_one_visitor: int = 3
    text_chars: int = 20_000
    idle_seconds: float = 30.0
    upload_seconds: float = 1800.0
    bursts: tuple[float, float] = (2000.0, 30.0)
    rates: tuple[float, float] = (100.0, 0.2)


@dataclass(frozen=True, slots=True)
class Settings:
    """The app's settings.

    Attributes:
        data: the folder that holds jobs, and nothing else; it is made where it isn't there.
        keep_seconds: how long a finished job is kept.
        threads: pictures worked on at once.
        max_memory_mib: as `pipeline.Recipe` has it.
        model, generaliser, taxonomy: what is chosen where a visitor chooses nothing; taxonomy None is the embedded one.
        hosts: names under which visitors reach the app, beside localhost and plain addresses.
        root_path: what a proxy puts before every path ("/penchant").
        allow_url: whether a picture may be fetched from a public address.
        samples: paths of pictures for those who just look.
        samples_hint: the command that brings samples, where there are none.
        log: "none", "jobs" or "all" (each request, too).
    """

    data: Path
    keep_seconds: float = 3600.0
    threads: int = field(default_factory=usable_cores)
    max_memory_mib: int | None = None
    model: str = DEFAULT_MODEL
    generaliser: str = "ontology"
    taxonomy: Path | None = None
    hosts: tuple[str, ...] = ()
    root_path: str = ""
    allow_url: bool = False
    samples: tuple[str, ...] = ()
    samples_hint: str = ""
    log: str = "jobs"
    limits: Limits = field(default_factory=Limits)
