"""From labels and tags to domains: the lexicon, the taxonomy, the ontology that joins them, and generalisers.

    word ── Lexicon ──> senses ── Ontology ──> domains
                                   └─ Taxonomy: the domains and their anchors, a file that people edit

The names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penchant.semantics.babelnet import BabelNetClient, BabelNetGeneraliser
    from penchant.semantics.check import Finding, Report, check_ontology
    from penchant.semantics.choose import make_generaliser
    from penchant.semantics.generaliser import Generaliser, OntologyGeneraliser
    from penchant.semantics.lexicon import Lexicon
    from penchant.semantics.ontology import Link, Ontology, Route, Step
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.semantics.taxonomy import Anchor, Taxonomy, find_taxonomy, load_taxonomy, parse_taxonomy

__all__ = [
    "Anchor",
    "BabelNetClient",
    "BabelNetGeneraliser",
    "Finding",
    "Generaliser",
    "Lexicon",
    "Link",
    "Ontology",
    "OntologyGeneraliser",
    "PaperGeneraliser",
    "Report",
    "Route",
    "Step",
    "Taxonomy",
    "check_ontology",
    "find_taxonomy",
    "load_taxonomy",
    "make_generaliser",
    "parse_taxonomy",
]

_HOMES = {
    "babelnet": ("BabelNetClient", "BabelNetGeneraliser"),
    "check": ("Finding", "Report", "check_ontology"),
    "choose": ("make_generaliser",),
    "generaliser": ("Generaliser", "OntologyGeneraliser"),
    "lexicon": ("Lexicon",),
    "ontology": ("Link", "Ontology", "Route", "Step"),
    "paper": ("PaperGeneraliser",),
    "taxonomy": ("Anchor", "Taxonomy", "find_taxonomy", "load_taxonomy", "parse_taxonomy"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
