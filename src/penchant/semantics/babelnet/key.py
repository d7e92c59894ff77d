"""The user's key to BabelNet, and where it is looked for."""

from __future__ import annotations

from penchant.online.key import Key, KeyPlace

__all__ = ["PLACE", "Key", "find_key"]

PLACE = KeyPlace("BabelNet", "BABELNET_KEY", "babelnet.key", "free at https://babelnet.org/register")

find_key = PLACE.find
"""The key: the one given, or the environment's, or the file's, in this order; see `KeyPlace.find`."""
