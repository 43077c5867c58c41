"""Alerts in the terminal, seen from the terminal's side."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import select
import termios
from collections.abc import Iterator
from typing import TextIO

import pytest

from trayapp.delivery.banner import Banner
from trayapp.delivery.sinks.console import Console
from trayapp.domain.records.levels import Level

HOSTILE = Banner("k", "\x1b]0;owned\x07 grows", "line\nnext\x1b[2J", Level.CRITICAL)


class Terminal:
    """A pseudo-terminal: Memtray writes into `inside`, the person reads `shown`."""

    def __init__(self) -> None:
        self.outside, inner = os.openpty()
        self.inside: TextIO = os.fdopen(inner, "w")

    def shown(self) -> str:
        """What has appeared."""
        if not select.select([self.outside], [], [], 0.2)[0]:
            return ""
        return os.read(self.outside, 65536).decode()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    os.close(terminal.outside)
    with contextlib.suppress(OSError):
        terminal.inside.close()


def test_an_alert_is_one_coloured_line(terminal: Terminal) -> None:
    Console(terminal.inside, {"TERM": "xterm"}).send(HOSTILE)
    line = terminal.shown()
    assert line.endswith("\x1b[1;31mCRITICAL\x1b[0m �]0;owned� grows: line · next�[2J\r\n")
    assert line.count("\n") == 1


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_are_left_out_where_unwanted(terminal: Terminal, env: dict[str, str]) -> None:
    """Then no escape sequence at all reaches the terminal, whatever is in the text."""
    Console(terminal.inside, env).send(HOSTILE)
    line = terminal.shown()
    assert " CRITICAL �]0;owned�" in line
    assert "\x1b" not in line


def test_nothing_is_written_into_a_file() -> None:
    file = io.StringIO()
    Console(file, {}).send(HOSTILE)
    assert file.getvalue() == ""


def test_a_terminal_that_is_gone_is_no_error(terminal: Terminal) -> None:
    terminal.inside.close()
    Console(terminal.inside, {}).send(HOSTILE)


def test_a_stopped_terminal_does_not_stop_the_caller(terminal: Terminal) -> None:
    """Ctrl-S holds output back until Ctrl-Q; alerts must reach the desktop meanwhile."""
    fcntl.ioctl(terminal.inside, termios.TCXONC, termios.TCOOFF)
    Console(terminal.inside, {}).send(HOSTILE)
    fcntl.ioctl(terminal.inside, termios.TCXONC, termios.TCOON)
    Console(terminal.inside, {}).send(Banner("k", "later", "", Level.NORMAL))
    assert "later" in terminal.shown()


def test_characters_the_terminal_lacks_are_replaced() -> None:
    outside, inner = os.openpty()
    with os.fdopen(inner, "w", encoding="ascii") as inside:
        Console(inside, {}).send(Banner("k", "größer", "", Level.WARNING))
        assert "gr??er" in os.read(outside, 65536).decode()
    os.close(outside)
