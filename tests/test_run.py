"""Guarded runs of real commands: what passes through, what is told, and who is started again."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.readers.children import eventually
from trayapp.control.client import call
from trayapp.control.process_endpoints import GUARD, find_names
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError
from trayapp.guard.restart_request import restart
from trayapp.readers.procfile import read_started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MEMTRAY = (sys.executable, "-m", "trayapp")
GROW = """
import sys, time
print("up", flush=True)
kept = []
for _ in range(int(sys.argv[1])):
    kept.append(bytearray(1_000_000))
print("grown", flush=True)
"""
LINGER = "time.sleep(600)"


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "MEMTRAY_HOME": str(folder)}


def run(folder: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MEMTRAY, "run", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(folder),
    )


@contextmanager
def guarded(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A guarded run whose command has printed its first line; ended at the end of the block."""
    with subprocess.Popen(
        [*MEMTRAY, "run", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(folder),
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline()
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=20)
            process.kill()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def key_of(pid: int) -> ProcessKey:
    return ProcessKey(pid, read_started("/proc", pid))


def runs(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def test_input_output_and_exit_code_are_the_commands(tmp_path: Path) -> None:
    done = run(tmp_path, "--", "sh", "-c", 'cat; echo "$@" >&2; exit 7', "x", "--", "-v", text="in")
    assert (done.stdout, done.stderr, done.returncode) == ("in", "-- -v\n", 7)
    assert run(tmp_path, "--", "sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "which command should be run?"),
        (("--", "no-such-command"), "command not found: no-such-command"),
        (("--high", "1G", "--critical", "500M", "--", "true"), "--critical must be greater"),
        (("--high", "0", "--", "true"), "greater than 0"),
        (("--high", "lots", "--", "true"), "'lots' is not a size"),
        (("--restart", "--", "true"), "--restart needs --critical"),
        (("--", "/dev/null"), "found"),
    ],
)
def test_what_cannot_be_run_is_a_mistake_in_the_command_line(
    tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 2
    assert reason in done.stderr


def test_where_nobody_can_ask_the_command_runs_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "run").touch()
    done = run(tmp_path, "--", "echo", "out")
    assert (done.stdout, done.returncode) == ("out\n", 0)
    assert done.stderr.startswith("memtray: Memtray cannot ask for a restart:")
    assert done.stderr.count("\n") == 1


def test_signals_are_passed_on(tmp_path: Path) -> None:
    script = "trap 'echo got; exit 5' USR1; echo up; while :; do sleep 0.05; done"
    with guarded(tmp_path, "--", "sh", "-c", script) as process:
        process.send_signal(signal.SIGUSR1)
        assert process.stdout
        assert process.stdout.readline() == "got\n"
        assert process.wait(20) == 5
    with guarded(tmp_path, "--", "sh", "-c", "echo up; exec sleep 600") as process:
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM


def test_whom_the_command_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    script = "sleep 600 & echo $!; sh -c 'trap \"\" TERM; sleep 600' & read x; exit 3"
    began = time.monotonic()
    with subprocess.Popen(
        [*MEMTRAY, "run", "--", "sh", "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    ) as process:
        assert process.stdin
        assert process.stdout
        left = int(process.stdout.readline())
        (command,) = children(process.pid)
        group = eventually(lambda: children(command) if len(children(command)) == 2 else [])
        process.stdin.close()
        assert process.wait(30) == 3
        assert not any(map(runs, [left, *group]))
    assert time.monotonic() - began < 15, "who does not listen is killed"


def test_a_size_is_told_once_and_more_loudly_when_it_is_critical(tmp_path: Path) -> None:
    code = GROW + "time.sleep(2.5)\n"
    done = run(tmp_path, "--high", "40M", "--", sys.executable, "-c", code, "60")
    (line,) = done.stderr.splitlines()
    assert line.startswith("memtray: python")
    assert line.endswith("above the limit of 40.0 MiB.")
    critical = ("--high", "20M", "--critical", "40M")
    done = run(tmp_path, *critical, "--", sys.executable, "-c", code, "60")
    assert done.returncode == 0
    assert done.stdout == "up\ngrown\n"
    assert done.stderr.startswith("memtray: CRITICAL: python")
    assert done.stderr.count("\n") == 1


def test_children_count(tmp_path: Path) -> None:
    code = GROW + "time.sleep(2.5)\n"
    script = '"$0" -c "$1" 30 & "$0" -c "$1" 30; wait'
    command = ("sh", "-c", script, sys.executable, code)
    done = run(tmp_path, "--high", "55M", "--", *command)
    assert "sh uses" in done.stderr


def test_what_takes_too_much_is_ended_and_started_again(tmp_path: Path) -> None:
    script = f"import pathlib, sys\nlog = pathlib.Path({str(tmp_path / 'log')!r})\n"
    script += "first = not log.exists()\nlog.open('a').write('x')\n"
    script += GROW.replace("int(sys.argv[1])", "60 if first else 0")
    script += "time.sleep(600 if first else 0.1)\nsys.exit(9)"
    done = run(tmp_path, "--critical", "40M", "--restart", "--", sys.executable, "-c", script)
    assert (tmp_path / "log").read_text() == "xx"
    assert done.returncode == 9
    told, again = done.stderr.splitlines()
    assert "above the limit of 40.0 MiB" in told
    assert again.endswith(": restart 1 of at most 4 an hour.")


def test_the_action_restarts_only_what_is_under_a_guarded_run(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    with (
        guarded(tmp_path, "--", "sh", "-c", "echo up; sleep 600; :") as process,
        guarded(tmp_path, "--", "sh", "-c", "echo up; sleep 600; :") as other,
    ):
        (command,) = children(process.pid)
        (others,) = children(other.pid)
        (child,) = eventually(lambda: children(command))
        assert len(find_names(runtime, GUARD)) == 2
        key = key_of(child)
        mine = key_of(os.getpid())
        for stranger in (mine, key._replace(started=1), ProcessKey(1, 1), key_of(process.pid)):
            with pytest.raises(ControlError, match="was started with memtray run"):
                restart(runtime, [stranger])
        with pytest.raises(ControlError, match="was started with memtray run"):
            restart(runtime, [])
        assert runs(command)
        (pid,) = restart(runtime, [mine, key])
        assert children(process.pid) == [pid]
        assert not runs(command)
        assert not runs(child)
        assert children(other.pid) == [others]
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
        with pytest.raises(ControlError, match="was started with memtray run"):
            restart(runtime, [key])


def test_a_signal_during_a_restart_ends_the_run(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    script = "trap 'sleep 2; exit' TERM; echo up; while :; do sleep 0.05; done"
    with guarded(tmp_path, "--", "sh", "-c", script) as process:
        (command,) = children(process.pid)
        (name,) = find_names(runtime, GUARD)
        processes = {"processes": [list(key_of(command))]}
        with pytest.raises(ControlError, match="did not answer"):
            call(runtime, "restart", processes, 0.3, name=name)
        with pytest.raises(ControlError, match="is already being restarted"):
            call(runtime, "restart", processes, 5, name=name)
        process.terminate()
        assert process.wait(30) == 128 + signal.SIGTERM
        assert not runs(command)


def test_odd_questions_are_answered_with_no(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    with guarded(tmp_path, "--", "sh", "-c", "echo up; exec sleep 600") as process:
        (name,) = find_names(runtime, GUARD)
        (command,) = children(process.pid)
        odds: list[object] = [
            None,
            5,
            [5],
            [[1]],
            [[command, True]],
            [[command, "1"]],
            [[None, {}]],
        ]
        for odd in odds:
            told = call(runtime, "restart", {"processes": odd}, name=name)
            assert told == {"guards": False}
        assert children(process.pid) == [command]


class Screen:
    """An interactive shell in a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(environment(folder), PS1="$ ", TERM="dumb")
            os.execvp("bash", ["bash", "--norc", "--noediting", "-i"])  # noqa: S606
        self._seen = ""

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def shows(self, text: str) -> None:
        """Wait until something is shown after what was waited for before."""
        deadline = time.monotonic() + 30
        while text not in self._seen:
            assert time.monotonic() < deadline, f"{text!r} not in {self._seen!r}"
            if select.select([self._terminal], [], [], 0.2)[0]:
                self._seen += os.read(self._terminal, 65536).decode()
        self._seen = self._seen.partition(text)[2]

    def close(self) -> None:
        os.close(self._terminal)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_the_terminal_is_the_commands(tmp_path: Path) -> None:
    """It reads, is stopped and goes on, and is interrupted, as if nobody stood between."""
    screen = Screen(tmp_path)
    try:
        memtray = f"{sys.executable} -m trayapp"
        screen.shows("$ ")
        screen.type(f"{memtray} run -- cat; echo code=$?\n")
        screen.shows("code=$?")
        screen.type("one\n")
        screen.shows("one\r\none")
        screen.type("\x1a")
        screen.shows("Stopped")
        screen.type("echo shell-$((40+2))\n")
        screen.shows("shell-42")
        screen.type("fg\n")
        screen.shows("cat")
        screen.type("two\n")
        screen.shows("two\r\ntwo")
        screen.type("\x04")
        screen.shows("$ ")
        screen.type(f"{memtray} run -- sleep 600; echo code-$?\n")
        screen.shows("code-$?")
        eventually(lambda: find_names(tmp_path / "run", GUARD))
        screen.type("\x03")
        screen.shows("code-130")
        screen.type("echo shell-$((40+3))\n")
        screen.shows("shell-43")
    finally:
        screen.close()


FORKING = """
import os, sys, time
block = bytearray(b"x") * (100 << 20)
for number in range(4):
    if os.fork() == 0:
        time.sleep(60)
        os._exit(0)
print("forked", flush=True)
time.sleep(4)
"""
MAPPING_THRICE = """
import mmap, os, sys, time
descriptor = os.memfd_create("heap")
os.ftruncate(descriptor, 100 << 20)
views = [mmap.mmap(descriptor, 100 << 20) for _ in range(3)]
for view in views:
    for at in range(0, 100 << 20, 4096):
        view[at] = 1
print("mapped", flush=True)
time.sleep(4)
"""


@pytest.mark.parametrize("code", [FORKING, MAPPING_THRICE])
def test_memory_that_is_shared_counts_once(tmp_path: Path, code: str) -> None:
    """A healthy server of 110 MiB, with over 300 MiB resident in sum, is let alone."""
    done = run(tmp_path, "--high", "150M", "--critical", "200M", "--restart",
               "--", sys.executable, "-c", code)  # fmt: skip
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.count("ed\n") == 1
