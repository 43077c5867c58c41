"""Which file tells versions of a program apart, of real processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.readers.children import eventually
from trayapp.domain.records.run_program import Version
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.readers.program_file import read_version

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

WAITS = "print('here', flush=True)\ninput()\n"
LONG_AGO = 1_600_000_000


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for child in started:
        with child:
            child.kill()


def start(
    children: list[subprocess.Popen[bytes]], arguments: Sequence[str], folder: Path
) -> ProcessFacts:
    """Start a program that waits, and return what a reader of processes tells of it."""
    child = subprocess.Popen(
        arguments, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    children.append(child)
    return ProcessFacts(
        key=ProcessKey(child.pid, 1),
        parent_pid=os.getpid(),
        name="any",
        arguments=tuple(arguments),
        started_wall_seconds=time.time(),
    )


def wait_for(children: list[subprocess.Popen[bytes]]) -> None:
    output = children[-1].stdout
    assert output is not None and output.readline() == b"here\n"


def written(path: Path, text: str = WAITS) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def test_a_program_is_known_by_its_own_file_also_when_that_is_replaced(
    tmp_path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    program = tmp_path / "serve"
    shutil.copy(shutil.which("sleep") or "", program)
    os.utime(program, (LONG_AGO, LONG_AGO))
    size = program.stat().st_size
    facts = start(children, [str(program), "600"], tmp_path)
    eventually(lambda: read_version(facts) == Version("serve", LONG_AGO, size))
    program.unlink()
    program.write_bytes(b"another version")
    assert read_version(facts) == Version("serve", LONG_AGO, size)


@pytest.mark.parametrize(
    "arguments",
    [
        ("app.py", "--port", "80"),
        ("-X", "dev", "app.py"),
        ("{folder}/app.py",),
        ("-u", "-m", "app"),
    ],
)
def test_what_an_interpreter_runs_is_known_by_the_script(
    tmp_path: Path, children: list[subprocess.Popen[bytes]], arguments: Sequence[str]
) -> None:
    script = written(tmp_path / "app.py")
    given = [each.format(folder=tmp_path) for each in arguments]
    facts = start(children, [sys.executable, *given], tmp_path)
    wait_for(children)
    assert read_version(facts) == Version("app.py", LONG_AGO, script.stat().st_size)


def test_a_module_of_several_files_is_known_by_the_one_that_begins(
    tmp_path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    written(tmp_path / "shop" / "__main__.py")
    facts = start(children, [sys.executable, "-m", "shop"], tmp_path)
    wait_for(children)
    assert read_version(facts) == Version("__main__.py", LONG_AGO, len(WAITS))


def test_of_a_script_that_has_changed_since_it_began_nobody_knows_what_it_was(
    tmp_path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    script = written(tmp_path / "app.py")
    facts = start(children, [sys.executable, "app.py"], tmp_path)
    wait_for(children)
    long_running = ProcessFacts(
        key=facts.key, parent_pid=1, name="any", arguments=facts.arguments,
        started_wall_seconds=time.time() - 3600,
    )  # fmt: skip
    # As packages do: the new file brings the time at which it was made.
    written(script, WAITS + "# another version\n")
    assert read_version(long_running) is None


def test_without_a_script_the_interpreter_stands_for_itself(
    tmp_path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    facts = start(children, [sys.executable, "-c", WAITS, "app.py"], tmp_path)
    written(tmp_path / "app.py")
    wait_for(children)
    found = read_version(facts)
    real = Path(sys.executable).resolve()
    assert found == Version(real.name, int(real.stat().st_mtime), real.stat().st_size)


def test_of_a_process_that_has_ended_nothing_is_known(
    tmp_path: Path, children: list[subprocess.Popen[bytes]]
) -> None:
    facts = start(children, ["true"], tmp_path)
    children[-1].wait(60)
    assert read_version(facts) is None
