"""Kills as journalctl tells them; a program of that name on PATH stands in for the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from tests.readers.cgroups import Machine
from tests.readers.test_oom_counters import EVENTS, VMSTAT, WEB
from trayapp.domain.judging.oom_watch import OomWatch
from trayapp.domain.records.oom_kills import Ended, OomMark, Victim
from trayapp.readers.kernel_journal import KernelJournal
from trayapp.readers.oom_counters import TOTAL_SECONDS, OomReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the journal of Linux")

MIB = 1024**2
NOW = time.time()
KILL = (
    "Out of memory: Killed process {} (hog) total-vm:400000kB, anon-rss:307200kB, file-rss:0kB, "
    "shmem-rss:0kB, UID:1000 pgtables:700kB oom_score_adj:200"
)
JOURNALCTL = """#!{python}
import sys
with open({asked!r}, "a") as file:
    print(*sys.argv[1:], file=file)
{body}
"""


class Journal:
    """The stand-in: what it prints and how it ends."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self.asked = folder / "asked"
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def holds(self, *records: object, code: str = "") -> None:
        """Print these from now on, each as a line, and then do what `code` says."""
        lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
        printed = "".join(line + "\n" for line in lines)
        body = f"sys.stdout.write({printed!r})\n{code}"
        script = self._folder / "journalctl"
        script.write_text(
            JOURNALCTL.format(python=sys.executable, asked=str(self.asked), body=body)
        )
        script.chmod(0o755)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    folder = tmp_path / "bin"
    folder.mkdir()
    return Journal(folder, monkeypatch)


def record(message: object, pid: int = 0, **more: object) -> dict[str, object]:
    """A record as `journalctl -o json` prints it."""
    return {
        "__CURSOR": "s=1;i=2",
        "__REALTIME_TIMESTAMP": str(int(NOW * 1e6) + pid),
        "_SOURCE_MONOTONIC_TIMESTAMP": "2900951000",
        "_TRANSPORT": "kernel",
        "SYSLOG_IDENTIFIER": "kernel",
        "PRIORITY": "3",
        "MESSAGE": message,
        **more,
    }


def ask(reader: KernelJournal) -> tuple[Victim, ...]:
    assert reader.kills(NOW) == ()
    found: list[Victim] = []

    def has_answered() -> bool:
        found.extend(reader.kills(NOW))
        return not reader.is_asking

    wait_until(has_answered, 30, what="answer")
    return tuple(found)


def wait_for(reader: KernelJournal) -> None:
    """Wait until its child has ended, if there is one; it is left to it to notice."""
    asking = reader._asking
    if asking is not None:
        how = os.WEXITED | os.WNOHANG | os.WNOWAIT
        wait_until(lambda: os.waitid(os.P_PID, asking.pid, how), 30, what="end")


def test_kills_are_found_among_anything(journal: Journal) -> None:
    journal.holds(
        record("python invoked oom-killer: gfp_mask=0xcc0, order=0, oom_score_adj=0"),
        record(KILL.format(41), 41),
        # Bytes where it is not UTF-8, null where it is too long.
        record(list(os.fsencode(KILL.format(42).replace("hog", "h\udcffg"))), 42),
        record(None),
        # Anybody can write this.
        record(KILL.format(43), 43, _TRANSPORT="syslog"),
        record(KILL.format(44), __REALTIME_TIMESTAMP="soon"),
        "{",
        "[1]",
        '"Killed process 45 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB"',
        record("Memory cgroup out of memory: " + KILL.format(46).partition(": ")[2], 46),
    )
    reader = KernelJournal()
    found = ask(reader)
    assert [(each.pid, each.name, each.by_cgroup) for each in found] == [
        (41, "hog", False),
        (42, "h\udcffg", False),
        (46, "hog", True),
    ]
    assert found[0].is_certain
    assert found[0].rss_bytes == 300 * MIB
    assert found[0].wall_seconds == pytest.approx(NOW, abs=1)
    # Each once.
    assert ask(reader) == ()
    asked = journal.asked.read_text().splitlines()[0].split()
    assert {"--dmesg", "--output=json", f"--since=@{NOW:.0f}"} <= set(asked)
    reader.close()


def test_who_may_not_read_it_does_not_ask_again(journal: Journal) -> None:
    journal.holds(code="sys.exit(1)")
    reader = KernelJournal()
    assert ask(reader) == ()
    assert reader.kills(NOW) == ()
    assert not reader.is_asking
    reader.close()


