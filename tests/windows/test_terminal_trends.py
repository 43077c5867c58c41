"""`memtray trends` where no charts are installed: it says what is missing, and draws in blocks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.windows.stores import MIB, write_store

CHILD = """
import sys
for name in ("matplotlib", "numpy"):
    sys.modules[name] = None
from trayapp.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    sizes = {"web": lambda t: (50 + t / 60) * MIB, "past": lambda t: 20.0 * MIB if t < 99 else None}
    write_store(
        tmp_path / "history.sqlite3", sizes, seconds=3600, step=10, start=time.time() - 3600
    )
    return tmp_path


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], env=os.environ | {"MEMTRAY_HOME": str(home)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_history_is_drawn_in_the_terminal(home: Path) -> None:
    done = run(home, "trends", "web", "--since", "30min")
    assert done.returncode == 0
    assert done.stderr.startswith("memtray: The trend window needs the package matplotlib; install")
    assert done.stderr.count("\n") == 1
    name, *chart = done.stdout.splitlines()
    assert name == "web  110 MiB"
    assert sum("█" in line for line in chart) > 2
    assert "past" not in done.stdout


def test_a_recording_is_drawn_as_well(home: Path) -> None:
    table = home / "mine.csv"
    rows = (f"{second},{(20 + second) * 1024 * 1024}" for second in range(60))
    table.write_text("\n".join(("elapsed_seconds,rss_bytes", *rows)))
    done = run(home, "trends", str(table))
    assert done.returncode == 0
    assert "79.0 MiB" in done.stdout
    assert "█" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "needs"),
    [
        (("trends", "--save", "a.png"), "Saving a chart needs the package matplotlib"),
        (("report", "-o", "a.pdf"), "a .pdf file needs the package matplotlib"),
    ],
)
def test_what_cannot_be_made_says_what_is_needed(
    home: Path, arguments: tuple[str, ...], needs: str
) -> None:
    done = run(home, *arguments[:-1], str(home / arguments[-1]))
    assert done.returncode != 0
    assert needs in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / arguments[-1]).exists()


def test_a_name_that_nobody_knows_is_said_in_one_line(home: Path) -> None:
    done = run(home, "trends", "webb")
    assert done.returncode == 2
    assert "did you mean" in done.stderr
