"""The supplement: every meaning exists, every group has a source, and lookups forgive how words are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from penchant.errors import SemanticsError
from penchant.semantics import OntologyGeneraliser
from penchant.semantics.supplement import Kind, Supplement, supplement_key
from penchant.semantics.supplemented import SupplementedGeneraliser

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def supplement() -> Supplement:
    return Supplement.load()


@pytest.fixture(scope="module")
def generaliser() -> SupplementedGeneraliser:
    return SupplementedGeneraliser(OntologyGeneraliser.load())


def test_every_meaning_exists_and_has_a_domain(supplement: Supplement, generaliser: SupplementedGeneraliser) -> None:
    inner = generaliser.generaliser
    lexicon, codes = inner.ontology.lexicon, inner.taxonomy.by_code
    wrong = []
    for target, is_synset in sorted(
        {(m.synset or m.domain or "", m.synset is not None) for e in supplement for m in e.meanings}
    ):
        if is_synset:
            synset = lexicon.synset(target)
            if synset is None or not inner.synset_domains(synset):
                wrong.append(target)
        elif target not in codes:
            wrong.append(target)
    assert not wrong


def test_every_group_has_a_source_and_every_word_a_key(supplement: Supplement) -> None:
    assert all(supplement.sources[entry.group] for entry in supplement)
    assert all(supplement_key(entry.word) for entry in supplement)
    assert all(abs(sum(meaning.weight for meaning in entry.meanings) - 1) < 1e-9 for entry in supplement)


def test_no_word_twice_in_a_group(supplement: Supplement) -> None:
    keys = [(entry.group, supplement_key(entry.word)) for entry in supplement]
    assert (
        sorted({key for key in keys if keys.count(key) > 1}) == [] if len(keys) < 100 else len(set(keys)) == len(keys)
    )


@pytest.mark.parametrize("spelling", ["street art", "streetart", "Street_Art", "street-art", "STREETART"])
def test_lookup_forgives_how_words_are_joined(supplement: Supplement, spelling: str) -> None:
    entry = supplement.find(spelling)
    assert entry is not None
    assert entry.word == "street art"


def test_accents_make_no_difference(supplement: Supplement) -> None:
    assert supplement.find("Österreich") is supplement.find("osterreich")
    assert supplement.find("qwertz") is None


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("selfie", "ART_ARCHITECTURE_AND_ARCHAEOLOGY"),
        ("smartphone", "ENGINEERING_AND_TECHNOLOGY"),
        ("cosplay", "TEXTILE_AND_CLOTHING"),
        ("manga", "LITERATURE_AND_THEATRE"),
        ("vlog", "MEDIA"),
        ("esports", "GAMES_AND_VIDEO_GAMES"),
        ("drone", "TRANSPORT_AND_TRAVEL"),
        ("kpop", "MUSIC"),
        ("parkour", "SPORT_AND_RECREATION"),
        ("ramen", "FOOD_AND_DRINK"),
        ("nyc", "GEOGRAPHY_AND_PLACES"),
        ("ferrari", "TRANSPORT_AND_TRAVEL"),
        ("castle", "ART_ARCHITECTURE_AND_ARCHAEOLOGY"),  # as the ontology has it
    ],
)
def test_generaliser_knows_the_supplement(generaliser: SupplementedGeneraliser, word: str, first: str) -> None:
    domains = generaliser.word_domains(word)
    assert domains[0][0] == first
    assert sum(weight for _, weight in domains) == pytest.approx(1)


def test_a_share_leaves_the_rest_to_wordnet(generaliser: SupplementedGeneraliser) -> None:
    domains = dict(generaliser.word_domains("jaguar"))
    assert domains["ANIMALS"] > domains["TRANSPORT_AND_TRAVEL"] > 0


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "supplement.toml"
    path.write_text(text, encoding="utf-8")
    return path


GROUP = '[[groups]]\nname = "g"\nsource = "s"\nkind = "name"\nshare = 0.5\n[groups.words]\n'


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    own = Supplement.load(_written(tmp_path, f'schema_version = 1\n{GROUP}"car.n.01 * 3 + MUSIC" = "foo bar_baz"\n'))
    entry = own.find("barbaz")
    assert entry is not None
    assert (entry.kind, entry.share, entry.word) == (Kind.NAME, 0.5, "bar baz")
    assert [(m.synset, m.domain, m.weight) for m in entry.meanings] == [("car.n.01", None, 0.75), (None, "MUSIC", 0.25)]
    assert len(own) == 2


@pytest.mark.parametrize(
    "text",
    [
        "schema_version = 2\ngroups = []",
        "schema_version = 1\nwords = 1",
        "schema_version = ",
        f'schema_version = 1\n{GROUP}"car.n.01 ** 2" = "foo"\n',
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    path = _written(tmp_path, text)
    with pytest.raises(SemanticsError, match=r"supplement\.toml"):
        Supplement.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SemanticsError, match="can't be read"):
        Supplement.load(tmp_path / "none.toml")
