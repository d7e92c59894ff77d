"""From the name of a generaliser, and the options that go with it, to the generaliser."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from penchant.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from penchant.semantics.babelnet.generaliser import BabelNetGeneraliser
    from penchant.semantics.calibration import CalibratedGeneraliser
    from penchant.semantics.ontology import Ontology
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.semantics.supplemented import SupplementedGeneraliser

    Chosen: TypeAlias = "SupplementedGeneraliser | PaperGeneraliser | BabelNetGeneraliser | CalibratedGeneraliser"

GENERALISERS = ("ontology", "paper", "babelnet", "paper:babelnet")
"""The names that `make_generaliser` knows; it takes calibrated:FILE too."""

_CALIBRATED = "calibrated"


@contextmanager
def make_generaliser(
    name: str = "ontology",
    *,
    taxonomy: Path | None = None,
    babelnet_key: str | None = None,
    babelnet_cache: Path | None = None,
    max_requests: int | None = None,
    warn: Callable[[str], None] | None = None,
) -> Iterator[Chosen]:
    """The generaliser of that name, for the length of a `with` block, which closes what it opened.

    Args:
        name: one of `GENERALISERS`, or calibrated:FILE with what `penchant fit` wrote.
        taxonomy: a file of domains and anchors; not with BabelNet, which has its own domains.
        babelnet_key, babelnet_cache, max_requests: only with BabelNet; as `BabelNetClient`.
        warn: told what the user should know: about the key's file, and, at the end, what a newer BabelNet's domains
            could not simply be translated to.

    Raises:
        UsageError: there is no such generaliser, or an option doesn't go with it.
        SemanticsError, StorageError, MissingExtraError: as the parts.
    """
    if name.partition(":")[0] == _CALIBRATED:
        _refuse(name, {"babelnet-key": babelnet_key, "babelnet-cache": babelnet_cache, "max-requests": max_requests})
        yield _calibrated(name.partition(":")[2], taxonomy)
        return
    if name not in GENERALISERS:
        raise UsageError(f"there is no generaliser {name!r}: write {', '.join(GENERALISERS)} or calibrated:FILE")
    if name in {"ontology", "paper"}:
        _refuse(name, {"babelnet-key": babelnet_key, "babelnet-cache": babelnet_cache, "max-requests": max_requests})
        yield _offline(name, _ontology(taxonomy))
        return
    if taxonomy is not None:
        raise UsageError(f"a taxonomy of your own doesn't go with {name}, which has BabelNet's domains")
    from penchant.semantics.babelnet import BabelNetClient, BabelNetGeneraliser
    from penchant.semantics.paper import PaperGeneraliser

    with BabelNetClient(key=babelnet_key, cache=babelnet_cache, max_requests=max_requests, warn=warn) as client:
        ontology = _ontology(None)
        babelnet = BabelNetGeneraliser(client, ontology=ontology)
        try:
            yield babelnet if name == "babelnet" else PaperGeneraliser(ontology, dictionary=babelnet, name=name)
        finally:
            if warn is not None and str(babelnet.report):
                warn(f"BabelNet's domains, by synsets: {babelnet.report}")


def babelnet_of(generaliser: Chosen) -> BabelNetGeneraliser | None:
    """What asks BabelNet behind a generaliser; None where nothing does."""
    if "babelnet" not in generaliser.name:  # without loading what it would need
        return None
    from penchant.semantics.babelnet import BabelNetGeneraliser

    asked = getattr(generaliser, "dictionary", generaliser)
    return asked if isinstance(asked, BabelNetGeneraliser) else None


def _offline(name: str, ontology: Ontology) -> Chosen:
    from penchant.semantics.generaliser import OntologyGeneraliser
    from penchant.semantics.paper import PaperGeneraliser
    from penchant.semantics.supplemented import SupplementedGeneraliser

    if name == "paper":
        return PaperGeneraliser(ontology)
    return SupplementedGeneraliser(OntologyGeneraliser(ontology))


def _calibrated(file: str, taxonomy: Path | None) -> CalibratedGeneraliser:
    from pathlib import Path

    from penchant.semantics.calibration import CalibratedGeneraliser, load_calibration
    from penchant.semantics.taxonomy import shipped_taxonomies

    if not file:
        raise UsageError("calibrated needs its file: write calibrated:FILE, as penchant fit TABLE -o FILE makes it")
    stored = load_calibration(Path(file).expanduser())
    learned_for = stored.datasheet.taxonomy
    if taxonomy is None and learned_for in shipped_taxonomies():
        taxonomy = Path(learned_for)
    ontology = _ontology(taxonomy)
    return CalibratedGeneraliser(_offline("ontology", ontology), ontology, stored)


def _ontology(taxonomy: Path | None) -> Ontology:
    from penchant.semantics.lexicon import Lexicon
    from penchant.semantics.ontology import Ontology
    from penchant.semantics.taxonomy import load_taxonomy

    return Ontology(Lexicon.load(), load_taxonomy(taxonomy))


def _refuse(name: str, options: dict[str, object]) -> None:
    given = [f"--{option}" for option, value in options.items() if value is not None]
    if given:
        raise UsageError(
            f"{given[0]} goes with a generaliser that asks BabelNet (babelnet, paper:babelnet), not {name}"
        )
