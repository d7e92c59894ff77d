"""What a caller may decide about fetching, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penchant.retry import Retry
from penchant.sources.fetch.policy import AddressPolicy
from penchant.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

USER_AGENT = f"penchant/{__version__} (+https://pypi.org/project/penchant/)"


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How pictures are fetched. Can be pickled.

    Attributes:
        parallel: requests at once, in all.
        per_host: requests at once to one host.
        interval: seconds between the beginnings of two requests to one host; its robots.txt may ask for more.
        max_bytes: the largest picture; counted while it comes, whatever the answer says of itself.
        connect_timeout, read_timeout: seconds that a connection, or a pause within an answer, may take.
        total_timeout: seconds that one try may take in all.
        retry: how often a request is made again, and after which pauses.
        redirects: how many are followed, each checked like the first address.
        robots: whether robots.txt and the headers X-Robots-Tag and TDM-Reservation decide. Only a service whose own
            interface handed the addresses over, to be fetched, is asked without.
        policy: which addresses may be asked at all.
        use_proxy: whether the environment's proxy is used; it then looks names up in place of the policy.
        keep: a folder where pictures are kept, and looked for before anybody is asked; None keeps nothing.
        online: False reads kept pictures only.
        user_agent: who asks.
    """

    parallel: int = 16
    per_host: int = 4
    interval: float = 0.05
    max_bytes: int = 32_000_000
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    total_timeout: float = 60.0
    retry: Retry = field(default_factory=lambda: Retry(attempts=4))
    redirects: int = 5
    robots: bool = True
    policy: AddressPolicy = field(default_factory=AddressPolicy)
    use_proxy: bool = True
    keep: Path | None = None
    online: bool = True
    user_agent: str = USER_AGENT


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture that was fetched.

    Attributes:
        data: its bytes, which begin as a picture does.
        url: where redirects led in the end.
    """

    data: bytes
    url: str
