"""Hashtags in captions."""

from __future__ import annotations

import re

_HASHTAG = re.compile(r"(?<![\w&/])#(\w{1,100})")


def hashtags(caption: str | None) -> tuple[str, ...]:
    """The hashtags of a caption without their "#", each once; numbers alone ("#1") are none."""
    found = _HASHTAG.findall(caption or "")
    return tuple(dict.fromkeys(tag for tag in found if not tag.isdigit()))
