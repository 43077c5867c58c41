"""`memtray end` and `memtray restart`, as a person and as a script gives them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.applet.test_acting_verbs import DEAF_EATER, Eaters, described, keys, tracking_eaters
from tests.cli.test_main import EATER, REPOSITORY, Memtray
from tests.desktop.desktop import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="opens terminals")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ending")


@pytest.fixture(scope="module")
def applet(folder: Path) -> Iterator[Memtray]:
    with tracking_eaters(folder) as memtray:
        yield memtray


@pytest.fixture
def eaters(folder: Path, applet: Memtray) -> Iterator[Eaters]:
    eaters = Eaters(folder, applet.home)
    described(applet, 0)
    yield eaters
    eaters.end()


def on_terminal(memtray: Memtray, answer: str, *arguments: str) -> tuple[int, str]:
    """Type an answer when asked; return the exit code, and what was asked."""
    ours, theirs = os.openpty()
    os.write(ours, f"{answer}\n".encode())
    try:
        done = subprocess.run(
            [sys.executable, "-m", "trayapp", *arguments],
            env=memtray.env, cwd=REPOSITORY, stdin=theirs, capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    return done.returncode, done.stderr


def test_a_target_is_ended_by_its_name(applet: Memtray, eaters: Eaters) -> None:
    child = eaters.start()
    described(applet, 1)
    answer = applet.json("end", "eater", "--yes")
    assert answer == {"name": "eater", "ended": [child.pid], "running": [], "refusals": []}
    assert child.wait(20) == -signal.SIGTERM
    described(applet, 0)
    assert applet.one_line_error("end", "eater", "--yes") == (1, "memtray: eater is not running.")


def test_the_person_is_asked_once_about_what_would_end(applet: Memtray, eaters: Eaters) -> None:
    child = eaters.start()
    described(applet, 1)
    code, line = applet.one_line_error("end", "--pid", str(child.pid))
    assert code == 2
    assert "--yes" in line
    code, asked = on_terminal(applet, "n", "end", "--pid", str(child.pid))
    assert code == 1
    assert f"End process {child.pid}?\nacting_eater.py" in asked
    assert child.poll() is None
    assert on_terminal(applet, "y", "end", "--pid", str(child.pid))[0] == 0
    assert child.wait(20) == -signal.SIGTERM
    code, line = applet.one_line_error("end", "--pid", str(child.pid), "--yes")
    assert (code, line) == (2, f"memtray: there is no process {child.pid}")


def test_force_ends_who_does_not_listen(applet: Memtray, eaters: Eaters) -> None:
    child = eaters.start(DEAF_EATER)
    described(applet, 1)
    wait_until(lambda: _ignores(child.pid, signal.SIGTERM), what="deaf program")
    done = applet.run("end", "eater", "--yes")
    assert done.returncode == 1
    assert f"eater: process {child.pid} is still running. `--force`" in done.stdout
    assert child.poll() is None
    assert applet.run("end", "eater", "--force", "-y").returncode == 0
    assert child.wait(20) == -signal.SIGKILL


def _ignores(pid: int, number: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(ignored.split()[1], 16) >> (number - 1) & 1)


def test_what_is_guarded_is_restarted_and_nothing_else(applet: Memtray, eaters: Eaters) -> None:
    plain = eaters.start()
    described(applet, 1)
    code, line = applet.one_line_error("restart", "eater", "--yes")
    assert code == 1
    assert line.startswith("memtray: Memtray cannot restart eater")
    plain.terminate()
    described(applet, 0)
    eaters.start(EATER, sys.executable, "-m", "trayapp", "run", "--")
    before = keys(described(applet, 1))
    done = applet.run("restart", "eater", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["text"].startswith("eater: restarted as process ")
    assert keys(described(applet, 1)) != before


def test_the_folder_of_its_program_is_opened(
    applet: Memtray, eaters: Eaters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opener, opened = tmp_path / "xdg-open", tmp_path / "opened"
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}.new"; mv "{opened}.new" "{opened}"\n')
    opener.chmod(0o755)
    monkeypatch.setitem(applet.env, "PATH", f"{tmp_path}{os.pathsep}{applet.env['PATH']}")
    child = eaters.start()
    described(applet, 1)
    assert applet.run("folder", "eater").returncode == 0
    wait_until(opened.exists, what="folder")
    assert opened.read_text() == str(Path(f"/proc/{child.pid}/exe").readlink().parent)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["eate"], "No tracked program or application is called 'eate'. Did you mean 'eater'?"),
        (["memtray"], "`memtray quit` ends it"),
        ([], "which program?"),
        (["eater", "--pid", "1"], "which program?"),
    ],
)
def test_a_mistake_is_named_in_one_line(applet: Memtray, arguments: list[str], part: str) -> None:
    for verb in (["end", "--yes"], ["restart", "--yes"], ["folder"]):
        code, line = applet.one_line_error(*verb, *arguments)
        assert code == 2
        assert part in line


def test_window_positions_are_reset_without_a_memtray(tmp_path: Path) -> None:
    memtray = Memtray(tmp_path / "home")
    assert memtray.run("windows", "reset").returncode == 0
    windows = memtray.home / "windows"
    windows.mkdir(exist_ok=True)
    for name in ("table-size.json", "compact.json"):
        (windows / name).write_text("{}")
    assert memtray.run("windows", "reset").returncode == 0
    assert list(windows.glob("*.json")) == []
