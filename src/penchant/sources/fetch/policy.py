"""Which addresses may be asked at all.

A table from elsewhere, or a visitor of the web app, must not make this machine ask what only this machine can reach:
a router's page, a cloud's metadata service, another program on loopback. So a name is resolved once, all that it
resolves to is looked at, and the connection goes to an address that was looked at: a name that answers differently
the second time gains nothing.
"""

from __future__ import annotations

import hashlib
import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from penchant.errors import FetchError
from penchant.text import printable

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""From a host's name and a port to its numeric addresses."""

IP: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

SCHEMES = {"http": 80, "https": 443}

_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")  # IPv4-compatible, long out of use


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the system's resolver says. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Decides which hosts and ports may be asked.

    Attributes:
        public_only: refuse loopback, private, link-local, shared, multicast, reserved and unspecified addresses.
        ports: the only ports allowed, or None for any.
        resolve: looks a name up; by default the system does.
        hint: what a refusal adds for whoever may decide otherwise; "" where nobody may.
        discreet: whether refusals leave out what a name resolves to: a stranger shall not learn it of private names.
    """

    public_only: bool = True
    ports: frozenset[int] | None = None
    resolve: Resolver = system_addresses
    hint: str = "; --allow-private-addresses allows that"
    discreet: bool = False

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The numeric addresses to connect to, of one look-up; all of them may be asked.

        Raises:
            FetchError: one of them may not be asked.
            OSError: the name leads nowhere.
        """
        self.check_host(host, port)
        found = tuple(self.resolve(host, port))
        for address in found:
            self._check_ip(host, ipaddress.ip_address(address.partition("%")[0]))
        return found

    def check_host(self, host: str, port: int) -> None:
        """What can be said without a look-up: the port, and addresses that are numbers. Raises FetchError."""
        if self.ports is not None and port not in self.ports:
            raise FetchError(f"refused: port {port} is not one of the web's", lasting=True)
        name = host.rstrip(".").lower()
        if self.public_only and (name == "localhost" or name.endswith(".localhost")):
            raise FetchError(f"refused: {name} is this machine{self.hint}", lasting=True)
        try:
            numeric = ipaddress.ip_address(name.strip("[]").partition("%")[0])
        except ValueError:
            return
        self._check_ip(host, numeric)

    def _check_ip(self, host: str, address: IP) -> None:
        if self.public_only and not is_public(address):
            shown = printable(host)
            where = "" if self.discreet or str(address) == host else f" ({address})"
            raise FetchError(f"refused: {shown}{where} is not a public address{self.hint}", lasting=True)


def is_public(address: IP) -> bool:
    """Whether an address is one of the public internet; of one that carries another inside, both must be."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to: mapped, 6to4, Teredo's server, NAT64."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def check_address(url: str) -> str:
    """The address as it stands, when it is one of the web. Raises FetchError with the reason against it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise FetchError(f"no web address ({error})", lasting=True) from error
    if parts.scheme.lower() not in SCHEMES:
        kind = f"{printable(parts.scheme)}: is not fetched" if parts.scheme else "it has no http:// or https://"
        raise FetchError(f"no web address: {kind}", lasting=True)
    if not host:
        raise FetchError("no web address: it names no host", lasting=True)
    if parts.username is not None or parts.password is not None:
        raise FetchError("refused: the address holds a name and password, which would be stored", lasting=True)
    return url


def host_of(url: str) -> str:
    """The host that an address names, in lower case, for people; "" where it names none."""
    try:
        return printable(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def address_stamp(url: str) -> int:
    """What stands for a file's stamp where there is only an address: 63 bits of its SHA-256, never 0."""
    return int.from_bytes(hashlib.sha256(url.encode()).digest()[:8]) >> 1 or 1
