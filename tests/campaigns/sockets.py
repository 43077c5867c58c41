"""Requests to a running Memtray's socket that no client of ours would send.

By hand: `python -m tests.campaigns.sockets [--tries N] [--seed N] [--seconds N]`. It starts a
Memtray with a home of its own; after each try that has to answer within a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.campaigns.outcome import run_campaign
from trayapp.applet.children import package_parent
from trayapp.control.client import call
from trayapp.errors import MemtrayError
from trayapp.paths import find_paths

MOST_SECONDS = 2.0
_VERBS = (
    "status", "alerts", "snapshot", "pause", "resume", "statistics", "track", "tables",
    "debug", "details", "settings", "rows", "acknowledge", "", "\u202e", "x" * 60_000,
)  # fmt: skip
_VALUES: tuple[object, ...] = (
    None, True, 0, -1, 1e308, 10**400, "", "x" * 30_000, "\ud800", "snooze", "web", [], [[]] * 999,
    {}, {"a": {"b": []}},
)  # fmt: skip
_KEYS = ("what", "target", "targets", "seconds", "incident", "name", "kind", "all", "level", "pid")
_RAW = (
    b"\n", b"{}\n", b"[" * 60_000 + b"\n", b"\xff\xfe\n", b'{"verb": NaN}\n', b"\0" * 70_000,
    b'{"verb": ' + b"9" * 60_000 + b"}\n", b'{"verb": "status"', b"GET / HTTP/1.1\r\n\r\n",
)  # fmt: skip


@contextlib.contextmanager
def _running(home: Path) -> Iterator[Path]:
    process = subprocess.Popen(
        [sys.executable, "-m", "trayapp", "start", "--headless"],
        env={**os.environ, "MEMTRAY_HOME": str(home)},
        cwd=package_parent(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(MemtrayError):
                call(home / "run", "status")
                break
            if time.monotonic() > deadline:
                raise TimeoutError("Memtray did not start")
            time.sleep(0.1)
        yield home / "run"
    finally:
        process.terminate()
        process.wait(20)


class _Crowd:
    """Connections that stay open and say nothing."""

    def __init__(self) -> None:
        self.connections: list[socket.socket] = []

    def grow(self, path: Path, count: int) -> None:
        for _each in range(count):
            connection = socket.socket(socket.AF_UNIX)
            self.connections.append(connection)
            connection.connect(str(path))

    def leave(self) -> None:
        while self.connections:
            self.connections.pop().close()


def _request(chance: random.Random) -> bytes:
    if chance.random() < 0.3:
        return chance.choice(_RAW)
    arguments = {chance.choice(_KEYS): chance.choice(_VALUES) for _ in range(chance.randint(0, 3))}
    request = {"verb": chance.choice(_VERBS), "arguments": arguments}
    return json.dumps(request).encode() + b"\n"


def main() -> int:
    """Run the campaign; return an exit code."""
    with tempfile.TemporaryDirectory() as home, _running(Path(home)) as runtime:
        (path,) = runtime.glob("*.sock")
        crowd = _Crowd()

        def attempt(chance: random.Random) -> str | None:
            crowd.leave()
            if chance.random() < 0.1:
                crowd.grow(path, chance.choice((31, 97, 200)))
            request = _request(chance)
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(path))
                connection.settimeout(10)
                with contextlib.suppress(OSError):
                    connection.sendall(request)
                    if chance.random() < 0.8:
                        connection.recv(65536)
            began = time.monotonic()
            try:
                call(runtime, "status", timeout_seconds=10)
            except MemtrayError as error:
                return f"after {request[:100]!r}: {error}"
            took = time.monotonic() - began
            return f"after {request[:100]!r}: {took:.1f} s" if took > MOST_SECONDS else None

        code = run_campaign("sockets", attempt, tries=1000, seconds=600)
        crowd.leave()
        file = find_paths({"MEMTRAY_HOME": home}).log_file
        log = file.read_text(errors="replace") if file.exists() else ""
        print(f"tracebacks in the log: {log.count('Traceback')}")
        return 1 if "Traceback" in log else code


if __name__ == "__main__":
    sys.exit(main())
