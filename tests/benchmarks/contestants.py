"""Memtray and its peers, each started so that it looks at memory once a second.

A peer takes part when its command is installed.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.desktop.desktop import VirtualDesktop, wait_until

IDLE_TARGETS = tuple(f"target-{number}" for number in range(1, 10))
"""Nine of the ten targets; the tenth is a program that moves."""
_REPOSITORY = Path(__file__).parent.parent.parent
_DESKTOP_PROGRAMS = ("Xvfb", "xfce4-panel", "dbus-daemon")
_START_SECONDS = 60.0
_SCRAPE_SECONDS = 30.0

# An adaptive pace and the budget would make it look less often: what is measured is 1 Hz.
_SETTINGS = """
[sampling]
interval = "1s"
adaptive = false
[budget]
cpu_percent = 100
[spike]
enabled = false
[growth]
enabled = false
[[targets]]
name = "moving"
match = "block.close"
"""
LIVELY_ICON = """
[icon]
shows = "moving"
span = "10s"
"""
_TARGET = """
[[targets]]
name = "{0}"
match = "{0}"
"""
SETTINGS = _SETTINGS + "".join(_TARGET.format(name) for name in IDLE_TARGETS)
"""One look a second at ten targets, whatever that costs."""
_NAIVE = """
import time, psutil
while True:
    for process in psutil.process_iter(["memory_info", "cmdline"]):
        process.info
    print("look", flush=True)
    time.sleep(1 - time.time() % 1)
"""
_EVERY_PROCESS = """
process_names:
  - name: "{{.Comm}}"
    cmdline:
      - ".+"
