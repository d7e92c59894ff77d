"""One picture from a public address: the name is resolved once, and every redirect is checked again."""

from __future__ import annotations

from penchant.sources.fetch import AddressPolicy, FetchOptions, PictureFetcher

_PORTS = frozenset({80, 443})
_SECONDS = 30.0


def fetch_picture(url: str, *, most: int) -> bytes:
    """The bytes of a picture at a public address.

    Raises:
        FetchError: it can't be had, or must not be.
        MissingExtraError: httpx isn't installed.
    """
    options = FetchOptions(
        max_bytes=most,
        total_timeout=_SECONDS,
        policy=AddressPolicy(public_only=True, ports=_PORTS, hint="", discreet=True),
        use_proxy=False,
    )
    with PictureFetcher(options) as fetcher:
        return fetcher.fetch(url).data
