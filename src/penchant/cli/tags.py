"""`penchant tags`: what becomes of tags, why, and what each then means."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penchant.cli import common
from penchant.report import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penchant.semantics.tags import TagReader, UnderstoodTag
    from penchant.types import DomainWeights

_SENSES = 3
_CHUNK = 1 << 10
_CACHE = 1 << 18


def tags(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="TAG...",
            help="Tags of one photo or person; - reads them from standard input, one a line, a line's tags apart by ;.",
        ),
    ],
    alone: Annotated[bool, typer.Option("--alone", help="Judge each tag by itself, without the others.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a tag, one a line.")] = False,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", metavar="CODE", help="A language the person writes beside English (de). Repeat."),
    ] = None,
    taxonomy: common.Taxonomy = None,
) -> int:
    """Say which tags are kept and why, what each becomes, and to which domains it belongs.

    Tags given together explain one another.

    \b
    penchant tags bass river rod
    penchant tags --alone goldengatebridge D700 awesome
    """
    from penchant.semantics import Lexicon, Ontology, load_taxonomy
    from penchant.semantics.tags import TagReader

    reader = TagReader(Ontology(Lexicon.load(), load_taxonomy(taxonomy)))
    languages = tuple(language or ())
    bags = list(_bags(given, alone=alone))
    if not bags:
        from penchant.errors import UsageError

        raise UsageError("no tag given: name one, or - to read them from standard input")
    if json:
        _print_json(bags, reader, languages)
    else:
        for bag in bags:
            _print(_read(bag, reader, languages), reader)
    return common.DONE


def document(tag: UnderstoodTag) -> dict[str, Any]:
    """One tag, as `--json` prints it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tag": tag.clean.tag,
        "clean": tag.clean.clean,
        "kept": tag.clean.kept,
        "reason": tag.clean.reason.value,
        "step": tag.clean.step,
        "hint": tag.clean.hint or None,
        "parts": [{"text": part.text, "reason": part.reason.value} for part in tag.clean.parts],
        "senses": [
            {
                "synset": sense.synset,
                "lemma": sense.lemma,
                "weight": round(sense.weight, 4),
                "domains": _weights(sense.domains),
            }
            for sense in tag.senses
        ],
        "domains": _weights(tag.domains),
    }


def _bags(given: Sequence[str], *, alone: bool) -> Iterator[tuple[str, ...]]:
    """The tags that are judged together."""
    typed = tuple(tag for tag in given if tag != "-")
    if typed:
        yield from ((tag,) for tag in typed) if alone else [typed]
    if "-" in given:
        for line in common.lines_of_stdin():
            tags = tuple(tag.strip() for tag in line.split(";") if tag.strip()) or (line,)
            yield from ((tag,) for tag in tags) if alone else [tags]


def _read(bag: tuple[str, ...], reader: TagReader, languages: Sequence[str]) -> tuple[UnderstoodTag, ...]:
    if len(bag) == 1 and not languages:
        return (reader.read(bag[0]),)
    return reader.read_bag(bag, languages=languages).tags


def _print_json(bags: Sequence[tuple[str, ...]], reader: TagReader, languages: Sequence[str]) -> None:
    import sys

    import msgspec

    encoder = msgspec.json.Encoder()
    ready: dict[tuple[str, ...], bytes] = {}
    out = sys.stdout.buffer
    waiting: list[bytes] = []
    for bag in bags:
        lines = ready.get(bag)
        if lines is None:
            understood = _read(bag, reader, languages)
            lines = b"".join(encoder.encode(document(_printable(tag))) + b"\n" for tag in understood)
            if len(ready) >= _CACHE:
                ready.clear()
            ready[bag] = lines
        waiting.append(lines)
        if len(waiting) >= _CHUNK:
            out.write(b"".join(waiting))
            waiting.clear()
    out.write(b"".join(waiting))
    out.flush()


def _printable(tag: UnderstoodTag) -> UnderstoodTag:
    """Bytes of standard input that aren't UTF-8 can't be written as JSON: they are shown as U+FFFD."""
    from msgspec.structs import replace

    if tag.clean.tag.isascii():
        return tag
    text = tag.clean.tag.encode("utf-8", "replace").decode("utf-8")
    return tag if text == tag.clean.tag else replace(tag, clean=replace(tag.clean, tag=text))


@lru_cache(maxsize=1 << 16)
def _weights(weights: DomainWeights) -> list[dict[str, object]]:
    return [{"code": code, "weight": round(weight, 4)} for code, weight in weights]


def _print(tags: Sequence[UnderstoodTag], reader: TagReader) -> None:
    from rich.text import Text

    console = common.console()
    names = {domain.code: domain.name for domain in reader.ontology.taxonomy.domains}

    def said(weights: DomainWeights, most: int = 2) -> str:
        if not weights:
            return "no domain"
        shown = [names[code] + ("" if weight > 0.995 else f" {weight:.0%}") for code, weight in weights[:most]]
        return "; ".join(shown)

    for tag in tags:
        clean = tag.clean
        became = "" if clean.clean == clean.tag else f" → {clean.clean}" if clean.clean else ""
        if not clean.kept:
            hint = f" ({clean.hint})" if clean.hint else ""
            console.print(Text(f"{clean.tag}{became}  dropped: {_words(clean.reason)}{hint}", style="dim"))
        else:
            console.print(Text.assemble((clean.tag + became, "bold"), f"  {said(tag.domains)}"))
        left_out = [f"{part.text} ({_words(part.reason)})" for part in clean.parts if not part.reason.kept]
        if left_out and clean.kept:
            console.print(Text(f"  without {', '.join(left_out)}", style="dim"))
        for sense in tag.senses[:_SENSES]:
            name = reader.ontology.lexicon.name(sense.synset) if sense.synset else sense.lemma
            console.print(Text(f"  {sense.weight:4.0%} {name}: {said(sense.domains, 1)}", style="dim"))


def _words(reason: str) -> str:
    return str(reason).replace("_", " ")
