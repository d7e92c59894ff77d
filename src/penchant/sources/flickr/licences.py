"""The licences that photos on Flickr have, by the service's numbers.

The names come from the service (flickr.photos.licenses.getInfo, asked once a collection), since it has added some over
the years; what is here serves where it didn't answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")

_KNOWN = {
    0: "All rights reserved",
    1: "CC BY-NC-SA 2.0",
    2: "CC BY-NC 2.0",
    3: "CC BY-NC-ND 2.0",
    4: "CC BY 2.0",
    5: "CC BY-SA 2.0",
    6: "CC BY-ND 2.0",
    7: "No known copyright restrictions",
    8: "United States Government Work",
    9: "CC0 1.0",
    10: "Public Domain Mark 1.0",
}
_VERSION_4 = range(11, 17)  # CC BY 4.0 and its five variants; which is which, the service says


def licence_name(number: int | None, said: Mapping[int, tuple[str, str]]) -> str | None:
    """A short name ("CC BY-SA 2.0"); None for None.

    Args:
        number: the service's.
        said: name and address of each number, as the service says.
    """
    if number is None or number in _KNOWN:
        return None if number is None else _KNOWN[number]
    name, address = said.get(number, ("", ""))
    if match := _CREATIVE_COMMONS.match(address):
        return f"CC {match[1].upper()} {match[2]}"
    return name or (
        f"a Creative Commons 4.0 licence (Flickr's {number})" if number in _VERSION_4 else f"Flickr's {number}"
    )
