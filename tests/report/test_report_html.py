"""The page of a profile, read back with a parser of its own."""

from __future__ import annotations

import base64
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from report_samples import FOLDER, both, hint, interest, many, profile, speechless, usual

from penchant.report import render_profile
from penchant.types import Duplicate, Evidence, Failure, Profile

JPEG = b"\xff\xd8\xff\xe0 not really a picture \xff\xd9"
VOID = {"meta", "img", "br", "link", "input", "hr"}
SVG_LEAVES = {"rect", "line", "use", "image"}
HOSTILE = "\"><script>alert('x')<!--\u202e&amp;\udcff\x1b.jpg"


class Page(HTMLParser):
    """Collects elements, and fails on tags that don't close."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.cells: list[list[str]] = []
        self._stack: list[str] = []
        self._table = ""
        self.feed(text)
        self.close()
        assert self._stack == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"an attribute stands twice in {tag}"
        self.elements.append((tag, attributes))
        if tag == "table":
            self._table = attributes.get("class", "")
        if tag == "tr" and self._table == "ranking":
            self.cells.append([])
        if tag in ("td", "th") and self._table == "ranking":
            self.cells[-1].append("")
        if tag not in VOID:
            self._stack.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SVG_LEAVES
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._stack, f"</{tag}> closes nothing"
        assert self._stack.pop() == tag
        if tag == "table":
            self._table = ""

    def handle_data(self, data: str) -> None:
        for tag in set(self._stack):
            self.texts[tag][-1] += data
        if self._table == "ranking" and self._stack and {"td", "th"} & set(self._stack):
            self.cells[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, tag: str) -> list[str]:
        return [" ".join(text.split()) for text in self.texts.get(tag, [])]


def thumbnails(made: Profile) -> dict[str, bytes]:
    return {item.photo_id: JPEG for domain in made.domains for item in domain.evidence}


def hostile() -> Profile:
    domain = replace(
        interest(1, 0.5),
        name=HOSTILE,
        code=HOSTILE,
        labels=((HOSTILE, 0.5),),
        evidence=(Evidence(HOSTILE, HOSTILE, None, 0.5, 0.1, HOSTILE),),
    )
    made = profile(
        domain,
        interest(2, 0.1),
        user_id=HOSTILE,
        failures=(Failure(HOSTILE, HOSTILE),),
        duplicates=(Duplicate(HOSTILE, HOSTILE),),
        skipped=((HOSTILE, 1),),
    )
    words = both().words
    assert words is not None
    odd = tuple(replace(one, name=HOSTILE, tags=((HOSTILE, 1.0),)) for one in words.domains)
    made = replace(made, words=replace(words, domains=odd))
    model = replace(made.model, name=HOSTILE, label_set=HOSTILE)
    return replace(made, model=model, generaliser=HOSTILE, taxonomy=HOSTILE, provenance={HOSTILE: HOSTILE})


def failing() -> Profile:
    failures = tuple(Failure(f"{FOLDER}/{number}.jpg", "empty file") for number in range(200))
    return profile(interest(1, 0.5), failures=failures)


SITUATIONS = {
    "usual": usual(),
    "many": many(),
    "few": profile(interest(1, 0.6), interest(5, 0.4, lift=None), used=7, sufficient=False),
    "nothing used": profile(used=0, failures=usual().failures),
    "no domain": profile(unassigned=1.0),
    "hostile": hostile(),
    "failing": failing(),
    "words": both(),
    "a hint": hint(),
    "speechless": speechless(),
}


@pytest.fixture(params=SITUATIONS)
def situation(request: pytest.FixtureRequest) -> Profile:
    return SITUATIONS[request.param]


@pytest.fixture(params=[True, False], ids=["thumbnails", "bare"])
def text(request: pytest.FixtureRequest, situation: Profile) -> str:
    return render_profile(situation, thumbnails=thumbnails(situation) if request.param else {})


def test_the_page_is_well_formed(text: str) -> None:
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>")
    text.encode("utf-8")
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for reference in (attributes.get("aria-labelledby", "")).split():
            assert reference in ids
        if attributes.get("href", "").startswith("#"):
            assert attributes["href"][1:] in ids


def test_nothing_is_fetched_and_nothing_runs(text: str) -> None:
    page = Page(text)
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    for tag, attributes in page.elements:
        assert tag not in {"script", "link", "iframe", "object", "embed", "form", "base"}
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcset")]
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:image/jpeg;base64,"))
    assert "url(" not in text
    assert "@import" not in text


def test_it_can_be_read_aloud(text: str) -> None:
    page = Page(text)
    assert page.all("html") == [{"lang": "en"}]
    assert [len(page.all(tag)) for tag in ("main", "header", "footer", "h1", "title")][:4] == [1, 1, 1, 1]
    assert all(attributes.get("alt") for attributes in page.all("img"))
    for attributes in page.all("svg"):
        if attributes.get("role") == "img":
            assert attributes.get("aria-label") or attributes.get("aria-labelledby")
    assert len(page.text("caption")) == len(page.all("table"))
    assert all(attributes.get("scope") in ("row", "col") for attributes in page.all("th"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.elements[[tag for tag, _ in page.elements].index("body") + 1] == (
        "a",
        {"class": "skip", "href": "#content"},
    )


@pytest.mark.parametrize("made", [usual(), many()])
def test_bars_and_table_say_the_same(made: Profile) -> None:
    page = Page(render_profile(made, thumbnails={}))
    rows = page.cells[1:]
    assert [row[:2] for row in rows] == [
        [str(domain.rank), domain.name + (" sensitive" if domain.sensitive else "")] for domain in made.domains
    ]
    texts = [text for text in page.text("text") if text != "sensitive"]
    assert texts[0::2] == [domain.name for domain in made.domains]
    assert texts[1::2] == [" ".join(row[2].split()) for row in rows]
    bars = [float(a["width"].rstrip("%")) for a in page.all("rect") if a["class"] == "bar"]
    longest = max(domain.share_high for domain in made.domains)
    assert bars == pytest.approx([100 * domain.share / longest for domain in made.domains], abs=0.01)
    whiskers = [a for a in page.all("line") if a["x1"] != a["x2"]]
    ends = [float(a["x2"].rstrip("%")) for a in whiskers]
    assert ends == pytest.approx([100 * domain.share_high / longest for domain in made.domains], abs=0.01)
    assert page.text("text").count("sensitive") == sum(domain.sensitive for domain in made.domains)


def test_words_and_pictures_are_drawn_back_to_back_and_told_in_a_table() -> None:
    made = both()
    words = made.words
    assert words is not None
    text = render_profile(made, thumbnails={})
    page = Page(text)
    ordered = sorted(words.domains, key=lambda one: -max(one.share, one.picture_share))
    drawn = [a for a in page.all("rect") if a["class"] == "said"]
    assert [float(a["width"].rstrip("%")) / 0.35 for a in drawn] == pytest.approx(
        [100 * one.share / 0.48 for one in ordered], abs=0.1
    )
    assert {a["x"] for a in drawn} == {"50%"}
    seen = [a for a in page.all("rect") if a["class"] == "bar" and "x" in a]
    for one, bar in zip(ordered, seen, strict=True):
        width = float(bar["width"].rstrip("%"))
        assert width / 0.35 == pytest.approx(100 * one.picture_share / 0.48, abs=0.1)
        assert float(bar["x"].rstrip("%")) == pytest.approx(50 - width, abs=0.01)
    flat = " ".join(re.sub("<[^>]+>", " ", text).replace("\xa0", " ").split())
    for one in ordered:
        differ = "yes" if one.differs else "no"
        name = one.name + (" sensitive" if one.sensitive else "")
        assert f"{name} {one.picture_share:.0%} {one.share:.0%} {differ}".replace("%", " %") in flat
    assert "198 of 212 pictures have tags; 420 of 812 tags speak of a domain." in flat
    assert "2 of their first 5 domains are the same (F1 0.57); their orders agree by 0.48" in flat
    assert "Food and drink 40 % of the words, 12 % of the pictures sushi 50 % ramen 25 % bakery" in flat
    assert "Animals 31 % of the pictures, 20 % of the words tabby 50 %" in flat
    assert "Religion, mysticism and mythology sensitive 25 % of the words, 0 % of the pictures" in flat


def test_words_that_are_no_more_than_a_hint_say_so() -> None:
    assert "read this as a hint" in render_profile(hint(), thumbnails={})
    silent = Page(render_profile(speechless(), thumbnails={}))
    assert not [a for a in silent.all("rect") if a["class"] == "said"]
    assert "Words against pictures" in silent.text("h2")
    assert "Words against pictures" not in Page(render_profile(usual(), thumbnails={})).text("h2")


def test_each_picture_is_stored_once() -> None:
    shared = Evidence("castle.jpg", "castle", "n02980441", 0.9, 0.1, f"{FOLDER}/castle.jpg")
    domains = [replace(item, evidence=(shared, *item.evidence)) for item in usual().domains]
    made = replace(usual(), domains=tuple(domains))
    pictures = {photo_id: photo_id.encode() for photo_id in thumbnails(made)}
    text = render_profile(made, thumbnails=pictures)
    for photo_id in pictures:
        assert text.count(base64.b64encode(photo_id.encode()).decode()) == 1
    page = Page(text)
    assert Counter(a["href"] for a in page.all("use")) == {"#picture-1": 3}
    labelled = [a["aria-label"] for a in page.all("svg") if "aria-label" in a]
    assert labelled == ["castle.jpg, seen as castle"] * 3
    assert len(page.all("img")) == 9


def test_a_picture_without_thumbnail_is_named() -> None:
    made = usual()
    some = dict(list(thumbnails(made).items())[1:])
    assert render_profile(made, thumbnails=some).count("no thumbnail") == 1
    bare = render_profile(made, thumbnails={})
    assert "no thumbnail" not in bare
    assert "1/picture-0.jpg" in bare


def test_hostile_names_are_text() -> None:
    text = render_profile(hostile(), thumbnails=thumbnails(hostile()), title=HOSTILE)
    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "\udcff" not in text
    shown = "\"><script>alert('x')<!--\\u202e&amp;\\xff\\x1b.jpg"
    page = Page(text)
    assert page.text("title")[0] == shown
    assert shown in page.text("bdi")
    assert page.all("img")[0]["alt"] == f"{shown}, seen as {shown}"


def test_home_folders_stay_at_home(situation: Profile) -> None:
    text = render_profile(situation, thumbnails=thumbnails(situation))
    assert "/home" not in text
    assert "Pictures/" not in text


@pytest.mark.parametrize(
    ("made", "headline"),
    [
        (usual(), "Animals, above all"),
        (profile(interest(1, 0.3), interest(2, 0.29)), "Animals, and Food and drink, side by side"),
        (profile(*(interest(rank, 0.2) for rank in (1, 2, 3, 4))), "Many interests, none far ahead"),
        (profile(interest(5, 0.6), interest(1, 0.1)), "A sensitive subject, above all"),
        (profile(interest(1, 0.3), interest(5, 0.3)), "Animals, and a sensitive subject, side by side"),
        (profile(interest(5, 0.3), interest(13, 0.3)), "A sensitive subject, and another, side by side"),
        (SITUATIONS["few"], "A first impression only"),
        (SITUATIONS["nothing used"], "No picture could be used"),
        (SITUATIONS["no domain"], "No interests found"),
    ],
)
def test_the_headline_is_honest(made: Profile, headline: str) -> None:
    page = Page(render_profile(made, thumbnails={}))
    assert page.text("h1") == [headline]


def test_too_few_pictures_are_said_first() -> None:
    text = render_profile(SITUATIONS["few"], thumbnails={})
    assert text.index("Not enough evidence: 7 usable pictures, at least 20 are needed") < text.index("<svg")
    assert "Not enough evidence" not in render_profile(usual(), thumbnails={})


def test_sensitive_domains_are_closed_until_asked_for() -> None:
    made = many()
    page = Page(render_profile(made, thumbnails={}))
    folded = [a for a in page.all("details") if "domain" in a.get("class", "")]
    assert ["open" in a for a in folded[:6]] == [True, True, True, True, False, False]
    assert ["sensitive" in a["class"] for a in folded] == [domain.sensitive for domain in made.domains]


def test_what_was_left_out_is_listed() -> None:
    page = Page(render_profile(usual(), thumbnails={}))
    sentences = page.text("p")
    assert "12 % of what the pictures show belongs to no domain." in sentences
    assert "3 pictures could not be used: 2 × truncated JPEG, 1 × empty file." in sentences
    assert "Passed over: 7 .mp4, 1 without a suffix." in sentences
    names = page.text("bdi")
    for name in ("9/a.jpg", "empty file", "2/copy.jpg", "2/picture-0.jpg"):
        assert name in names
    everything = Page(render_profile(failing(), thumbnails={}))
    assert everything.text("bdi").count("empty file") == 200


def test_provenance_and_title() -> None:
    page = Page(render_profile(usual(), thumbnails={}, title="My summer"))
    assert page.text("title")[0] == "My summer"
    assert {"efficientnet-lite0-int8", "5e" * 32, "imagenet-1k", "ontology", "wordnet-3.0"} <= set(page.text("bdi"))
    assert Page(render_profile(many(), thumbnails={})).text("title")[0] == "Profile of anna"


def test_the_page_itself_is_small() -> None:
    assert len(render_profile(many(), thumbnails={}).encode()) < 60_000
