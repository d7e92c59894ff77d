from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.errors import SourceError
from penchant.sources import list_photos
from penchant.sources.fetch import address_stamp
from penchant.types import Failure, Photo

from .pictures import put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.jpg", "pics/b.jpg", "c d.png"):
        put(tmp_path / name)
    return tmp_path


def write(path: Path, text: str | bytes) -> str:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def write_rows(path: Path, rows: list[dict[str, Any]]) -> str:
    if path.suffix == ".parquet":
        columns = dict.fromkeys(column for row in rows for column in row)
        pq.write_table(pa.table({column: [row.get(column) for row in rows] for column in columns}), path)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows, indent=1))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def errors(source: str) -> list[str]:
    return [failure.error for failure in list_photos(source).failures]


KINDS = ["t.parquet", "t.jsonl", "t.ndjson", "t.json", "T.JSONL"]


@pytest.mark.parametrize("name", KINDS)
def test_all_columns_are_read_and_others_left_alone(folder: Path, name: str) -> None:
    rows: list[dict[str, Any]] = [
        {"user_id": "u", "photo_id": "1", "path": "a.jpg", "tags": ["cat ", "", "a;b"], "license": "CC0", "x": 1},
        {"user_id": None, "photo_id": None, "path": "pics/b.jpg", "tags": None, "license": None, "x": 2},
    ]
    path = folder / name
    listing = list_photos(write_rows(path.with_name(name.lower()), rows))
    first = (folder / "a.jpg").stat()
    second = (folder / "pics/b.jpg").stat()
    assert listing.photos == (
        Photo("1", f"{folder}/a.jpg", None, "u", ("cat", "a;b"), first.st_size, first.st_mtime_ns, "CC0"),
        Photo("pics/b.jpg", f"{folder}/pics/b.jpg", size=second.st_size, stamp=second.st_mtime_ns),
    )
    assert listing.failures == ()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_with_any_usual_delimiter_mark_and_line_end(
    folder: Path, delimiter: str, mark: str, name: str, end: str
) -> None:
    lines = [["User_ID", "path", " tags"], ["u", "a.jpg", '"cat; my dog,x ;;"'], ["v", '"c d.png"', ""], []]
    listing = list_photos(write(folder / name, mark + end.join(delimiter.join(line) for line in lines)))
    assert [(p.user_id, p.photo_id, p.tags) for p in listing.photos] == [
        ("u", "a.jpg", ("cat", "my dog,x")),
        ("v", "c d.png", ()),
    ]
    assert listing.failures == ()


def test_the_delimiter_is_told_from_the_header_only(folder: Path) -> None:
    put(folder / "x;y;z.jpg")
    listing = list_photos(write(folder / "t.csv", "path,tags\nx;y;z.jpg,a;b;c\na.jpg,d\n"))
    assert [p.photo_id for p in listing.photos] == ["x;y;z.jpg", "a.jpg"]


def test_a_lone_column_may_hold_any_delimiter(folder: Path) -> None:
    put(folder / "x,y;z.jpg")
    assert [p.photo_id for p in list_photos(write(folder / "t.csv", "path\nx,y;z.jpg\n")).photos] == ["x,y;z.jpg"]


def test_quoted_values_may_span_lines_and_rows_are_still_counted(folder: Path) -> None:
    source = write(folder / "t.csv", 'path,tags\na.jpg,"cat\ndog"\n\ngone.jpg,x\n')
    listing = list_photos(source)
    assert listing.photos[0].tags == ("cat\ndog",)
    assert listing.failures == (Failure("gone.jpg", f"row 2 of t.csv: file not found: {folder}/gone.jpg"),)


