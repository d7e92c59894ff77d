"""Nobody is asked for pictures without the user's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penchant.errors import UsageError
from penchant.sources.fetch.kept import KeptPictures
from penchant.sources.fetch.policy import host_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penchant.sources.fetch.options import FetchOptions
    from penchant.types import Photo

_HOSTS_SHOWN = 3


def request_summary(photos: Iterable[Photo], options: FetchOptions | None) -> tuple[int, tuple[str, ...]]:
    """How many pictures would be asked for, and of which hosts, those of most pictures first."""
    kept = None if options is None or options.keep is None else KeptPictures(options.keep)
    hosts: dict[str, int] = {}
    for photo in photos:
        if photo.url is not None and not (kept is not None and kept.has(photo.url)):
            host = host_of(photo.url)
            hosts[host] = hosts.get(host, 0) + 1
    return sum(hosts.values()), tuple(sorted(hosts, key=lambda host: (-hosts[host], host)))


def shown_hosts(hosts: tuple[str, ...]) -> str:
    """ "3 hosts (a.example, b.example, c.example)"; the first few are named."""
    named = ", ".join(hosts[:_HOSTS_SHOWN]) + (", …" if len(hosts) > _HOSTS_SHOWN else "")
    return f"{len(hosts):,} host{'' if len(hosts) == 1 else 's'} ({named})"


def check_consent(photos: Iterable[Photo], options: FetchOptions | None) -> None:
    """Raises UsageError when pictures are at addresses and nobody has said that those may be asked.

    Args:
        photos: all whose pictures are needed.
        options: None where fetching wasn't asked for; whoever gives a folder of kept pictures only has decided too.
    """
    if options is not None:
        return
    count, hosts = request_summary(photos, None)
    if count:
        what = "1 picture is at an address" if count == 1 else f"{count:,} pictures are at addresses"
        raise UsageError(
            f"{what} of {shown_hosts(hosts)}, and nothing is fetched unasked: --fetch asks for "
            f"{'it' if count == 1 else 'them'}"
        )
