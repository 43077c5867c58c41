"""The system's journal: whole entries that nobody's text can forge, and never a wait."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.telling import HOSTILE, transition
from trayapp.delivery.sinks.journal import JOURNAL_SOCKET, Journal, journal_entry
from trayapp.domain.records.levels import Level

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="datagrams of POSIX")


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "socket"))
        receiver.settimeout(5)
        yield receiver


def read_entry(datagram: bytes) -> dict[str, str]:
    """As journald does: `NAME=value` to the end of the line, or `NAME`, a length and the value."""
    fields: dict[str, str] = {}
    while datagram:
        line, _, rest = datagram.partition(b"\n")
        name, is_text, value = line.partition(b"=")
        if not is_text:
            length = int.from_bytes(rest[:8], "little")
            value, end, rest = (
                rest[8 : 8 + length],
                rest[8 + length : 9 + length],
                rest[9 + length :],
            )
            assert end == b"\n"
        assert name.decode() not in fields
        fields[name.decode()] = value.decode()
        datagram = rest
    return fields


def sent(journald: socket.socket, tmp_path: Path, **facts: object) -> dict[str, str]:
    assert Journal(tmp_path / "socket").send(transition(**facts))  # type: ignore[arg-type]
    return read_entry(journald.recv(10**6))


def test_an_entry_says_it_all(journald: socket.socket, tmp_path: Path) -> None:
    assert sent(journald, tmp_path) == {
        "MESSAGE": "web keeps growing (1): Grew by 80 MiB in 10 min.",
        "PRIORITY": "4",
        "SYSLOG_IDENTIFIER": "memtray",
        "MEMTRAY_TRANSITION": "raised",
        "MEMTRAY_INCIDENT": "growth:web",
        "MEMTRAY_SUBJECT": "web",
        "MEMTRAY_LEVEL": "warning",
        "MEMTRAY_TITLE": "web keeps growing (1)",
        "MEMTRAY_BODY": "Grew by 80 MiB in 10 min.",
        "MEMTRAY_SINCE_WALL_SECONDS": "1799999400.0",
        "MEMTRAY_WALL_SECONDS": "1800000000.0",
    }


@pytest.mark.parametrize(
    ("level", "priority"), [(Level.WARNING, "4"), (Level.CRITICAL, "3"), (Level.EMERGENCY, "2")]
)
def test_worse_is_more_urgent_but_never_shouted_into_terminals(
    journald: socket.socket, tmp_path: Path, level: Level, priority: str
) -> None:
    assert sent(journald, tmp_path, level=level)["PRIORITY"] == priority


def test_what_is_over_is_news_and_no_alarm(journald: socket.socket, tmp_path: Path) -> None:
    entry = sent(journald, tmp_path, level=Level.EMERGENCY, kind="resolved")
    assert entry["PRIORITY"] == "6"
    assert entry["MESSAGE"].startswith("Resolved: web keeps growing")


def test_nobody_forges_a_field(journald: socket.socket, tmp_path: Path) -> None:
    entry = sent(journald, tmp_path, title=HOSTILE, body="a\nPRIORITY=0\n\nMESSAGE\n")
    assert entry["PRIORITY"] == "4"
    assert entry["MEMTRAY_BODY"] == "a\nPRIORITY=0\n\nMESSAGE\n"
    assert entry["MEMTRAY_TITLE"] == HOSTILE.replace("\udcff", "?")


def test_the_binary_form_is_as_documented() -> None:
    """The example of https://systemd.io/JOURNAL_NATIVE_PROTOCOL, in spirit."""
    entry = journal_entry({"A": "1", "B": "x\ny"})
    assert entry == b"A=1\nB\n\x03\0\0\0\0\0\0\0x\ny\n"


def test_a_name_of_megabytes_fits(journald: socket.socket, tmp_path: Path) -> None:
    entry = sent(journald, tmp_path, title="\U0001f525" * 10**6, body="\n" * 10**6)
    assert len(entry["MEMTRAY_TITLE"]) == 8000


def test_a_journal_that_is_absent_or_full_is_no_matter(
    journald: socket.socket, tmp_path: Path
) -> None:
    """Neither waits nor raises: an alert goes its other ways."""
    assert not Journal(tmp_path / "missing").send(transition())
    assert not Journal(tmp_path).send(transition())
    assert not Journal(tmp_path / ("x" * 300)).send(transition())
    journal = Journal(tmp_path / "socket")
    assert any(not journal.send(transition()) for _ in range(100_000))
    assert journald.recv(10**6)
    assert journal.send(transition())


@pytest.mark.skipif(not JOURNAL_SOCKET.exists(), reason="no journald runs here")
def test_the_systems_own_journal_takes_it() -> None:
    assert Journal().send(transition(title="A test of Memtray", body=""))