@pytest.mark.parametrize("name", KINDS)
def test_every_bad_row_is_a_failure_with_its_number_and_the_rest_goes_on(folder: Path, name: str) -> None:
    rows: list[dict[str, Any]] = [
        {"path": "a.jpg", "photo_id": "1"},
        {"path": None, "photo_id": "2"},
        {"path": "", "photo_id": "3"},
        {"path": "pics", "photo_id": "4"},
        {"path": "c d.png", "photo_id": "1"},
        {"path": None, "photo_id": "6", "url": "ftp://example.org/a.jpg"},
        {"path": "c d.png", "photo_id": "7"},
    ]
    listing = list_photos(write_rows(folder / name.lower(), rows))
    name = name.lower()
    assert [photo.photo_id for photo in listing.photos] == ["1", "7"]
    assert listing.failures == (
        Failure("2", f"row 2 of {name}: it names no picture: it has neither path nor url"),
        Failure("3", f"row 3 of {name}: it names no picture: it has neither path nor url"),
        Failure("4", f"row 4 of {name}: a folder, not a file: {folder}/pics"),
        Failure("1", f"row 5 of {name}: another row has this photo_id already"),
        Failure("6", f"row 6 of {name}: no web address: ftp: is not fetched"),
    )


def test_a_photo_id_is_unique_within_its_user_only(folder: Path) -> None:
    rows = [{"user_id": user, "photo_id": "1", "path": "a.jpg"} for user in ("u", "v", "u", None)]
    listing = list_photos(write_rows(folder / "t.jsonl", rows))
    assert [photo.user_id for photo in listing.photos] == ["u", "v", None]
    assert listing.failures[0].error == "row 3 of t.jsonl: another row of user u has this photo_id already"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"path": 3}, "path is a number, not text"),
        ({"path": True}, "path is true or false, not text"),
        ({"path": "a.jpg", "user_id": ["u"]}, "user_id is a list, not text"),
        ({"path": "a.jpg", "user_id": 1.5}, "user_id is a number, not text"),
        ({"path": "a.jpg", "photo_id": {"id": 1}}, "photo_id is an object, not text"),
        ({"path": "a.jpg", "tags": 7}, "tags is a number, not a list or text"),
        ({"path": "a.jpg", "tags": ["x", 7]}, "tags holds a number, not only text"),
        ({"path": "a.jpg", "tags": {"x": 7}}, "tags is an object, not a list or text"),
        ({"path": "a.jpg", "licence": False}, "licence is true or false, not text"),
        ({"path": "a.jpg", "tags": "\ud800"}, "tags is not UTF-8; save the table as UTF-8"),
        ({"path": "a\0.jpg"}, None),
    ],
)
def test_a_wrong_type_costs_only_its_row(folder: Path, cells: dict[str, Any], reason: str | None) -> None:
    listing = list_photos(write_rows(folder / "t.jsonl", [cells, {"path": "c d.png"}]))
    assert len(listing.photos) == 1
    assert listing.failures[0].error.startswith("row 1 of t.jsonl: ")
    if reason is not None:
        assert listing.failures[0].error == f"row 1 of t.jsonl: {reason}"


def test_whole_numbers_are_ids_and_nan_is_nothing(folder: Path) -> None:
    source = write(folder / "t.jsonl", '{"path": "a.jpg", "user_id": 7, "photo_id": 8, "tags": NaN, "licence": NaN}')
    (photo,) = list_photos(source).photos
    assert (photo.user_id, photo.photo_id, photo.tags, photo.licence) == ("7", "8", (), None)
    pq.write_table(pa.table({"path": ["a.jpg"], "user_id": [7]}), folder / "t.parquet")
    assert list_photos(str(folder / "t.parquet")).photos[0].user_id == "7"


def test_lines_that_are_no_json_cost_only_themselves(folder: Path) -> None:
    source = write(
        folder / "t.jsonl", '{"path": "a.jpg"}\n{"path": \n\n[1]\n"x"\n' + "[" * 100_000 + '\n{"path": "c d.png"}'
    )
    listing = list_photos(source)
    assert [photo.photo_id for photo in listing.photos] == ["a.jpg", "c d.png"]
    assert [failure.photo_id for failure in listing.failures] == [f"{source}, row {n}" for n in (2, 3, 4, 5)]
    reasons = [failure.error for failure in listing.failures]
    assert reasons[0].startswith("row 2 of t.jsonl: not JSON (")
    assert reasons[1:] == [
        "row 3 of t.jsonl: not a JSON object",
        "row 4 of t.jsonl: not a JSON object",
        "row 5 of t.jsonl: nested too deeply",
    ]


