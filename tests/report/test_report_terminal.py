"""The profile on a terminal: snapshots in `snapshots/`, made anew with PENCHANT_UPDATE_SNAPSHOTS=1."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from report_samples import both, hint, interest, many, profile, speechless, usual
from rich.cells import cell_len
from rich.console import Console

from penchant.report import print_failures, print_profile
from penchant.types import Failure, Profile

SNAPSHOTS = Path(__file__).parent / "snapshots"


def printed(made: Profile, *, width: int = 80, top: int = 10, evidence: int = 0, encoding: str = "utf-8") -> str:
    """What goes to a stream that is not a terminal."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    print_profile(made, Console(file=stream, width=width), top=top, evidence=evidence)
    return written(stream)


def written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode(stream.encoding)


def few() -> Profile:
    return profile(interest(1, 0.6), interest(5, 0.4, lift=None), used=7, sufficient=False)


SITUATIONS = {
    "usual-60": lambda: printed(usual(), width=60),
    "usual-80": lambda: printed(usual(), evidence=2),
    "usual-120": lambda: printed(usual(), width=120),
    "many-60": lambda: printed(many(), width=60, top=20),
    "many-80": lambda: printed(many(), top=13),
    "few-80": lambda: printed(few()),
    "ascii-60": lambda: printed(many(), width=60, top=13, evidence=1, encoding="ascii"),
    "both-80": lambda: printed(both()),
    "both-60": lambda: printed(both(), width=60),
    "both-ascii-80": lambda: printed(both(), encoding="ascii"),
    "hint-80": lambda: printed(hint()),
    "speechless-80": lambda: printed(speechless()),
    "none-80": lambda: printed(profile(used=0, failures=usual().failures, sufficient=False)),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_snapshots(name: str) -> None:
    text = SITUATIONS[name]()
    file = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("PENCHANT_UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")
    assert text == file.read_bytes().decode("utf-8")


@pytest.mark.parametrize("width", [60, 80, 100, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_lines_fit_and_hold_no_escapes(width: int, encoding: str) -> None:
    text = printed(replace(many(), words=both().words), width=width, top=34, evidence=3, encoding=encoding)
    assert "Words against pictures" in text
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "\x1b" not in text
    assert text.isascii() == (encoding != "utf-8")


def test_a_pipe_gets_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    print_profile(many(), Console(file=stream), top=20, evidence=2)
    assert max(cell_len(line) for line in written(stream).splitlines()) == 80


def test_colour_adds_escapes_and_nothing_else() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    console = Console(file=stream, width=80, force_terminal=True, color_system="truecolor", legacy_windows=False)
    print_profile(usual(), console, top=10, evidence=2)
    coloured = written(stream)
    assert "\x1b[" in coloured
    from rich.text import Text

    assert Text.from_ansi(coloured).plain.rstrip() == printed(usual(), evidence=2).rstrip()


def test_full_names_at_eighty_columns() -> None:
    text = printed(many(), top=20)
    for domain in many().domains:
        assert domain.name in text


def test_too_few_pictures_are_said_first() -> None:
    text = " ".join(printed(few()).split())
    sentence = "Not enough evidence: 7 usable pictures, at least 20 are needed; read this as a first impression."
    assert 0 < text.index(sentence) < text.index("Domain")


def test_a_sensitive_domain_is_marked_and_explained() -> None:
    text = printed(few())
    assert "Religion, mysticism and mythology *" in text
    assert "* Sensitive:" in text
    assert "Sensitive" not in printed(usual())
    assert printed(both()).count("* Sensitive:") == 1, "also where only the words speak of it"
    assert printed(both(), top=1).count("* Sensitive:") == 1, "it stands among the differences"


def test_top_and_evidence() -> None:
    text = printed(many(), top=2, evidence=0)
    assert "Food and drink" in text
    assert "Transport" not in text
    assert "… and 18 more domains with" in text
    assert "--top 20 shows all" in text
    assert "picture-0.jpg" not in text
    assert "picture-1.jpg" not in printed(many(), evidence=1)
    assert "2/picture-1.jpg (pizza, 80 % sure)" in printed(many(), evidence=2)


def test_the_bar_is_as_long_as_the_interval_reaches() -> None:
    rows = [line for line in printed(usual()).splitlines() if "█" in line]
    lengths = [sum(line.count(cell) for cell in "█▓░") for line in rows]
    assert len(rows) == 3
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] / lengths[1] == pytest.approx(0.31 / 0.12, rel=0.1)


def test_words_and_pictures_stand_back_to_back() -> None:
    text = printed(both())
    rows = [line for line in text.splitlines() if " │ " in line]
    assert [row.split("  ")[0] for row in rows] == [
        "Food and drink", "Animals", "Religion, mysticism … *", "Art, architecture, archaeology",
    ]  # fmt: skip
    left, right = zip(*(row.split("│") for row in rows), strict=True)
    shares = [(0.12, 0.4), (0.31, 0.2), (0.0, 0.25), (0.06, 0.15)]
    longest = max(side.count("█") for side in (*left, *right))
    for pictures, words, (seen, said) in zip(left, right, shares, strict=True):
        assert pictures.count("█") == pytest.approx(longest * seen / 0.4, abs=0.51)
        assert words.count("█") == pytest.approx(longest * said / 0.4, abs=0.51)
    assert len({row.index("│") for row in rows}) == 1
    assert "Food and drink: 40 % against 12 %\n    sushi 50 %, ramen 25 %" in text
    assert "Animals: 31 % against 20 %\n    tabby 50 %" in text
    assert printed(both(), top=1).count(" │ ") == 1


def test_words_say_how_far_they_can_be_trusted() -> None:
    flat = " ".join(printed(hint()).split())
    assert (
        "Too few words: the tags of 7 pictures speak of a domain, at least 20 are needed; read this as a hint." in flat
    )
    assert "None of their first 5 domains are the same" in flat
    assert "would reach F1 0.40: these pictures tell no more than that." in flat
    words = both().words
    assert words is not None
    thin = " ".join(printed(replace(both(), words=replace(words, photos=60, photos_used=50))).split())
    assert "Only 28 % of the pictures have tags" in thin
    assert "Only" not in printed(both())
    silent = printed(speechless())
    assert "and none of their 5 tags speaks of a domain of" in silent
    assert "│" not in silent
    level = replace(words, domains=tuple(replace(domain, differs=False) for domain in words.domains))
    assert "No domain differs by more than chance explains." in printed(replace(both(), words=level))


def test_names_can_neither_style_nor_steer_the_terminal() -> None:
    domain = replace(interest(1, 0.5), name="[red]A\x1b[31m\u202e", labels=(("[bold]x[/bold]\n", 0.5),))
    words = both().words
    assert words is not None
    odd = tuple(replace(one, name="[red]\x1b[31m", tags=(("[b]\x07", 1.0),)) for one in words.domains)
    assert r"[b]\x07 100 %" in printed(replace(both(), words=replace(words, domains=odd)))
    assert "\x1b" not in printed(replace(both(), words=replace(words, domains=odd)))
    text = printed(profile(domain, failures=(Failure("\x1b]0;x\x07.jpg", "[/] \udcff"),)))
    assert r"[red]A\x1b[31m\u202e" in text
    assert r"[bold]x[/bold]\n 50 %" in text
    assert "\x1b" not in text


def test_print_failures_lists_them_all() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    long = Failure("/home/anna/Pictures/9/" + "x" * 100 + ".jpg", "cannot read '/home/anna/Pictures/9/y.jpg'")
    print_failures(replace(usual(), failures=(*usual().failures, long)), Console(file=stream, width=60))
    assert written(stream).splitlines() == [
        "4 pictures could not be used:",
        "  9/a.jpg: truncated JPEG: 12,003 of 48,112 bytes",
        "  9/b.jpg: truncated JPEG: 7 of 900 bytes",
        "  9/c.jpg: empty file",
        f"  9/{'x' * 100}.jpg: cannot read '9/y.jpg'",
    ]


def test_print_failures_without_any() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    print_failures(many(), Console(file=stream, width=60))
    assert written(stream) == "Every picture could be used.\n"
