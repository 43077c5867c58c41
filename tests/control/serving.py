"""Servers and clients for the tests, in this process and in others."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from trayapp.control.protocol import CONTROL, SOCKET_NAME, decode
from trayapp.control.server import ControlServer, Handler
from trayapp.errors import UsageError

SERVER = """
import pathlib, sys
from trayapp.control.server import ControlServer
ControlServer(pathlib.Path(sys.argv[1]), {}, loopback=sys.argv[2] == "loopback").start()
print("ready", flush=True)
sys.stdin.read()
"""


def echo(arguments: Mapping[str, object]) -> Mapping[str, object]:
    """Tell what arrived."""
    return {"arguments": dict(arguments)}


def refuse(_: Mapping[str, object]) -> Mapping[str, object]:
    """Fail as a handler should."""
    raise UsageError("No target is called 'x'; see: memtray targets list")


def stumble(arguments: Mapping[str, object]) -> Mapping[str, object]:
    """Fail as a handler should not."""
    return {"never": arguments["missing"]}


HANDLERS: dict[str, Handler] = {"echo": echo, "refuse": refuse, "stumble": stumble}


@contextlib.contextmanager
def serving(
    runtime: Path,
    handlers: Mapping[str, Handler] = HANDLERS,
    *,
    loopback: bool = False,
    name: str = CONTROL,
) -> Iterator[ControlServer]:
    """A server that answers inside the block."""
    server = ControlServer(runtime, handlers, loopback=loopback, name=name)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def other_process(
    code: str, *arguments: str, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process that has printed "ready"; killed at the end of the block."""
    command = [sys.executable, "-c", code, *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=cwd
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield process
        finally:
            process.kill()


def connect(runtime: Path) -> socket.socket:
    """A client that has said nothing yet."""
    connection = socket.socket(socket.AF_UNIX)
    # With a timeout it would not wait for a place at the door.
    connection.connect(str(runtime / SOCKET_NAME))
    connection.settimeout(10)
    return connection


def say(runtime: Path, request: bytes) -> dict[str, object]:
    """What the server answers to these bytes."""
    with connect(runtime) as connection, connection.makefile("rb") as answer:
        connection.sendall(request)
        return decode(answer.readline())