def test_a_csv_row_with_too_many_values_is_a_failure_and_with_too_few_is_none(folder: Path) -> None:
    source = write(folder / "t.csv", "path,tags\na.jpg,cat,dog\nc d.png\npics/b.jpg,x,,\n")
    assert [photo.photo_id for photo in list_photos(source).photos] == ["c d.png", "pics/b.jpg"]
    assert errors(source) == ["row 1 of t.csv: 3 values for 2 columns; quote values that hold the delimiter"]


def test_a_value_too_long_for_csv_is_a_failure(folder: Path) -> None:
    source = write(folder / "t.csv", f"path,tags\na.jpg,{'x' * 200_000}\nc d.png,\n")
    assert len(list_photos(source).photos) == 1
    assert errors(source)[0].startswith("row 1 of t.csv: not readable as CSV (")


@pytest.mark.skipif(os.name == "nt", reason="names are always Unicode there")
def test_a_path_that_is_not_utf8_opens_the_file_of_that_name(folder: Path) -> None:
    put(folder / os.fsdecode(b"caf\xe9.jpg"))
    listing = list_photos(write(folder / "t.csv", b"path,tags\ncaf\xe9.jpg,\na.jpg,caf\xe9\n"))
    assert [photo.photo_id for photo in listing.photos] == ["caf\\xe9.jpg"]
    assert listing.failures == (Failure("a.jpg", "row 2 of t.csv: tags is not UTF-8; save the table as UTF-8"),)


def test_paths_may_be_absolute_or_lead_outside_and_the_home_sign_stays(folder: Path) -> None:
    outside = put(folder / "a.jpg")
    rows = [{"path": str(outside)}, {"path": "../a.jpg"}, {"path": "~/a.jpg"}]
    (folder / "sub").mkdir()
    listing = list_photos(write_rows(folder / "sub" / "t.jsonl", rows))
    assert [photo.path for photo in listing.photos] == [str(outside), f"{folder}/sub/../a.jpg"]
    assert listing.failures[0].photo_id == "~/a.jpg"


