"""BabelNet's REST service behind the protocol of generalisers: for those who have a key.

BabelNetGeneraliser ──> BabelNetClient ──> the service
    │                       ├─ BabelNetCache: every answer, for good
    └─ Crosswalk            └─ wire: what the service sends, and what is taken from it
"""

from __future__ import annotations

from penchant.semantics.babelnet.cache import BabelNetCache
from penchant.semantics.babelnet.client import BabelNetClient
from penchant.semantics.babelnet.crosswalk import Crosswalk, CrosswalkReport, load_crosswalk
from penchant.semantics.babelnet.generaliser import BabelNetGeneraliser
from penchant.semantics.babelnet.key import Key, find_key
from penchant.semantics.babelnet.wire import BabelSense, BabelSynset

__all__ = [
    "BabelNetCache",
    "BabelNetClient",
    "BabelNetGeneraliser",
    "BabelSense",
    "BabelSynset",
    "Crosswalk",
    "CrosswalkReport",
    "Key",
    "find_key",
    "load_crosswalk",
]