def test_where_there_is_no_journal_nobody_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reader = KernelJournal()
    assert reader.kills(NOW) == reader.kills(NOW) == ()
    assert not reader.is_asking
    reader.close()


def test_one_that_never_ends_is_ended(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trayapp.readers.kernel_journal._LIMIT_SECONDS", 0.2)
    journal.holds(code="import time; time.sleep(600)")
    reader = KernelJournal()
    assert ask(reader) == ()
    journal.holds(record(KILL.format(41)))
    assert [each.pid for each in ask(reader)] == [41]
    reader.close()


def test_a_flood_is_cut(journal: Journal) -> None:
    flood = "for _ in range(100): sys.stdout.write('x' * (1 << 20))"
    journal.holds(record(KILL.format(41)), code=flood)
    reader = KernelJournal()
    assert [each.pid for each in ask(reader)] == [41]
    reader.close()


def test_an_innocent_target_is_not_blamed_as_the_journal_knows_better(
    journal: Journal, tmp_path: Path
) -> None:
    """At the moment of the kill, a target loses a child of just the size that came back."""
    machine = Machine(tmp_path / "root")
    machine.mount_v2()
    machine.process(7, "0::/web\n")
    machine.write("proc/vmstat", VMSTAT.format(4))
    machine.cgroup("sys/fs/cgroup/web", memory_events=EVENTS.format(0))
    journal.holds(record(KILL.format(41)))
    log = KernelJournal()
    reader = OomReader(str(machine.root), journal=log)
    watch = OomWatch()
    child = Ended("worker", 8, "web", 300 * MIB)
    assert watch.add_sample(0.0, reader.read(WEB, 0.0), (), 1000 * MIB) is None
    machine.write("proc/vmstat", VMSTAT.format(5))
    count = reader.read(WEB, TOTAL_SECONDS)
    assert watch.add_sample(TOTAL_SECONDS, count, (child,), 1300 * MIB) is None
    wait_for(log)
    count = reader.read(WEB, 2 * TOTAL_SECONDS)
    kill = watch.add_sample(2 * TOTAL_SECONDS, count, (), 1300 * MIB)
    assert kill is not None
    assert [(each.pid, each.name, each.target) for each in kill.victims] == [(41, "hog", None)]
    assert kill.subject == "system"
    reader.close()


def test_kills_of_the_time_before_the_start_are_named_as_well(
    journal: Journal, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "root")
    machine.mount_v2()
    machine.write("proc/vmstat", VMSTAT.format(5))
    machine.write("proc/sys/kernel/random/boot_id", "boot\n")
    journal.holds(record(KILL.format(41)))
    mark = OomMark("boot", 4, NOW - 500)
    log = KernelJournal()
    reader = OomReader(str(machine.root), mark=mark, journal=log)
    watch = OomWatch()
    assert watch.add_sample(0.0, reader.read({}, 0.0), ()) is None
    wait_for(log)
    kill = watch.add_sample(TOTAL_SECONDS, reader.read({}, TOTAL_SECONDS), ())
    assert kill is not None
    assert kill.is_missed
    assert [each.pid for each in kill.victims] == [41]
    assert f"--since=@{NOW - 500 - TOTAL_SECONDS:.0f}" in journal.asked.read_text()
    reader.close()


def test_nobody_asks_the_journal_where_nothing_was_killed(journal: Journal, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "root")
    machine.mount_v2()
    machine.write("proc/vmstat", VMSTAT.format(5))
    journal.holds()
    log = KernelJournal()
    reader = OomReader(str(machine.root), journal=log)
    for number in range(5):
        reader.read({}, number * TOTAL_SECONDS)
        assert not log.is_asking
    reader.close()


@pytest.mark.parametrize(
    "limit",
    [
        "NOFILE",
        pytest.param(
            "NPROC",
            marks=pytest.mark.skipif(
                hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may have any number"
            ),
        ),
    ],
)
def test_it_is_asked_again_after_there_was_no_room(journal: Journal, limit: str) -> None:
    # In a process of its own: the limit would be everybody's.
    journal.holds(record(KILL.format(41), 41))
    code = """
import os, resource, sys, time
from trayapp.readers.kernel_journal import KernelJournal
reader = KernelJournal()
kind = getattr(resource, "RLIMIT_" + sys.argv[1])
before = resource.getrlimit(kind)
resource.setrlimit(kind, (3 if sys.argv[1] == "NOFILE" else 0, before[1]))
assert reader.kills(time.time()) == ()
assert not reader.is_asking
resource.setrlimit(kind, before)
assert reader.kills(time.time()) == ()
assert reader.is_asking
reader.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, limit], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
