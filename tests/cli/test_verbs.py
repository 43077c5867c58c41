"""The list of verbs: each line leads to a verb, and only the one asked for is loaded."""

from __future__ import annotations

import argparse
import subprocess
import sys

import pytest

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
