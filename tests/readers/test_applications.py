"""Reader and tracker together, on the machine as it is."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.readers.children import eventually, running, tell
from trayapp.domain.grouping.applications import ApplicationTracker
from trayapp.domain.records.names import process_label
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.readers.procfs import ProcfsReader


def resident_bytes_of_all() -> int:
    """Added up without any of our code."""
    pages = 0
    for statm in Path("/proc").glob("[0-9]*/statm"):
        try:
            pages += int(statm.read_text().split()[1])
        except OSError:
            continue
    return pages * os.sysconf("SC_PAGE_SIZE")


def sizes_of(reader: ProcfsReader) -> dict[ProcessKey, int]:
    """The resident set of every process."""
    return {key: reading.rss_bytes for key, reading in reader.read_all().items()}


def test_applications_add_up_to_the_machine() -> None:
    """Within 2 %, as soon as a look is not disturbed by others who start and end programs."""
    reader = ProcfsReader(descriptor_limit=8192)
    tracker = ApplicationTracker(os.getpid())

    def agree() -> bool:
        changes = reader.refresh()
        tracker.apply(changes.appeared, changes.changed, changes.gone)
        uses = tracker.totals(sizes_of(reader))
        pids = [pid for use in uses for pid in use.pids]
        assert len(set(pids)) == len(pids)
        expected = resident_bytes_of_all()
        return abs(sum(use.rss_bytes for use in uses) - expected) <= 0.02 * expected

    try:
        assert eventually(agree)
    finally:
        reader.close()


def test_a_real_family_is_one_application(tmp_path: Path) -> None:
    """A script with a helper, started by a shell that reads commands."""
    script = tmp_path / "nightly-backup.sh"
    script.write_text("sleep 600 & echo $!; wait\n")
    reader = ProcfsReader(descriptor_limit=8192)
    tracker = ApplicationTracker(os.getpid())
    try:
        with running("sh") as shell:
            tell(shell, f"sh {script} & echo $!; wait\n".encode())
            assert shell.stdout is not None
            pids = {int(shell.stdout.readline()) for _ in range(2)}
            try:
                changes = reader.refresh()
                tracker.apply(changes.appeared, changes.changed, changes.gone)
                (use,) = (
                    use
                    for use in tracker.totals(sizes_of(reader))
                    if use.name == "nightly-backup.sh"
                )
                assert set(use.pids) == pids
                keys = {facts.key.pid: facts.key for facts in changes.appeared}
                assert tracker.application_of(keys[shell.pid]) != use.key
            finally:
                for pid in pids:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
    finally:
        reader.close()


def with_arguments(pid: int) -> ProcessFacts | None:
    """Return what a new reader finds of a process, once there are arguments."""
    reader = ProcfsReader(descriptor_limit=8192)
    try:
        found = {facts.key.pid: facts for facts in reader.refresh().appeared}
    finally:
        reader.close()
    return found[pid] if found[pid].arguments else None


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("puma 6.4.0 (tcp://0.0.0.0:3000) [shop]", "puma"),
        ("sidekiq 7.2.0 current [0 of 5 busy]", "sidekiq"),
        ("Passenger RubyApp: /srv/mail/outgoing (production)", "Passenger"),
    ],
)
def test_a_server_that_writes_its_own_title_is_called_by_its_program(title: str, name: str) -> None:
    """As the kernel shows it then: one argument, with the interpreter's short name beside it."""
    with subprocess.Popen([title], executable=sys.executable, stdin=subprocess.PIPE) as child:
        try:
            # The kernel shows no arguments for a moment while the program is put in place.
            facts = eventually(partial(with_arguments, child.pid))
            assert facts is not None
            assert facts.arguments == (title,)
            assert process_label(facts.arguments, facts.name) == name
        finally:
            child.kill()
