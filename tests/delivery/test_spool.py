"""What waits on disk: private, in order, bounded, and read back as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.delivery.telling import HOSTILE, transition
from trayapp.delivery.spool import Entry, Spool, entry_of, outdated, surplus
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.levels import Level

NOW = 1_800_000_000.0


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "data" / "outbox")


def waiting(spool: Spool, channel: str = "mail") -> list[Transition | None]:
    return [spool.read(channel, entry) for entry in spool.entries(channel)]


def test_it_comes_back_as_it_was_and_in_order(spool: Spool) -> None:
    """Also after a restart, and when the clock was set back meanwhile."""
    told = [transition(n, wall_seconds=NOW - n * 3600) for n in range(12)]
    told += [transition(title=HOSTILE, body=HOSTILE, kind="resolved", level=Level.EMERGENCY)]
    for each in told:
        spool.put("mail", each)
    assert waiting(spool) == told
    assert waiting(Spool(spool.channel_folder("mail").parent)) == told


def test_channels_do_not_mix_whatever_they_are_called(spool: Spool) -> None:
    names = ["mail", "Mail", "../mail", "a/b", ".", "ü" * 64, "-rf"]
    for number, name in enumerate(names):
        spool.put(name, transition(number))
    assert [waiting(spool, name) for name in names] == [
        [transition(number)] for number in range(len(names))
    ]
    assert len(list(spool.channel_folder("mail").parent.iterdir())) == len(names)


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_only_the_user_can_read_it(spool: Spool) -> None:
    """Also if somebody has opened the folder before."""
    spool.put("mail", transition(1))
    folder = spool.channel_folder("mail")
    folder.parent.chmod(0o755)
    spool.put("mail", transition(2))
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    assert {stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)} == {0o700}


def test_the_oldest_of_the_least_severe_goes_first(spool: Spool) -> None:
    levels = [Level.EMERGENCY, *[Level.WARNING] * 400, *[Level.CRITICAL] * 99]
    dropped = [spool.put("mail", transition(n, level=level)) for n, level in enumerate(levels)]
    assert not any(dropped)
    assert spool.put("mail", transition(1000, level=Level.CRITICAL)) == 1
    kept = [each.title for each in waiting(spool) if each]
    assert len(kept) == 500
    assert transition(1).title not in kept
    assert kept[:2] == [transition(0).title, transition(2).title]
    assert kept[-1] == transition(1000).title


def test_what_to_drop_is_arithmetic() -> None:
    entries = [Entry(1, Level.CRITICAL, 0), Entry(2, Level.WARNING, 0), Entry(3, Level.WARNING, 0)]
    assert surplus(entries, 3) == []
    assert surplus(entries, 1) == [entries[1], entries[2]]
    day = 86_400
    ages = [Entry(1, Level.WARNING, 0), Entry(2, Level.WARNING, 1), Entry(3, Level.WARNING, 9**9)]
    assert outdated(ages, day + 1) == [ages[0]]


@pytest.mark.parametrize("name", ["", "x", ".new", ".lock", "1-1-1.json", "000000001-7-1.json"])
def test_other_files_are_no_entries(name: str) -> None:
    assert entry_of(name) is None
    entry = Entry(7, Level.CRITICAL, 1_800_000_000)
    assert entry_of(entry.name) == entry


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"transition": "raised"}', b"\xff", b"[" * 100_000, b"x" * 2 * 1024**2],
)
def test_a_damaged_file_is_none(spool: Spool, damage: bytes) -> None:
    spool.put("mail", transition(1))
    spool.put("mail", transition(2))
    entries = spool.entries("mail")
    (spool.channel_folder("mail") / entries[0].name).write_bytes(damage)
    assert waiting(spool) == [None, transition(2)]
    spool.remove("mail", entries)
    spool.remove("mail", entries)
    assert waiting(spool) == []


def test_what_is_older_than_a_day_goes_also_of_channels_that_are_no_more(spool: Spool) -> None:
    spool.put("mail", transition(1, wall_seconds=NOW - 86_500))
    spool.put("mail", transition(2, wall_seconds=NOW - 86_300))
    spool.put("gone", transition(3, wall_seconds=NOW - 86_500))
    assert spool.drop_outdated(NOW) == 2
    assert waiting(spool) == [transition(2, wall_seconds=NOW - 86_300)]
    assert waiting(spool, "gone") == []
    assert spool.drop_outdated(NOW) == 0


def test_a_write_cut_off_leaves_nothing_in_the_way(spool: Spool) -> None:
    spool.put("mail", transition(1))
    (spool.channel_folder("mail") / ".new").write_text("{")
    spool.put("mail", transition(2))
    assert waiting(spool) == [transition(1), transition(2)]


def test_an_empty_spool_is_no_folder(spool: Spool) -> None:
    assert spool.entries("mail") == []
    assert spool.drop_outdated(NOW) == 0
    assert not spool.channel_folder("mail").parent.exists()
