"""Numbers, names and reasons in words."""

from __future__ import annotations

import dataclasses

import pytest
from report_samples import interest, profile

from penchant.report import wording
from penchant.report.html import render_profile
from penchant.report.names import Names
from penchant.types import Failure


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 %"), (0.001, "<1 %"), (0.006, "1 %"), (0.314, "31 %"), (1, "100 %")]
)
def test_percent(value: float, text: str) -> None:
    assert wording.percent(value) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.248, 0.372, "25–37 %"), (0.016, 0.019, "2 %"), (0, 0.02, "0–2 %"), (0.001, 0.002, "<1 %"), (0, 0, "0 %")],
)
def test_interval(low: float, high: float, text: str) -> None:
    assert wording.interval(low, high) == text


@pytest.mark.parametrize(
    ("lift", "text"),
    [(None, "–"), (0, "0.0×"), (0.01, "<0.1×"), (1, "1.0×"), (2.44, "2.4×"), (9.96, "10×"), (450, ">99×")],
)
def test_times(lift: float | None, text: str) -> None:
    assert wording.times(lift) == text


@pytest.mark.parametrize(
    ("name", "width", "text"),
    [
        ("Engineering and technology", 24, "Engineering & technology"),
        ("Art, architecture, and archaeology", 26, "Art, architecture …"),
        ("Religion, mysticism and mythology", 24, "Religion, mysticism …"),
        ("Donaudampfschifffahrtsgesellschaft", 12, "Donaudampfs…"),
        ("Music", 5, "Music"),
    ],
)
def test_shortened(name: str, width: int, text: str) -> None:
    assert wording.shortened(name, width) == text
    assert len(wording.shortened(name, width)) <= width


def test_elided_names_keep_their_suffix() -> None:
    assert wording.elided("a" * 100 + ".jpeg", 20) == "aaaaaaaaa…aaaaa.jpeg"


def test_failures_of_one_kind_count_together() -> None:
    errors = [
        "truncated JPEG: 12,003 of 48,112 bytes",
        "truncated JPEG: the file ends too early",
        "can't read '/home/anna/a b.jpg': permission denied",
        "can't read '/home/anna/c.jpg': permission denied",
        "JPEG of 400 megapixels would take 1200 MiB: refused",
        "JPEG of 900 megapixels would take 2700 MiB: refused",
        "empty file",
    ]
    assert wording.kinds_of_failure(Failure("x", error) for error in errors) == [
        ("JPEG of … megapixels would take … MiB", 2),
        ("can't read", 2),
        ("truncated JPEG", 2),
        ("empty file", 1),
    ]


@pytest.mark.parametrize(
    ("places", "place", "shown"),
    [
        (["/home/anna/Pictures/1/a.jpg", "/home/anna/Pictures/2/b.jpg"], "/home/anna/Pictures/1/a.jpg", "1/a.jpg"),
        (["/home/anna/Pictures/1/a.jpg"], "/home/anna/Pictures/1/a.jpg", "a.jpg"),
        (["/home/anna/Pictures/a.jpg", "/srv/b.jpg"], "/home/anna/Pictures/a.jpg", "~/Pictures/a.jpg"),
        (["/home/anna/Pictures/a.jpg", "/home/ben/b.jpg"], "/home/ben/b.jpg", "~/b.jpg"),
        (["/media/anna/card/a.jpg", "/srv/b.jpg"], "/media/anna/card/a.jpg", "~/card/a.jpg"),
        ([r"C:\Users\Anna\Pictures\a.jpg", r"C:\Users\Anna\b.jpg"], r"C:\Users\Anna\b.jpg", "b.jpg"),
        ([r"C:\Users\Anna\a.jpg", r"D:\b.jpg"], r"C:\Users\Anna\a.jpg", r"~\a.jpg"),
        (["Pictures/1/a.jpg", "Pictures/2/b.jpg"], "Pictures/2/b.jpg", "2/b.jpg"),
        (["1000", "1001"], "1000", "1000"),
        (["/p/\u202egpj.exe"], "/p/\u202egpj.exe", "\\u202egpj.exe"),
        ([], "a.jpg", "a.jpg"),
    ],
)
def test_names_are_short_and_discreet(places: list[str], place: str, shown: str) -> None:
    assert Names(places).short(place) == shown


def test_a_lift_says_whom_it_compares_with() -> None:
    usual = profile(interest(1, 0.5))
    assert wording.usual(usual) == "a typical collection"
    learned = dataclasses.replace(usual, generaliser="calibrated")
    assert wording.usual(learned) == "the collections that the calibration was learned from"
    assert "share in the collections that the calibration was learned from: 1× is usual" in render_profile(
        learned, thumbnails={}
    )


def test_sentences_lose_the_same_folders() -> None:
    names = Names(["/home/anna/Pictures/a.jpg", "/home/anna/Pictures/b.jpg"])
    assert names.within("can't read '/home/anna/Pictures/a.jpg'") == "can't read 'a.jpg'"
    assert names.within("model=/home/anna/models/m.onnx") == "model=~/models/m.onnx"
