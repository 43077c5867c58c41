"""A real program with a probe: what it answers, and that nothing can be done to it by answers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.control.serving import other_process, serving
from tests.readers.children import eventually, stop
from trayapp.cleanup.probes import Probes
from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name, find_names
from trayapp.control.protocol import decode
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, NotRunningError
from trayapp.readers.procfile import read_started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PROGRAM = """
import asyncio, os, pathlib, sys, threading
import trayapp.probe

class Node:
    def __init__(self, size):
        self.me, self.data = self, bytearray(size)

def litter(count):
    for _ in range(count):
        Node(100_000)

import gc
gc.disable()
litter(300)
images = {number: bytearray(100_000) for number in range(100)}
trayapp.probe.register_cache("images", images.clear, lambda: sum(map(len, images.values())))
def stumble():
    raise SystemExit("no\\u202e" * 100)
trayapp.probe.register_cache("odd", stumble, stumble)
assert trayapp.probe.start(pathlib.Path(sys.argv[1]))
assert trayapp.probe.start(pathlib.Path(sys.argv[1]))
threads = [thread.name for thread in threading.enumerate()]
assert len(threads) == 2, threads
"""
TELL_AND_WAIT = """
print("ready", flush=True)
for line in sys.stdin:
    print(eval(line), flush=True)
"""


def key_of(pid: int) -> ProcessKey:
    return ProcessKey(pid, read_started("/proc", pid))


def ask(runtime: Path, pid: int, verb: str, **arguments: object) -> dict[str, object]:
    name = endpoint_name(PROBE, *key_of(pid))
    return call(runtime, verb, arguments, name=name, who="The probe")


@contextmanager
def program(runtime: Path, code: str = "") -> Iterator[subprocess.Popen[bytes]]:
    with other_process(PROGRAM + code + TELL_AND_WAIT, str(runtime)) as process:
        yield process


def caches(told: dict[str, object]) -> list[dict[str, Any]]:
    assert isinstance(told["caches"], list)
    return told["caches"]


def evaluate(process: subprocess.Popen[bytes], expression: str) -> str:
    assert process.stdin
    assert process.stdout
    process.stdin.write(expression.encode() + b"\n")
    process.stdin.flush()
    return process.stdout.readline().decode().strip()


def test_garbage_is_collected_and_memory_given_back(tmp_path: Path) -> None:
    with program(tmp_path) as process:
        told = ask(tmp_path, process.pid, "collect")
        assert told["pid"] == process.pid
        assert told["caches"] == []
        assert isinstance(told["object_count"], int)
        assert told["object_count"] >= 300
        before_bytes, after_bytes = told["before_bytes"], told["after_bytes"]
        assert isinstance(before_bytes, int)
        assert isinstance(after_bytes, int)
        assert before_bytes - after_bytes > 20_000_000
        assert evaluate(process, "len(images)") == "100"


def test_caches_are_emptied_only_on_request_and_one_that_fails_harms_nobody(
    tmp_path: Path,
) -> None:
    with program(tmp_path) as process:
        images, odd = caches(ask(tmp_path, process.pid, "collect", caches=True))
        assert images == {
            "name": "images",
            "before_bytes": 10_000_000,
            "after_bytes": 0,
            "problem": None,
        }
        assert (odd["before_bytes"], odd["problem"][:16]) == (None, "SystemExit: no\u202en")
        assert len(odd["problem"]) == 100
        assert evaluate(process, "len(images)") == "0"
        collected = Probes(tmp_path, with_caches=True).collect(key_of(process.pid))
        assert collected is not None
        assert collected.cleared == ("images",)
        (problem,) = collected.problems
        assert problem.startswith("odd: SystemExit: no n")
        assert "\u202e" not in problem


def test_the_report_costs_little_and_tells_what_is_known(tmp_path: Path) -> None:
    code = """
def run():
    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(600)) for _ in range(3)]
        await asyncio.gather(*tasks)
    asyncio.run(main())
