"""Real processes of our own, for readers to find."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class FakeClock:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def running(*command: str, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A child with pipes to its input and from its output, ended and reaped afterwards."""
    child: subprocess.Popen[bytes] = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **options,  # type: ignore[call-overload]
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


@contextmanager
def running_python(code: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python child that ran `code`, which must print a line when it is ready."""
    with running(sys.executable, "-c", code, *arguments) as child:
        assert child.stdout is not None
        assert child.stdout.readline(), "the child ended early"
        yield child


@contextmanager
def typed_into_a_shell(*command: str) -> Iterator[int]:
    """The pid of a program that a shell has started at a prompt, ended and reaped afterwards.

    It is an application by itself, while a child of a test, or of `sh -c`, is the tests'.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        ["sh"], stdin=pipe, stdout=pipe, text=True, start_new_session=True
    ) as shell:
        try:
            assert shell.stdin is not None
            assert shell.stdout is not None
            # Not its output: a pipe that nobody reads fills.
            shell.stdin.write(f"{shlex.join(command)} >/dev/null & echo $!\n")
            shell.stdin.flush()
            yield int(shell.stdout.readline())
        finally:
            os.killpg(shell.pid, signal.SIGKILL)


def tell(child: subprocess.Popen[bytes], line: bytes = b"\n") -> None:
    """Write to a child that waits for input."""
    assert child.stdin is not None
    child.stdin.write(line)
    child.stdin.flush()


def stop(child: subprocess.Popen[bytes]) -> None:
    """Halt a child, and wait until it does: it may run on another processor just now."""
    child.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, child.pid, os.WSTOPPED)


def eventually(look: Callable[[], T], timeout_seconds: float = 40.0) -> T:
    """The first true result of `look`, called again and again."""
    deadline = time.monotonic() + timeout_seconds
    while not (result := look()):
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
    return result
