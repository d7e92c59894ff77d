"""Why a label counts for a domain: the way from its synset up to the anchor ("tabby → cat → animal → Animals")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penchant.semantics import Ontology
    from penchant.types import Domain
    from penchant.web.jobs import Job, JobPhoto
    from penchant.web.models import Models

_ROUTES = 4


@dataclass(frozen=True, slots=True)
class Way:
    """One way up.

    Attributes:
        steps: names of synsets, from the label's own to the anchor.
        domains: (name, share of the label) at its end.
        hidden: how many sensitive domains at its end are not shown.
    """

    steps: tuple[str, ...]
    domains: tuple[tuple[str, float], ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class SeenLabel:
    """A label of a photo, as its page shows it.

    Attributes:
        counted: whether it is sure enough, and high enough on the list, to count.
        domains: (code, name, weight) by the job's generaliser.
        hidden: how many sensitive domains are not shown.
        ways: how the ontology gets there; () where the generaliser goes another way.
    """

    name: str
    synset: str | None
    confidence: float
    counted: bool
    domains: tuple[tuple[str, str, float], ...]
    hidden: int
    ways: tuple[Way, ...]


def seen_labels(models: Models, job: Job, photo: JobPhoto, *, sensitive: bool) -> tuple[SeenLabel, ...]:
    """The labels of a photo, most probable first, each with its domains and the ways to them."""
    from penchant.web.models import OPTIONS

    adding = OPTIONS.adding
    classes = models.labels(job.model)[0].classes
    meaning = models.meaning(job.model, job.generaliser, job.taxonomy)
    ontology = models.ontology(job.taxonomy) if job.generaliser == "ontology" else None
    found = []
    for place, (index, confidence) in enumerate(photo.labels):
        row = meaning.matrix[index]
        weighed = sorted(((row[d], domain) for d, domain in enumerate(meaning.domains) if row[d] > 0), key=_heaviest)
        shown = tuple(
            (domain.code, domain.name, float(w)) for w, domain in weighed if sensitive or not domain.sensitive
        )
        found.append(
            SeenLabel(
                name=classes[index].name,
                synset=classes[index].synset,
                confidence=confidence,
                counted=place < adding.top_k and confidence >= adding.min_confidence,
                domains=shown,
                hidden=len(weighed) - len(shown),
                ways=_ways(ontology, classes[index].synset, sensitive=sensitive),
            )
        )
    return tuple(found)


def _heaviest(pair: tuple[float, Domain]) -> tuple[float, str]:
    return -pair[0], pair[1].code


def _ways(ontology: Ontology | None, synset: str | None, *, sensitive: bool) -> tuple[Way, ...]:
    if ontology is None or synset is None:
        return ()
    by_code = ontology.taxonomy.by_code
    ways = []
    for route in ontology.explain(synset)[:_ROUTES]:
        named = [(by_code[code], weight) for code, weight in route.domains]
        shown = tuple((domain.name, weight) for domain, weight in named if sensitive or not domain.sensitive)
        ways.append(Way(tuple(_plain(step.name) for step in route.steps), shown, len(named) - len(shown)))
    return tuple(ways)


def _plain(name: str) -> str:
    """ "domestic_cat.n.01" as people read it."""
    return name.partition(".n.")[0].replace("_", " ")