threading.Thread(target=run, daemon=True).start()
"""
    with program(tmp_path, code) as process:
        tasks = 4 if sys.version_info < (3, 14) else None
        eventually(lambda: ask(tmp_path, process.pid, "report")["task_count"] == tasks)
        told = ask(tmp_path, process.pid, "report")
        assert told["pid"] == process.pid
        assert told["collector_enabled"] is False
        assert len(told["waiting_counts"]) == len(told["collections"]) == 3  # type: ignore[arg-type]
        assert told["uncollectable_count"] == 0
        assert isinstance(told["thread_count"], int)
        assert told["thread_count"] >= 3
        images, odd = caches(told)
        assert images == {"name": "images", "bytes": 10_000_000}
        assert odd == {"name": "odd", "bytes": None}


def test_nothing_that_comes_in_harms_the_program(tmp_path: Path) -> None:
    with program(tmp_path) as process:
        file = tmp_path / (endpoint_name(PROBE, *key_of(process.pid)) + ".sock")
        assert file.stat().st_mode & 0o777 == 0o600
        silent = [socket.socket(socket.AF_UNIX) for _ in range(5)]
        for each in silent:
            each.connect(str(file))
        for line in (
            b"",
            b"\n",
            b"[" * 60_000 + b"\n",
            b"\xff\n",
            b'{"verb": 5}\n',
            b"a" * 200_000,
        ):
            with socket.socket(socket.AF_UNIX) as client, client.makefile("rb") as answer:
                client.settimeout(10)
                client.connect(str(file))
                try:
                    client.sendall(line)
                    client.shutdown(socket.SHUT_WR)
                    told = answer.readline()
                except (BrokenPipeError, ConnectionResetError):
                    continue  # not read to its end
                assert told == b"" or "error" in decode(told)
        with pytest.raises(ControlError, match="no command"):
            ask(tmp_path, process.pid, "exec", code="1")
        assert ask(tmp_path, process.pid, "collect")["pid"] == process.pid
        for each in silent:
            each.close()


def test_a_forked_child_neither_answers_as_its_parent_nor_disturbs_it(tmp_path: Path) -> None:
    code = """
child = os.fork()
if not child:
    try:
        assert len(threading.enumerate()) == 1
        if sys.stdin.readline() == "start\\n":
            assert trayapp.probe.start(pathlib.Path(sys.argv[1]))
        print("child", flush=True)
        sys.stdin.readline()
    finally:
        trayapp.probe.stop()
        os._exit(0)
print("ready", flush=True)
os.waitpid(child, 0)
"""
    with other_process(PROGRAM + code, str(tmp_path)) as process:
        assert process.stdin
        assert process.stdout
        assert ask(tmp_path, process.pid, "report")["pid"] == process.pid
        process.stdin.write(b"start\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"child\n"
        names = find_names(tmp_path, PROBE)
        pids = {int(name.split("-")[1]) for name in names}
        assert len(names) == len(pids) == 2
        for pid in pids:
            assert ask(tmp_path, pid, "report")["pid"] == pid
        # The child has ended: its own name goes with it, the parent's stays.
        (child,) = pids - {process.pid}
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdin.close()
        eventually(lambda: len(find_names(tmp_path, PROBE)) < 2)
        with pytest.raises((NotRunningError, OSError)):
            ask(tmp_path, child, "report")


def test_a_program_that_ends_leaves_nothing_behind(tmp_path: Path) -> None:
    code = PROGRAM + "images.clear()"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=30)
    assert list(tmp_path.iterdir()) == []


def test_where_it_cannot_listen_the_program_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code = """
import pathlib, sys, trayapp.probe
print(trayapp.probe.start(pathlib.Path(sys.argv[1]) / "file" / "run"))
trayapp.probe.stop()
"""
    run = [sys.executable, "-W", "error", "-c", code, str(tmp_path)]
    done = subprocess.run(run, check=True, capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_closing_every_descriptor_is_not_told_on_the_programs_terminal(tmp_path: Path) -> None:
    code = """
