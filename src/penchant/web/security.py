"""What every request passes: the name it was sent to, where it came from, how often; and what every answer bears."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from penchant.web.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastapi import Request

CSRF_COOKIE = "penchant-form"
CSRF_FIELD = "csrf"
_TOKEN_BYTES = 24

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""On every answer; `Cache-Control: no-store` on all but the app's own style and script."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Security:
    """Checks on requests.

    Args:
        secret: the data folder's key, which signs tokens and hides addresses.
        hosts: names that are served beside localhost and plain addresses.
    """

    def __init__(self, secret: bytes, hosts: Collection[str]) -> None:
        self._secret = secret
        self._hosts = {host.lower().rstrip(".") for host in hosts} | {"localhost"}

    def visitor(self, request: Request) -> str:
        """Who asks, as a hash that tells nobody's address; a network of IPv6 is one visitor."""
        return self._hash("visitor", _network(request.client.host if request.client else ""))

    def check_host(self, request: Request) -> None:
        """Refuses names that are not ours: a page elsewhere could point one at this machine (DNS rebinding).

        Plain addresses are always served: nobody can point those elsewhere.
        """
        name = host_name(request.headers.get("host", ""))
        if name is None or not (name in self._hosts or _is_address(name)):
            raise Problem(
                421,
                "This app isn't served under that name. Its operator can allow it: penchant serve --allow-host NAME.",
                reason="host",
            )

    def check_origin(self, request: Request) -> None:
        """Refuses changes that another site's page asks for in a visitor's name."""
        if request.method in SAFE:
            return
        origin = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site")
        same = origin is None or urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
        if not same or site not in {None, "same-origin", "none"}:
            raise Problem(403, "That was asked for by a page of another site.", reason="origin")

    def token(self, request: Request) -> tuple[str, str | None]:
        """The token for this visitor's forms, and the cookie to set where there is none yet."""
        held = request.cookies.get(CSRF_COOKIE, "")
        seed = held if len(held) == 2 * _TOKEN_BYTES and held.isalnum() and held.isascii() else None
        fresh = secrets.token_hex(_TOKEN_BYTES) if seed is None else None
        return self._hash("form", seed or fresh or ""), fresh

    def check_token(self, request: Request, given: str) -> None:
        """Refuses a form that this visitor wasn't given."""
        held = request.cookies.get(CSRF_COOKIE, "")
        wanted = self._hash("form", held)
        if not held or not hmac.compare_digest(wanted.encode(), given.encode()):
            raise Problem(
                403,
                "This form is out of date, or your browser refuses cookies: go back, load the page anew and try again.",
                reason="token",
            )

    def _hash(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{text}".encode(), sha256).hexdigest()[:32]


def is_this_machine(request: Request) -> bool:
    """Whether the visitor sits at the machine that the app runs on."""
    try:
        return ipaddress.ip_address(request.client.host if request.client else "").is_loopback
    except ValueError:
        return False


def host_name(header: str) -> str | None:
    """The name in a Host header, without the port and without brackets; None where it is not one."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return None
    if not header or parts.path or parts.query or parts.fragment or "@" in header:
        return None
    return (parts.hostname or "").rstrip(".") or None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
