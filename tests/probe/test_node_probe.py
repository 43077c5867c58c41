"""Programs that Node.js runs, with the probe loaded by the environment alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest

from trayapp.cleanup.probes import Probes
from trayapp.control.client import call
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.domain.grouping.tasks import read_answer
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, NotRunningError
from trayapp.guard.node_loader import require_option
from trayapp.readers.procfile import read_started
from trayapp.readers.runtimes import RuntimeReader

NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no Node.js"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
]
FIND = 'const memtray = globalThis[Symbol.for("memtray.probe")];\n'
T = TypeVar("T")


def wait_for(find: Callable[[], T]) -> T:
    """The first that is true of what `find` returns; fails after a minute."""
    deadline = time.monotonic() + 60
    while not (found := find()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


class Program:
    """A program that reads its standard input, and ends with it."""

    def __init__(self, folder: Path, code: str, *options: str) -> None:
        self.folder = folder / "home" / "run"
        (folder / "program.js").write_text(
            FIND + code + "\nprocess.stdin.on('end', () => process.exit()).resume();"
        )
        self.process = subprocess.Popen(
            [str(NODE), *options, str(folder / "program.js")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(folder),
        )
        self.key = ProcessKey(self.process.pid, read_started("/proc", self.process.pid))
        wait_for(lambda: self.answers() or self.process.poll() is not None)
        self._reader = RuntimeReader(folder=self.folder)
        self._read_at = 0.0

    def answers(self) -> bool:
        """Whether it listens: there is a moment between the file of the socket and that."""
        try:
            return bool(self.ask("report"))
        except NotRunningError:
            return False

    def ask(self, verb: str, **arguments: object) -> dict[str, Any]:
        name = endpoint_name(PROBE, *self.key)
        return call(self.folder, verb, arguments, 60.0, name=name)

    def heaps(self) -> tuple[RuntimeHeap, ...]:
        self._read_at += 40.0
        return self._reader.read([self.key], self._read_at).get(self.key, ())

    def end(self) -> int:
        self._reader.close()
        self.process.communicate()
        return self.process.returncode


def all_collected(heaps: tuple[RuntimeHeap, ...]) -> tuple[RuntimeHeap, ...]:
    """All of them, once a full collection was seen of each."""
    return heaps if all(heap.kept_bytes for heap in heaps) else ()


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ, "MEMTRAY_HOME": str(folder / "home"), "NODE_OPTIONS": require_option(),
    }  # fmt: skip


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    started: list[Program] = []

    def begin(code: str, *options: str) -> Program:
        started.append(Program(tmp_path, code, *options))
        return started[-1]

    yield begin
    for each in started:
        each.process.kill()
        each.process.communicate()


def test_what_collections_leave_is_known_of_each_thread(start: Callable[..., Program]) -> None:
    program = start(
        'const { Worker } = require("worker_threads");\n'
        "globalThis.kept = new Array(3e6).fill(1.5);\n"
        'new Worker("globalThis.kept = new Array(1e6).fill(1.5); setInterval(() => {}, 1e6)",'
        "  { eval: true, resourceLimits: { maxOldGenerationSizeMb: 50 } });",
        "--max-old-space-size=90",
    )
    wait_for(lambda: len(program.heaps()) == 2)
    collected = program.ask("collect")
    assert collected["pid"] == program.process.pid
    own, worker = wait_for(lambda: all_collected(program.heaps()))
    assert (own.thread, own.runtime, worker.thread) == (0, "node", 1)
    assert own.limit_bytes == 90 * 2**20
    for heap, least in ((own, 24e6), (worker, 8e6)):
        assert heap.live_bytes is not None
        assert heap.kept_bytes is not None
        assert least <= heap.kept_bytes <= heap.live_bytes + 4e6
        assert heap.kept_bytes < least + 12e6
        assert heap.full_collections >= 1
        # They are counted one after the other, and counting takes some.
        assert heap.live_bytes <= heap.used_bytes + 1e6
        assert heap.used_bytes <= heap.committed_bytes
    assert program.end() == 0
    assert list(program.folder.iterdir()) == []


def test_it_answers_as_the_probe_of_python_does(start: Callable[..., Program]) -> None:
    program = start(
        'memtray.register_component("index", () => 4711);\n'
        'memtray.register_component("broken", () => { throw new Error("no"); });\n'
        "let size = 99;\n"
        'memtray.register_cache("thumbs", () => { size = 0; }, () => size);\n'
        'memtray.register_cache("bad", () => { throw new TypeError("no"); });\n'
        'memtray.task("ran", () => 1);\n'
        'memtray.task("failed", async () => { throw new RangeError("x"); }).catch(() => {});\n'
        'memtray.task("runs");'
    )
    report = program.ask("report")
    assert (report["pid"], report["runtime"], report["worker_count"]) == (
        program.process.pid, "node", 0,
    )  # fmt: skip
    assert report["rss_bytes"] > 2**20
    assert report["heap"]["used_bytes"] > 2**20
    assert report["components"] == [
        {"name": "index", "bytes": 4711},
        {"name": "broken", "bytes": None},
    ]
    assert [task["name"] for task in report["running_tasks"]] == ["runs"]
    answer = read_answer(program.ask("tasks", after=0), 0, 0.0, time.time())
    assert [(task.name, task.failed) for task in answer.tasks] == [
        ("ran", None),
        ("failed", "RangeError"),
    ]
    assert program.ask("tasks", after=answer.next)["tasks"] == []
    done = Probes(program.folder, with_caches=True).collect(program.key)
    assert done is not None
    assert done.cleared == ("thumbs",)
    assert done.problems == ("bad: TypeError",)
    assert program.ask("report")["caches"][0] == {"name": "thumbs", "bytes": 0}


def test_parts_and_tasks_of_workers_are_the_programs(start: Callable[..., Program]) -> None:
    program = start(
        'const { Worker } = require("worker_threads");\n'
        f"new Worker({json.dumps(FIND)} +"
        " `memtray.register_component('part', () => 7); memtray.task('worked', () => 1);"
        " setInterval(() => {}, 1e6)`, { eval: true });"
    )
    wait_for(lambda: program.ask("report")["components"] == [{"name": "part", "bytes": 7}])
    assert wait_for(lambda: program.ask("tasks")["tasks"])[0]["name"] == "worked"


def test_a_heap_can_be_dumped(start: Callable[..., Program], tmp_path: Path) -> None:
    program = start("class Needle {}; globalThis.needle = new Needle();")
    file = tmp_path / "heap.heapsnapshot"
    told = program.ask("dump", path=str(file))
    assert told["bytes"] == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Needle" in json.loads(file.read_text())["strings"]
    for path in (str(file), "relative", 5):
        with pytest.raises(ControlError):
            program.ask("dump", path=path)


def test_what_nobody_asked_for_is_left(start: Callable[..., Program]) -> None:
    program = start('memtray.task("early", () => 1);')
    assert program.end() == 0
    (file,) = program.folder.iterdir()
    left = json.loads(file.read_text())
    assert file.name == f"{endpoint_name('tasks', *program.key)}.json"
    assert [task["name"] for task in left["tasks"]] == ["early"]
    assert left["processes"][0]["pid"] == program.process.pid


@pytest.mark.parametrize(
    "request_line",
    [b"", b"\n", b"{}\n", b"[]\n", b'{"verb": "constructor"}\n', b"x" * 100_000, b"\xff\xfe\n"],
)
def test_nonsense_is_refused_and_the_rest_goes_on(
    start: Callable[..., Program], request_line: bytes
) -> None:
    program = start("")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(program.folder / f"{endpoint_name(PROBE, *program.key)}.sock"))
        client.sendall(request_line)
        client.shutdown(socket.SHUT_WR)
    assert program.ask("report")["pid"] == program.process.pid


def reported(folder: Path, name: str) -> dict[str, object]:
    """The answer of a probe; empty: it does not listen yet."""
    try:
        return call(folder, "report", {}, 60.0, name=name)
    except NotRunningError:
        return {}


def run(
    folder: Path, code: str, stdin: IO[str] | int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    (folder / "program.js").write_text(code)
    return subprocess.run(
        [str(NODE), str(folder / "program.js")],
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(folder),
    )


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        ("process.exitCode = 5", 5),
        ("process.exit(6)", 6),
        ("setTimeout(() => {}, 200)", 0),
        ("throw new Error('its own')", 1),
        ("Promise.reject(new Error('its own'))", 1),
        ("process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 1e6)", -signal.SIGTERM),
        ("setTimeout(() => process.kill(process.pid, 'SIGINT'), 200)", -signal.SIGINT),
        ("process.on('exit', code => { process.exitCode = code + 3; })", 3),
        ("require('worker_threads'); process.abort", 0),
    ],
)
def test_a_program_ends_as_it_would_without(tmp_path: Path, code: str, ending: int) -> None:
    assert run(tmp_path, code).returncode == ending


def test_it_says_nothing_and_stands_in_no_ones_way(tmp_path: Path) -> None:
    """Where its folder cannot be made there is no probe, and nothing else is different."""
    (tmp_path / "home").write_text("a file")
    done = run(tmp_path, "setTimeout(() => console.log(Object.keys(globalThis).length), 200)")
    (tmp_path / "home").unlink()
    assert (done.returncode, done.stderr) == (0, "")
    without = subprocess.run(
        [str(NODE), str(tmp_path / "program.js")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == without.stdout


def test_workers_of_a_cluster_have_probes_of_their_own(start: Callable[..., Program]) -> None:
    program = start(
        'const cluster = require("cluster");\n'
        "if (cluster.isPrimary) { cluster.fork(); }\n"
        'process.on("disconnect", () => process.exit(0));'
    )
    names = wait_for(
        lambda: found if len(found := list(program.folder.glob("probe-*.sock"))) == 2 else []
    )
    for name in names:
        told = wait_for(partial(reported, program.folder, name.stem))
        assert name.stem.startswith(f"probe-{told['pid']}-")


def test_under_memtray_run_the_program_has_a_probe_and_its_children_have_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "program.js").write_text(
        'const probe = typeof globalThis[Symbol.for("memtray.probe")];\n'
        "console.log(probe, process.env.NODE_OPTIONS, process.env.MEMTRAY_NODE_PROBE);\n"
        "if (!process.argv[2]) require('child_process').spawnSync(\n"
        "  process.execPath, [__filename, 'child'], { stdio: 'inherit' });\n"
    )
    env = {**environment(tmp_path), "NODE_OPTIONS": "--no-warnings"}
    for choice, expected in (
        ("program", ["object --no-warnings undefined", "undefined --no-warnings undefined"]),
        ("children", [f"object --no-warnings {require_option()} undefined"] * 2),
        ("off", ["undefined --no-warnings undefined"] * 2),
    ):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "trayapp", "run", "--probe", choice, "--"),
                *(str(NODE), str(tmp_path / "program.js")),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            env=env,
        )
        assert (done.returncode, done.stdout.splitlines()) == (0, expected)
