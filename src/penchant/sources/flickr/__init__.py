"""People's favourites on Flickr, as a table of photos.

Plan ──> Collecting ──> Collection ──> photos.parquet
             ├─ FlickrClient: the service, its failures told apart
             │      ├─ Limiter: 3,600 queries an hour for all processes with one key
             │      └─ wire: what the service sends, and what is taken from it
             ├─ people: those who are named, and those whom chance finds
             └─ pictures: fetched, checked, and on disk
"""

from __future__ import annotations

from penchant.sources.flickr.client import KEY_PLACE, FlickrClient, endpoint
from penchant.sources.flickr.collecting import Collecting, Outcome
from penchant.sources.flickr.limiter import PER_HOUR, Clock, Limiter
from penchant.sources.flickr.pictures import fetch_options, is_loopback
from penchant.sources.flickr.plan import NOTICE, Estimate, Plan, estimate, kept_plan
from penchant.sources.flickr.pseudonyms import pseudonymiser
from penchant.sources.flickr.schema import check_folder
from penchant.sources.flickr.sizes import SIZES, size_named
from penchant.sources.flickr.state import Collection

__all__ = [
    "KEY_PLACE",
    "NOTICE",
    "PER_HOUR",
    "SIZES",
    "Clock",
    "Collecting",
    "Collection",
    "Estimate",
    "FlickrClient",
    "Limiter",
    "Outcome",
    "Plan",
    "check_folder",
    "endpoint",
    "estimate",
    "fetch_options",
    "is_loopback",
    "kept_plan",
    "pseudonymiser",
    "size_named",
]
