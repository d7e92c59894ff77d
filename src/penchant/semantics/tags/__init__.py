"""Tags as people type them: cleaned in visible steps, and understood alone or by their company.

    tag ── text.read ──> steps ──> CleanTag ── meaning ──> senses ── disambiguation ──> domains
                           │ company: what the other tags of a bag decide

`clean_tags` and `understand_tags` use what is embedded; `TagCleaner` and `TagReader` take a lexicon or ontology of
one's own. The names are imported when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penchant.semantics.tags.cleaner import TagCleaner
    from penchant.semantics.tags.reader import TagReader, Understanding, UnderstoodTag, clean_tags, understand_tags
    from penchant.semantics.tags.values import CleanTag, Part, Reason

__all__ = [
    "CleanTag",
    "Part",
    "Reason",
    "TagCleaner",
    "TagReader",
    "Understanding",
    "UnderstoodTag",
    "clean_tags",
    "understand_tags",
]

_HOMES = {
    "cleaner": ("TagCleaner",),
    "reader": ("TagReader", "Understanding", "UnderstoodTag", "clean_tags", "understand_tags"),
    "values": ("CleanTag", "Part", "Reason"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
