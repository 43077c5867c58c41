"""`memtray attach`: the probe in a program that runs already, where Python and the system allow it.

Python 3.14 is not in every place where these tests run. So the programs here run an older one,
whose `sys.remote_exec` is a stand-in: it hands the script to the program by a file, which the
program runs in its main thread, as Python 3.14 does. What is around it is all real. (It was seen to
work with Debian's Python 3.14.10.)
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.test_run import MEMTRAY, environment
from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.readers.procfile import read_started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PROGRAM = """
import os, pathlib, sys, time
print("ready", flush=True)
wanted = pathlib.Path(sys.argv[1]) / f"remote-{os.getpid()}"
while True:
    if wanted.exists():
        exec(pathlib.Path(wanted.read_text()).read_text())
        wanted.unlink()
    time.sleep(0.05)
"""
STAND_IN = """
import sys
def remote_exec(pid, script):
    import pathlib
    folder = pathlib.Path({folder!r})
    if (folder / "refusal").exists():
        raise eval((folder / "refusal").read_text())
    (folder / "draft").write_text(script)
    (folder / "draft").rename(folder / f"remote-{{pid}}")
sys.remote_exec = remote_exec
"""
INTERPRETER = os.path.realpath(sys.executable)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A `PYTHONHOME` whose Python has the stand-in from its first import on."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    real, made = Path(os.__file__).parent, tmp_path / "home" / "lib" / version
    (made / "encodings").mkdir(parents=True)
    for source, folder in ((real, made), (real / "encodings", made / "encodings")):
        for entry in source.iterdir():
            if entry.name not in ("encodings", "__init__.py", "__pycache__", "site-packages"):
                (folder / entry.name).symlink_to(entry)
    first = (real / "encodings" / "__init__.py").read_text("utf-8")
    (made / "encodings" / "__init__.py").write_text(first + STAND_IN.format(folder=str(tmp_path)))
    return tmp_path / "home"


@contextmanager
def program(folder: Path, *command: str, **variables: str) -> Iterator[int]:
    with subprocess.Popen(
        command or [INTERPRETER, "-c", PROGRAM, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, **variables},
    ) as process:
        try:
            assert process.stdout
            assert command or process.stdout.readline() == b"ready\n"
            yield process.pid
        finally:
            process.kill()


def attach(folder: Path, pid: int | str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MEMTRAY, "attach", str(pid), *options],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(folder),
    )


def test_a_program_that_runs_gets_the_probe(tmp_path: Path, home: Path) -> None:
    with program(tmp_path, PYTHONHOME=str(home)) as pid:
        done = attach(tmp_path, pid, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["has_probe"] is True
        runtime = tmp_path / "run"
        name = endpoint_name(PROBE, pid, read_started("/proc", pid))
        assert call(runtime, "report", {}, 60, name=name)["pid"] == pid
        assert list(runtime.glob("attach-*")) == []
        again = attach(tmp_path, pid)
        assert (again.returncode, "has a probe already" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (
            "RuntimeError('Remote debugging is not enabled in the remote process')",
            "forbids attaching (Remote debugging is not enabled in the remote process)",
        ),
        ("OSError(5, 'Input/output error')", "cannot be attached to"),
    ],
)
def test_a_refusal_is_one_line_with_the_reason(
    tmp_path: Path, home: Path, refusal: str, reason: str
) -> None:
    (tmp_path / "refusal").write_text(refusal)
    with program(tmp_path, PYTHONHOME=str(home)) as pid:
        done = attach(tmp_path, pid)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert list((tmp_path / "run").glob("attach-*")) == []


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="has what is to be missed")
def test_an_older_python_is_refused(tmp_path: Path) -> None:
    with program(tmp_path) as pid:
        done = attach(tmp_path, pid)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert done.returncode == 2
    assert f"runs Python {version}, and attaching needs Python 3.14 or later" in done.stderr


def test_what_is_no_python_is_not_started_with_its_options(tmp_path: Path) -> None:
    with program(tmp_path, "sleep", "600") as pid:
        done = attach(tmp_path, pid)
        assert (done.returncode, "is not a Python program: it runs" in done.stderr) == (2, True)
    assert "there is no process" in attach(tmp_path, 2**31 - 1).stderr
    assert attach(tmp_path, "x").returncode == 2
