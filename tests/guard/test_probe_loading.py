"""A Python program under `memtray run` has a probe without a changed line, and no trace of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from trayapp.guard.environment import command_environment
from trayapp.guard.python_loader import PRELOAD

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

TELL = """
import json, os, sys, threading
def tell(who):
    print(json.dumps({
        "who": who,
        "has_probe": any(t.name.startswith("probe-") for t in threading.enumerate()),
        "path": os.environ.get("PYTHONPATH"),
        "finds": [entry for entry in sys.path if "preload" in entry],
        "own": getattr(sys.modules.get("sitecustomize"), "OWN", None),
    }), flush=True)
"""
PROGRAM = (
    TELL
    + """
import subprocess
tell("program")
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "child"])
    if os.fork() == 0:
        tell("fork")
        os._exit(0)
    os.wait()
"""
)


def told_by(folder: Path, *options: str, **variables: str) -> list[dict[str, object]]:
    """What a program and its child have to say that were started under guard."""
    (folder / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "trayapp", "run", *options, "--"),
            *(sys.executable, str(folder / "program.py")),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "MEMTRAY_HOME": str(folder), **variables},
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_program_has_a_probe_and_its_children_have_not(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("OWN = True\n")
    program, child, fork = told_by(tmp_path, PYTHONPATH=str(tmp_path / "own"))
    assert (program["has_probe"], child["has_probe"], fork["has_probe"]) == (True, False, False)
    for each in (program, child):
        assert (each["path"], each["finds"]) == (str(tmp_path / "own"), [])
        assert each["own"] is True  # what it stands before runs as well


def test_children_have_one_if_that_is_asked_for(tmp_path: Path) -> None:
    assert [each["has_probe"] for each in told_by(tmp_path, "--probe", "children")] == [True] * 3


def test_nobody_has_one_if_that_is_asked_for(tmp_path: Path) -> None:
    assert [each["has_probe"] for each in told_by(tmp_path, "--probe", "off")] == [False] * 3


def test_a_python_that_is_too_old_goes_on_without(tmp_path: Path) -> None:
    """The script itself says so in one line; a Python that old need not be here to see that."""
    code = "import sys; sys.version_info = (3, 9, 0, 'final', 0); import runpy\n"
    code += f"runpy.run_path({str(PRELOAD / 'sitecustomize.py')!r}); print('goes on')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "MEMTRAY_HOME": str(tmp_path)},
    )
    assert done.stdout == "goes on\n"
    assert done.stderr == "memtray: no probe in this program: it needs Python 3.11 or later\n"


def test_the_environment_keeps_what_it_had() -> None:
    found = command_environment({"PYTHONPATH": "/a", "B": "b"}, "children", {"C": "c"})
    assert found["PYTHONPATH"] == f"{PRELOAD}{os.pathsep}/a"
    assert (found["B"], found["C"]) == ("b", "c")
    assert command_environment({"B": "b"}, "off") == {"B": "b"}