"""


@dataclass(frozen=True)
class Running:
    """A contestant while it runs."""

    pids: Sequence[int]
    count_looks: Callable[[], int]
    """How often it has looked at all it watches so far."""


Start = Callable[[Sequence[int]], AbstractContextManager[Running]]
"""Starts a contestant, given the pids of the ten targets, and ends it afterwards."""


@dataclass(frozen=True)
class Contestant:
    """A program that watches memory."""

    name: str
    start: Start
    missing: str | None
    """A program that must be installed first; None: it can be started."""


def contestants(folders: Sequence[str]) -> list[Contestant]:
    """All there are; their commands are looked for in `folders`, then where a shell would."""
    path = os.pathsep.join([*folders, os.environ["PATH"]])

    def contestant(name: str, start: Start, *programs: str) -> Contestant:
        missing = (program for program in programs if shutil.which(program, path=path) is None)
        return Contestant(name, start, next(missing, None))

    def peer(name: str, mark: str, program: str, *arguments: str) -> Contestant:
        command = [shutil.which(program, path=path) or program, *arguments]
        return contestant(name, lambda _: running([command], mark), program)

    def exporter(name: str, *options: str) -> Contestant:
        program = "prometheus-process-exporter"
        command = [shutil.which(program, path=path) or program, *options]
        return contestant(name, lambda _: scraped(command), program)

    psrecord = shutil.which("psrecord", path=path) or "psrecord"
    return [
        contestant("Memtray in the tray", lambda _: memtray_in_the_tray(), *_DESKTOP_PROGRAMS),
        contestant(
            "the same, the icon changing every second",
            lambda _: memtray_in_the_tray(LIVELY_ICON),
            *_DESKTOP_PROGRAMS,
        ),
        contestant("Memtray, headless", lambda _: memtray_headless()),
        contestant(
            "the naive way: process_iter with cmdline",
            lambda _: running([[sys.executable, "-c", _NAIVE]], "look"),
        ),
        exporter("process-exporter as it comes"),
        exporter("process-exporter, no smaps, no threads", "-gather-smaps=false", "-threads=false"),
        peer(
            "glances, processes and memory only",
            "mem.percent",
            *("glances", "--stdout", "mem.percent", "-t", "1", "--disable-plugin", "all"),
            *("--enable-plugin", "processlist,processcount,mem"),
        ),
        contestant(
            "psrecord, ten of them for ten processes",
            lambda pids: running(
                # A line from each of them is one look at the targets.
                [[psrecord, str(pid), "--interval", "1"] for pid in pids],
                "\n",
                lines_per_look=len(pids),
            ),
            "psrecord",
        ),
        peer("pidstat -r 1 (C)", "minflt/s", "pidstat", "-r", "1"),
    ]


@contextmanager
def running(
    commands: Sequence[Sequence[str]], mark: str, lines_per_look: int = 1
) -> Iterator[Running]:
    """Run commands that print, at each look, a line with `mark` in it."""
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    with ExitStack() as stack:
        output = Path(stack.enter_context(tempfile.NamedTemporaryFile()).name)
        programs = []
        for command in commands:
            with output.open("ab") as file:
                program = subprocess.Popen(command, env=env, stdout=file, stderr=subprocess.DEVNULL)
            stack.callback(_end, program)
            programs.append(program)

        def count_looks() -> int:
            return output.read_text(errors="replace").count(mark) // lines_per_look

        yield Running([program.pid for program in programs], count_looks)


@contextmanager
def scraped(command: Sequence[str]) -> Iterator[Running]:
    """Run process-exporter for every process and ask it once a second."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with ExitStack() as stack:
        settings = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".yml"))
        settings.write(_EVERY_PROCESS)
        settings.flush()
        program = subprocess.Popen(
            [*command, "-config.path", settings.name, "-web.listen-address", address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(_end, program)
        scraper = _Scraper(address)
        stack.callback(scraper.stop)
        scraper.start()
        yield Running([program.pid], lambda: scraper.count)


class _Scraper(threading.Thread):
    """Asks an exporter once a second, as Prometheus does; later when it takes longer."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self._connection = http.client.HTTPConnection(address, timeout=_SCRAPE_SECONDS)
        self._stopping = threading.Event()
        self.count = 0

    def run(self) -> None:
        while not self._stopping.wait(1 - time.time() % 1):
            try:
                self._connection.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
                response = self._connection.getresponse()
                self.count += bool(response.read()) and response.status == 200
            except OSError:  # it does not listen yet
                self._connection.close()

    def stop(self) -> None:
        self._stopping.set()
        self.join()
        self._connection.close()


@contextmanager
def memtray_headless() -> Iterator[Running]:
    """Run Memtray without a tray."""
    with _memtray_home() as env:
        program = subprocess.Popen(
            [sys.executable, "-m", "trayapp", "start", "--headless"],
            env=env,
            cwd=_REPOSITORY,
            stdout=subprocess.DEVNULL,
        )
        try:
            yield _running_memtray(program.pid, env)
        finally:
            _end(program)


@contextmanager
def memtray_in_the_tray(more_settings: str = "") -> Iterator[Running]:
    """Run Memtray with its icon in the panel of a virtual desktop."""
    with VirtualDesktop() as desktop, _memtray_home(desktop.env, more_settings) as env:
        program = desktop.launch(
            *(sys.executable, "-m", "trayapp", "start"), env=env, cwd=_REPOSITORY
        )
        try:
            desktop.find_tray_icon(timeout=_START_SECONDS)
            # What is launched becomes Memtray by exec.
            command_line = Path(f"/proc/{program.pid}/cmdline")
            wait_until(lambda: b"trayapp" in command_line.read_bytes(), what="start of Memtray")
            yield _running_memtray(program.pid, env)
        finally:
            _end(program)


@contextmanager
def _memtray_home(
    env: dict[str, str] | None = None, more_settings: str = ""
) -> Iterator[dict[str, str]]:
    """An environment with settings of its own."""
    with tempfile.TemporaryDirectory() as home:
        Path(home, "memtray.toml").write_text(more_settings + SETTINGS)
        yield {**(os.environ if env is None else env), "MEMTRAY_HOME": home}


def _running_memtray(pid: int, env: dict[str, str]) -> Running:
    def count_looks() -> int:
        done = subprocess.run(
            [sys.executable, "-m", "trayapp", "status", "--json"],
            env=env,
            cwd=_REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return int(json.loads(done.stdout)["sample_count"]) if done.returncode == 0 else 0

    wait_until(count_looks, timeout=_START_SECONDS, what="first sample")
    return Running([pid], count_looks)


def _end(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    try:
        program.wait(10)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
