"""What all online services share: the user's key, the address, and requests that keep the key to themselves."""

from __future__ import annotations

from penchant.online.address import checked_address
from penchant.online.key import Key, KeyPlace
from penchant.online.passing import PassingError

__all__ = ["Key", "KeyPlace", "PassingError", "checked_address"]
