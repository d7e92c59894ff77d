"""Pictures from addresses, politely and within limits.

    Photo.url ──> FetchAhead ──> PictureFetcher ──> robots, hosts ──> network ──> the address that the policy allows
                  in time for       one picture,      who may ask,      HTTP, pinned to
                  the classifier    tried again       and how often     a checked address

Nothing here asks anybody without having been told to: whoever makes a `PictureFetcher` has the consent of whoever
gave the addresses. httpx is imported when the first one is made.
"""

from penchant.sources.fetch.ahead import FetchAhead
from penchant.sources.fetch.consent import check_consent, request_summary, shown_hosts
from penchant.sources.fetch.fetcher import PictureFetcher
from penchant.sources.fetch.options import Fetched, FetchOptions
from penchant.sources.fetch.policy import AddressPolicy, address_stamp, check_address, host_of

__all__ = [
    "AddressPolicy",
    "FetchAhead",
    "FetchOptions",
    "Fetched",
    "PictureFetcher",
    "address_stamp",
    "check_address",
    "check_consent",
    "host_of",
    "request_summary",
    "shown_hosts",
]
