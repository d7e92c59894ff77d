"""`penchant domains`: how words and synsets generalise, sense by sense, and why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common

if TYPE_CHECKING:
    from penchant.semantics import OntologyGeneraliser
    from penchant.types import DomainWeights, Sense

_SYNSET = re.compile(r"n\d{8}")


def domains(
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORD...", help="Words or phrases; - reads them from standard input, one a line."),
    ],
    synset: Annotated[
        bool, typer.Option("--synset", help="The names given are synsets: n02123045 or tabby.n.01.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a name, one a line.")] = False,
    taxonomy: Annotated[
        Path | None,
        typer.Option("--taxonomy", metavar="FILE", help="Domains and anchors of your own (TOML)."),
    ] = None,
) -> int:
    """Say to which domains words or synsets belong, sense by sense, and which anchor decided.

    \b
    penchant domains bass castle
    penchant domains --synset n02123045
    """
    from penchant.semantics import Lexicon, Ontology, OntologyGeneraliser, load_taxonomy

    generaliser = OntologyGeneraliser(Ontology(Lexicon.load(), load_taxonomy(taxonomy)))
    names: list[str] = []
    for word in words:
        names.extend(common.lines_of_stdin() if word == "-" else [word])
    unknown = 0
    for name in names:
        document = explain(name, generaliser, is_synset=synset)
        unknown += not document["senses"]
        if json:
            import msgspec

            typer.echo(msgspec.json.encode(document))
        else:
            _print(document, generaliser)
    if unknown == len(names):
        return common.NOTHING_DONE
    return common.SOMETHING_LEFT_OUT if unknown else common.DONE


def explain(name: str, generaliser: OntologyGeneraliser, *, is_synset: bool) -> dict[str, Any]:
    """One answer, as `--json` prints it; without senses where the name is not known."""
    lexicon = generaliser.ontology.lexicon
    if is_synset:
        wanted = name.strip()
        found = wanted if _SYNSET.fullmatch(wanted) and wanted in lexicon else lexicon.synset(wanted)
        senses = [] if found is None else [_sense(_only_sense(found, generaliser), generaliser)]
        answer = () if found is None else generaliser.synset_domains(found)
        return {"query": name, "synset": found, "senses": senses, "domains": _weights(answer)}
    senses = [_sense(sense, generaliser) for sense in lexicon.senses(name)]
    return {
        "query": name,
        "synset": None,
        "senses": senses,
        "domains": _weights(generaliser.word_domains(name)),
    }


def _only_sense(synset: str, generaliser: OntologyGeneraliser) -> Sense:
    from penchant.types import Sense

    lemma = generaliser.ontology.lexicon.lemmas(synset)[0]
    return Sense(synset=synset, lemma=lemma, count=0, share=1.0, key=True)


def _sense(sense: Sense, generaliser: OntologyGeneraliser) -> dict[str, Any]:
    routes = generaliser.ontology.explain(sense.synset)
    best = max(routes, key=lambda route: route.share, default=None)
    return {
        "synset": sense.synset,
        "lemma": sense.lemma,
        "share": round(sense.share, 4),
        "key": sense.key,
        "domains": _weights(generaliser.synset_domains(sense.synset)),
        "path": [] if best is None else [step.name for step in best.steps],
    }


def _weights(weights: DomainWeights) -> list[dict[str, object]]:
    return [{"code": code, "weight": round(weight, 4)} for code, weight in weights]


def _print(document: dict[str, Any], generaliser: OntologyGeneraliser) -> None:
    console = common.console()
    names = {domain.code: domain.name for domain in generaliser.taxonomy.domains}

    def said(weights: list[dict[str, Any]]) -> str:
        if not weights:
            return "no domain"
        return "; ".join(names[w["code"]] + ("" if w["weight"] > 0.995 else f" {w['weight']:.0%}") for w in weights)

    console.print(f"{document['query']} → {said(document['domains'])}", style="bold", markup=False)
    if not document["senses"]:
        console.print("  not known to the lexicon", markup=False)
    for sense in document["senses"]:
        key = " key" if sense["key"] else ""
        lemma = sense["lemma"].replace("_", " ")
        console.print(
            f"  {sense['synset']} {lemma} ({sense['share']:.0%}{key}): {said(sense['domains'])}", markup=False
        )
        if sense["path"]:
            console.print(f"    {' → '.join(sense['path'])}", style="dim", markup=False)
