"""The address of a service: complete, without a password, and encrypted unless it is on this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from penchant.errors import UsageError

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def checked_address(address: str, *, of: str, like: str) -> str:
    """The address with a slash at its end.

    Args:
        address: what the user gave.
        of: whose address it is ("BabelNet's service").
        like: an address that is right.

    Raises:
        UsageError: it is none, it holds a name, a password or parameters, or the key would cross a network in clear.
    """
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise UsageError(f"the address of {of} must be like {like}, without a name, a password or parameters")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise UsageError(f"the key would cross the network in clear to {parts.hostname}: give an https:// address")
    return address.rstrip("/") + "/"