def test_relative_paths_start_at_the_tables_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "pics" / "t.csv", "path\nb.jpg\n")
    monkeypatch.chdir(folder)
    assert list_photos("pics/t.csv").photos[0].path == "pics/b.jpg"
    monkeypatch.chdir(folder / "pics")
    assert list_photos("t.csv").photos[0].path == "b.jpg"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "name,file\nx,a.jpg\n"),
        ("t.tsv", "name\tfile\nx\ta.jpg\n"),
        ("t.jsonl", '{"name": 1}\n{"file": "a.jpg"}\n'),
        ("t.json", '[{"name": 1, "file": 2}]'),
        ("t.parquet", ""),
    ],
)
def test_a_table_without_pictures_is_refused_with_its_columns(folder: Path, name: str, text: str) -> None:
    source = str(folder / name)
    if text:
        write(folder / name, text)
    else:
        pq.write_table(pa.table({"name": [1], "file": [2]}), source)
    with pytest.raises(SourceError, match="no column for pictures: it has name, file; it needs path") as caught:
        list_photos(source)
    assert "user_id, photo_id, tags, licence" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("t.csv", b"", "is empty"),
        ("t.csv", "path\na.jpg\n".encode("utf-16"), "save it as UTF-8"),
        ("t.jsonl", "x".encode("utf-16"), "save it as UTF-8"),
        ("t.csv", b"path,path\n", "two columns path"),
        ("t.csv", b"path," + b"x" * 200_000, "is empty or does not begin"),
        ("t.json", b'{\n "tags": []\n}', "one JSON object a line"),
        ("t.json", b"[1, 2", "can't be read: not JSON"),
        ("t.parquet", b"PAR1 no more", "can't be read"),
        ("t.parquet", b"", "can't be read"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_whole(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        list_photos(write(tmp_path / name, data))


def test_a_truncated_parquet_file_is_refused(folder: Path) -> None:
    source = write_rows(folder / "t.parquet", [{"path": f"{number}.jpg"} for number in range(1000)])
    data = Path(source).read_bytes()
    write(folder / "t.parquet", b"PAR1" + bytes(200) + data[204:])
    with pytest.raises(SourceError, match="can't be read"):
        list_photos(source)
    write(folder / "t.parquet", data[:-100])
    with pytest.raises(SourceError, match="can't be read"):
        list_photos(source)


@pytest.mark.parametrize(("name", "text"), [("t.csv", "path,tags\n"), ("t.jsonl", ""), ("t.json", "[]")])
def test_a_table_without_rows_holds_nothing(tmp_path: Path, name: str, text: str) -> None:
    listing = list_photos(write(tmp_path / name, text))
    assert (listing.photos, listing.failures) == ((), ())


tag = st.text(st.characters(exclude_characters=";", exclude_categories=["Cs", "Cc"]), max_size=8)
row = st.fixed_dictionaries(
    {"user_id": st.none() | st.sampled_from(["u", "v"]), "tags": st.none() | st.lists(tag, max_size=4)}
)


@settings(deadline=None, max_examples=30)
@given(st.lists(row, max_size=8))
def test_every_kind_of_table_holds_the_same(rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        put(folder / "a.jpg", b"x")
        schema = pa.schema(
            [("photo_id", "string"), ("path", "string"), ("user_id", "string"), ("tags", pa.list_(pa.string()))]
        )
        full = [{"photo_id": str(number), "path": "a.jpg", **cells} for number, cells in enumerate(rows)]
        pq.write_table(pa.Table.from_pylist(full, schema=schema), folder / "t.parquet")
        write_rows(folder / "t.jsonl", full)
        write_rows(folder / "t.json", full)
        lines = ["photo_id,path,user_id,tags"]
        for cells in full:
            tags = ";".join(cells["tags"] or ()).replace('"', '""')
            lines.append(f'{cells["photo_id"]},a.jpg,{cells["user_id"] or ""},"{tags}"')
        write(folder / "t.csv", "\n".join(lines))
        listings = [list_photos(str(folder / table)) for table in ("t.parquet", "t.jsonl", "t.json", "t.csv")]
    assert all(listing == listings[0] for listing in listings)
    assert [(photo.user_id, photo.tags) for photo in listings[0].photos] == [
        (cells["user_id"], tuple(tag.strip() for tag in cells["tags"] or () if tag.strip())) for cells in rows
    ]


@pytest.mark.parametrize("name", KINDS)
def test_an_address_serves_where_there_is_no_file(folder: Path, name: str) -> None:
    url = "https://pictures.example/a b.jpg?x=1"
    rows: list[dict[str, Any]] = [
        {"user_id": "u", "photo_id": "1", "path": "a.jpg", "url": url, "tags": ["cat"], "licence": "CC0"},
        {"user_id": "u", "photo_id": "2", "path": "gone.jpg", "url": f" {url} ", "tags": ["cat"], "licence": "CC0"},
        {"user_id": None, "photo_id": None, "path": None, "url": url, "tags": None, "licence": None},
        {"user_id": None, "photo_id": "4", "path": "", "url": "https://me:secret@a.example/", "tags": None},
        {"user_id": None, "photo_id": "5", "path": None, "url": "a.example/a.jpg", "tags": None},
        {"user_id": None, "photo_id": "6", "path": None, "url": "https://[", "tags": None},
    ]
    listing = list_photos(write_rows(folder / name.lower(), rows))
    here, remote, bare = listing.photos
    assert (here.path, here.url) == (f"{folder}/a.jpg", None)
    assert remote == Photo("2", url, None, "u", ("cat",), stamp=address_stamp(url), licence="CC0", url=url)
    assert bare == Photo(url, url, stamp=address_stamp(url), url=url)
    assert [failure.error.partition(": ")[2] for failure in listing.failures] == [
        "refused: the address holds a name and password, which would be stored",
        "no web address: it has no http:// or https://",
        "no web address (Invalid IPv6 URL)",
    ]