import os, pathlib, sys, time, trayapp.probe
trayapp.probe.start(pathlib.Path(sys.argv[1]))
os.closerange(3, 100)
time.sleep(0.2)
os._exit(0)
"""
    run = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(run, check=True, capture_output=True, timeout=30)
    assert done.stderr == b""


def test_another_life_of_the_pid_is_never_asked(tmp_path: Path) -> None:
    with program(tmp_path) as process:
        key = key_of(process.pid)
        assert Probes(tmp_path, with_caches=True).collect(key._replace(started=1)) is None
        assert evaluate(process, "len(images)") == "100"


def test_a_program_without_a_probe_has_none(tmp_path: Path) -> None:
    assert Probes(tmp_path, with_caches=True).collect(key_of(os.getpid())) is None
    assert Probes(tmp_path / "missing", with_caches=True).collect(key_of(os.getpid())) is None


def test_a_probe_that_hangs_costs_no_more_than_the_limit(tmp_path: Path) -> None:
    with program(tmp_path) as process:
        stop(process)
        key = key_of(process.pid)
        probes = Probes(tmp_path, with_caches=False, call_limit_seconds=0.5, limit_seconds=0.7)
        began = time.monotonic()
        for reason in ("did not answer within", "did not answer within", "was not asked"):
            with pytest.raises(ControlError, match=reason):
                probes.collect(key)
        assert time.monotonic() - began < 3
        process.send_signal(signal.SIGCONT)


def test_a_probe_that_floods_or_lies_is_given_up(tmp_path: Path) -> None:
    key = key_of(os.getpid())
    name = endpoint_name(PROBE, *key)
    answers = {
        "too long": {"pid": key.pid, "text": "x" * 1_000_000},
        "answered for another process": {"pid": 1},
    }
    for reason, answer in answers.items():
        handlers = {"collect": lambda _, answer=answer: answer}
        with (
            serving(tmp_path, handlers, name=name),
            pytest.raises(ControlError, match=reason),
        ):
            Probes(tmp_path, with_caches=False).collect(key)


def test_what_a_probe_says_is_not_trusted(tmp_path: Path) -> None:
    key = key_of(os.getpid())
    odd: list[object] = [5, {}, {"name": 3}, {"name": "a\nb\u202e" * 100}]
    answer = {"pid": key.pid, "object_count": -1, "caches": odd}
    with serving(tmp_path, {"collect": lambda _: answer}, name=endpoint_name(PROBE, *key)):
        told = Probes(tmp_path, with_caches=False).collect(key)
    assert told is not None
    assert told.object_count is None
    (name,) = told.cleared
    assert len(name) <= 40
    assert name.isprintable()


def test_importing_it_loads_the_standard_library_only() -> None:
    code = """
import sys
before = set(sys.modules)
import trayapp.probe
loaded = set(sys.modules) - before
assert not {"socket", "json", "logging", "dataclasses"} & loaded, loaded
import pathlib, tempfile
with tempfile.TemporaryDirectory() as folder:
    assert trayapp.probe.start(pathlib.Path(folder) / "run")
    trayapp.probe.stop()
tops = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(tops - set(sys.stdlib_module_names) - {"trayapp"}))
print(sorted(name for name in sys.modules if name.startswith("trayapp.")))
"""
    printed = subprocess.check_output([sys.executable, "-S", "-c", code], text=True, timeout=30)
    foreign, ours = printed.splitlines()
    assert foreign == "[]"
    rooms = {name.strip("' ").split(".")[1] for name in ours.strip("[]").split(",")}
    assert rooms <= {"control", "dataclass", "errors", "language", "log", "paths", "probe"}
    # Of the language, only what errors are said with.
    assert ours.count("trayapp.language.") == 1
