"""`penchant domains`: how words and synsets generalise, sense by sense, and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common
from penchant.errors import UsageError
from penchant.report import SCHEMA_VERSION

if TYPE_CHECKING:
    from penchant.semantics.choose import Chosen
    from penchant.semantics.senses import WordSense
    from penchant.semantics.supplement import Entry, Meaning
    from penchant.types import DomainWeights, Sense

_SYNSET = re.compile(r"n\d{8}")


def domains(
    words: Annotated[
        list[str],
        typer.Argument(metavar="WORD", help="Words or phrases; - reads them from standard input, one a line."),
    ],
    synset: Annotated[
        bool, typer.Option("--synset", help="The names given are synsets: n02123045 or tabby.n.01.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a name, one a line.")] = False,
    taxonomy: common.Taxonomy = None,
    generaliser: common.Generaliser = "ontology",
    babelnet_key: common.BabelNetKey = None,
    babelnet_cache: common.BabelNetCache = None,
    max_requests: common.MaxRequests = None,
) -> int:
    """Say to which domains words or synsets belong, sense by sense, and which anchor decided.

    \b
    penchant domains bass castle
    penchant domains --synset n02123045
    """
    from penchant.semantics.choose import make_generaliser

    names: list[str] = []
    for word in words:
        names.extend(common.lines_of_stdin() if word == "-" else [word])
    if not names:
        raise UsageError("no word given: name one, or a synset with --synset")
    unknown = 0
    with make_generaliser(
        generaliser,
        taxonomy=taxonomy,
        babelnet_key=babelnet_key,
        babelnet_cache=babelnet_cache,
        max_requests=max_requests,
        warn=common.note,
    ) as chosen:
        for name in names:
            document = explain(name, chosen, is_synset=synset)
            unknown += not document["senses"]
            if json:
                import msgspec

                typer.echo(msgspec.json.encode(document))
            else:
                _print(document, chosen)
    if unknown == len(names):
        return common.NOTHING_DONE
    return common.SOMETHING_LEFT_OUT if unknown else common.DONE


def explain(name: str, generaliser: Chosen, *, is_synset: bool) -> dict[str, Any]:
    """One answer, as `--json` prints it; without senses where the name is not known.

    The senses of a word are those of the dictionary that the generaliser asks: WordNet's, or BabelNet's.
    """
    from penchant.semantics.choose import babelnet_of

    lexicon = generaliser.ontology.lexicon
    if is_synset:
        wanted = name.strip()
        found = wanted if _SYNSET.fullmatch(wanted) and wanted in lexicon else lexicon.synset(wanted)
        senses = [] if found is None else [_sense(_only_sense(found, generaliser), generaliser)]
        answer = () if found is None else generaliser.synset_domains(found)
    else:
        found = None
        babelnet = babelnet_of(generaliser)
        senses = _word_senses(name, generaliser) if babelnet is None else _babelnet_senses(babelnet.word_senses(name))
        answer = generaliser.word_domains(name)
    return {
        "schema_version": SCHEMA_VERSION,
        "query": name,
        "generaliser": generaliser.name,
        "synset": found,
        "senses": senses,
        "domains": _weights(answer),
    }


def _word_senses(word: str, generaliser: Chosen) -> list[dict[str, Any]]:
    """The supplement's meanings of a word, then WordNet's; their shares sum to 1."""
    known = [_sense(sense, generaliser) for sense in generaliser.ontology.lexicon.senses(word)]
    supplement = getattr(generaliser, "supplement", None)
    entry = None if supplement is None else supplement.find(word)
    if entry is None:
        return known
    share = entry.share if known else 1.0
    for sense in known:
        sense["share"] = round(sense["share"] * (1 - share), 4)
    return [*(_supplied(meaning, entry, share, generaliser) for meaning in entry.meanings), *known]


def _supplied(meaning: Meaning, entry: Entry, share: float, generaliser: Chosen) -> dict[str, Any]:
    """A meaning of the supplement's, which is a synset or a domain."""
    synset = None if meaning.synset is None else generaliser.ontology.lexicon.synset(meaning.synset)
    if synset is not None:
        sense = _sense(_only_sense(synset, generaliser), generaliser)
    else:
        known = meaning.domain in generaliser.taxonomy.by_code
        domains = [{"code": meaning.domain, "weight": 1.0}] if known else []
        sense = {"synset": None, "domains": domains, "path": []}
    return {
        "synset": sense["synset"],
        "lemma": entry.word.replace(" ", "_"),
        "share": round(share * meaning.weight, 4),
        "key": True,
        "domains": sense["domains"],
        "path": [f"supplement: {entry.group}", *sense["path"]],
    }


def _babelnet_senses(senses: tuple[WordSense, ...]) -> list[dict[str, Any]]:
    """Key senses share the answer evenly; without any, the first has it all."""
    used = [sense for sense in senses if sense.key] or senses[:1]
    return [
        {
            "synset": sense.synset,
            "lemma": sense.lemma,
            "share": round(1 / len(used), 4) if sense in used else 0.0,
            "key": sense.key,
            "domains": _weights(sense.domains),
            "path": [sense.source],
        }
        for sense in senses
    ]


def _only_sense(synset: str, generaliser: Chosen) -> Sense:
    from penchant.types import Sense

    lemma = generaliser.ontology.lexicon.lemmas(synset)[0]
    return Sense(synset=synset, lemma=lemma, count=0, share=1.0, key=True)


def _sense(sense: Sense, generaliser: Chosen) -> dict[str, Any]:
    from penchant.semantics.choose import babelnet_of

    babelnet = babelnet_of(generaliser)
    routes = generaliser.ontology.explain(sense.synset) if babelnet is None else ()
    meant = generaliser.ontology.domains(sense.synset) if babelnet is None else babelnet.synset_domains(sense.synset)
    best = max(routes, key=lambda route: route.share, default=None)
    return {
        "synset": sense.synset,
        "lemma": sense.lemma,
        "share": round(sense.share, 4),
        "key": sense.key,
        "domains": _weights(meant),
        "path": [] if best is None else [step.name for step in best.steps],
    }


def _weights(weights: DomainWeights) -> list[dict[str, object]]:
    return [{"code": code, "weight": round(weight, 4)} for code, weight in weights]


def _print(document: dict[str, Any], generaliser: Chosen) -> None:
    console = common.console()
    names = {domain.code: domain.name for domain in generaliser.taxonomy.domains}

    def said(weights: list[dict[str, Any]]) -> str:
        if not weights:
            return "no domain"
        return "; ".join(names[w["code"]] + ("" if w["weight"] > 0.995 else f" {w['weight']:.0%}") for w in weights)

    by = "" if generaliser.name == "ontology" else f" (by {generaliser.name})"
    console.print(f"{document['query']} → {said(document['domains'])}{by}", style="bold", markup=False)
    if not document["senses"]:
        console.print("  not known to the lexicon", markup=False)
    for sense in document["senses"]:
        key = " key" if sense["key"] else ""
        lemma = sense["lemma"].replace("_", " ")
        named = f"{sense['synset'] or '(no synset)'} {lemma} ({sense['share']:.0%}{key})"
        console.print(f"  {named}: {said(sense['domains'])}", markup=False)
        if sense["path"]:
            console.print(f"    {' → '.join(sense['path'])}", style="dim", markup=False)
