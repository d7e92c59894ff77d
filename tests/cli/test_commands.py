"""Every command and option is described, in its help and in the reference; wrong usage is told in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from command_tree import COMMANDS, PAGE, page

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cli


def test_the_commands_are_those_of_the_contract() -> None:
    paths = {command.path for command in COMMANDS}
    assert {("profile",), ("classify",), ("domains",), ("doctor",), ("demo",)} <= paths
    assert {("models", "list"), ("models", "verify")} <= paths


@pytest.mark.parametrize("command", COMMANDS, ids=[" ".join(command.path) for command in COMMANDS])
def test_everything_has_help(cli: Cli, command: Any) -> None:
    assert command.help
    outcome = cli(*command.path, "--help")
    assert (outcome.code, outcome.err) == (0, "")
    assert cli(*command.path, "-h").out == outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 100
    plain = " ".join(outcome.out.split())
    for names, info in [((name,), info) for name, info in command.arguments] + [
        (option[0], option[1]) for option in command.options
    ]:
        assert info.help, f"{names} is not explained"
        assert info.help.rstrip()[-1] in ".)", f"{names}: {info.help}"
        assert info.help.split()[0] in plain
        assert all(name in plain for name in names if name.startswith("--"))


def test_the_program_itself_has_help(cli: Cli) -> None:
    outcome = cli("--help")
    assert outcome.code == 0
    for command in COMMANDS:
        assert f"\n  {command.path[0]} " in outcome.out
    assert "--version" in outcome.out
    assert "--debug" in outcome.out


def test_the_reference_is_what_the_commands_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tools/build_commands.py"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Usage: "),
        (("models",), "Usage: "),
        (("profiel", "x"), "No such command"),
        (("profile",), "Missing argument"),
        (("profile", "x", "--colour"), "No such option"),
        (("profile", "x", "--top"), "requires an argument"),
        (("profile", "x", "--top", "ten"), "--top"),
        (("profile", "x", "--max-pixels", "0"), "--max-pixels"),
        (("classify", "x", "--labels", "11"), "--labels"),
        (("domains",), "Missing argument"),
    ],
)
def test_wrong_usage_is_code_2_and_on_standard_error(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    outcome = cli(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("command", ["profile", "classify"])
def test_nothing_to_do_is_code_1_with_the_reason(cli: Cli, tmp_path: Path, command: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    outcome = cli(command, empty)
    assert (outcome.code, outcome.out, outcome.err) == (1, "", f"penchant: no pictures in {empty}\n")
    (empty / "film.mp4").write_bytes(b"")
    (empty / "letter.pdf").write_bytes(b"")
    outcome = cli(command, empty, "--json")
    assert (outcome.code, outcome.err) == (1, f"penchant: no pictures in {empty} (only 1 .mp4, 1 .pdf)\n")
    (empty / "only.jpg").write_bytes(b"broken")
    assert cli(command, empty).code == 1, "every picture failed"
    several = cli(command, tmp_path / "a", tmp_path / "b")
    assert (several.code, several.err.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", ["profile", "classify"])
def test_one_picture(cli: Cli, pictures: Path, command: str) -> None:
    outcome = cli(command, pictures / "003.jpg")
    assert (outcome.code, outcome.err) == (0, "")
    assert "picture says" in outcome.out or "003.jpg: " in outcome.out


def test_a_fault_of_ours_is_told_as_one(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("penchant.semantics.Lexicon.load", fault)
    outcome = cli("domains", "castle")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        "penchant: an unexpected ZeroDivisionError: division by zero\n"
        "This is a fault of penchant's. The same command with --debug shows where it happened.\n"
    )
    from penchant.cli import main

    with pytest.raises(ZeroDivisionError):
        main(["domains", "castle", "--debug"])
