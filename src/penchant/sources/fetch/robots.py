"""What a site says about machines: robots.txt (RFC 9309), X-Robots-Tag, and TDM-Reservation.

The only other module here that needs a library of the extra `online` at its top is `network`; `fetcher` imports both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from protego import Protego

from penchant.errors import FetchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

AGENT = "penchant"
"""Our name in a robots.txt."""

LONGEST = 512 << 10
"""Bytes of a robots.txt that are read: RFC 9309 asks for 500 KiB at least."""

LONGEST_DELAY = 30.0
"""Seconds; a robots.txt that asks for more between two requests gets this much."""

REFUSING = frozenset({"noai", "noimageai", "noindex", "noimageindex", "none"})
"""Directives of X-Robots-Tag that a profile made from the picture would go against."""

_WITH_VALUES = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


class Rules:
    """One host's robots.txt."""

    def __init__(self, text: str) -> None:
        self._parsed = Protego.parse(text)

    def check(self, url: str) -> None:
        """Raises FetchError when the address is closed to us."""
        if not self._parsed.can_fetch(url, AGENT):
            raise FetchError("its site's robots.txt closes it to programs", lasting=True)

    @property
    def delay(self) -> float:
        """Seconds between two requests, as the site asks; 0 where it doesn't."""
        delay = self._parsed.crawl_delay(AGENT)
        return min(float(delay), LONGEST_DELAY) if delay else 0.0


def read_rules(status: int, body: bytes) -> Rules:
    """The rules that an answer to GET /robots.txt makes.

    RFC 9309, 2.3.1: without a file (any 4xx but 429) all is open; when the server fails, all is closed for now.

    Raises:
        FetchError: the file is there and can't be had, so nobody knows what is open.
    """
    if 200 <= status < 300:
        return Rules(body[:LONGEST].decode("utf-8", "replace"))
    if 400 <= status < 500 and status != 429:
        return Rules("")
    raise FetchError(f"its site's robots.txt can't be had ({status}), so nothing is open", lasting=False)


def check_headers(tags: Iterable[str], others: Mapping[str, str]) -> None:
    """Raises FetchError when the headers of an answer forbid the use that we make of pictures.

    Args:
        tags: the values of all X-Robots-Tag headers.
        others: the other headers, their names in lower case.
    """
    # X-Robots-Tag: noai, noimageai
    # X-Robots-Tag: otherbot: noindex, nofollow
    # X-Robots-Tag: unavailable_after: 25 Jun 2030 15:00:00 PST
    for value in tags:
        said = _directives_for_us(value) & REFUSING
        if said:
            raise FetchError(f"its site forbids it (X-Robots-Tag: {', '.join(sorted(said))})", lasting=True)
    # https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/
    if others.get("tdm-reservation", "").strip() == "1":
        raise FetchError("its site forbids it (TDM-Reservation: 1)", lasting=True)


def _directives_for_us(value: str) -> frozenset[str]:
    """Directives that stand behind no agent's name, or behind ours; a name holds until the next one."""
    ours = True
    found = set()
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        directive = name.strip()
        if colon and directive not in _WITH_VALUES:
            ours = directive in (AGENT, "*")
            directive = rest.strip()
        if ours:
            found.add(directive)
    return frozenset(found)
