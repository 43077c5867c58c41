"""The list of verbs: each line leads to a verb, and only the one asked for is loaded."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

from tests.cli.test_main import REPOSITORY, Memtray, memtray, running  # noqa: F401 - fixtures
from trayapp.cli.main import _parser, main
from trayapp.cli.verbs import VERBS, VerbLine
from trayapp.windows import WINDOWS


@pytest.mark.parametrize("line", VERBS, ids=lambda line: line.name)
def test_each_line_leads_to_a_verb(line: VerbLine) -> None:
    verb = line.load()
    verb.prepare_parser(argparse.ArgumentParser())
    assert callable(verb.run)


def test_names_are_told_apart_and_every_window_has_a_verb() -> None:
    names = [line.name for line in VERBS]
    assert len(set(names)) == len(names)
    assert {window.verb for window in WINDOWS} <= set(names)


def test_a_verb_loads_no_other_verb() -> None:
    code = (
        "import sys; from trayapp.cli.main import main; main(['cleanup', '--profile=none']);"
        "print(*(name for name in sys.modules if name.startswith('trayapp.cli.verbs.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(run.stdout.split()) == {"trayapp.cli.verbs.cleanup", "trayapp.cli.verbs.start"}


def test_status_loads_little(running: Memtray) -> None:  # noqa: F811
    code = (
        "import sys; from trayapp.cli.main import main; main(['status']);"
        "print('loaded', *sys.modules)"
    )
    command = [sys.executable, "-c", code]
    run = subprocess.run(
        command, check=True, capture_output=True, text=True, env=running.env, cwd=REPOSITORY
    )
    assert "Memtray itself: " in run.stdout
    loaded = set(run.stdout.partition("\nloaded ")[2].split())
    surplus = loaded & {
        "argparse", "dataclasses", "difflib", "gettext", "inspect", "logging", "lzma", "shutil",
        "sqlite3", "tomllib", "threading", "trayapp.domain.judging.view", "trayapp.platforms",
    }  # fmt: skip
    assert not surplus


def test_help_loads_no_verb_and_no_compressor(capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys; from trayapp.cli.main import _parser; _parser(['--help']).format_help();"
        "print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    surplus = set(run.stdout.split()) & {"difflib", "lzma", "shutil", "tomllib", "sqlite3"}
    assert not surplus
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(f"\n    {line.name} " in shown for line in VERBS if line.help)


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("40", 40), ("wide", 80), ("0", 80)])
def test_help_is_as_wide_as_the_terminal(
    columns: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "__stdout__", None)
    lines = _parser([]).format_help().splitlines()
    assert width - 12 <= max(map(len, lines[:60])) <= max(width - 2, 46)
