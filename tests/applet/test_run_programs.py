"""What a run runs, kept once for each: as its version and a hash, never as a command line."""

from __future__ import annotations

import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.applet.test_task_follower import own_key, view_of
from tests.readers.children import eventually
from trayapp.applet.run_programs import RunPrograms, load_key
from trayapp.domain.records.run_program import program_of
from trayapp.domain.records.samples import ProcessFacts, ProcessKey
from trayapp.domain.records.series import Event

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

PASSWORD = "--password=correct-horse"  # noqa: S105


class Story:
    """This process stands for every program; its arguments can be changed."""

    def __init__(self, folder: Path) -> None:
        self.events: list[Event] = []
        self.arguments: tuple[str, ...] = ("serve", PASSWORD)
        self.key_file = folder / "program.key"
        self.runs = self.begin()

    def begin(self) -> RunPrograms:
        return RunPrograms(self.key_file, self.lineages, self.events.append, period_seconds=0.0)

    def lineages(self, keys: Sequence[ProcessKey]) -> list[list[ProcessFacts]]:
        pid = own_key()[0]
        return [
            [
                ProcessFacts(
                    key=ProcessKey(pid, key.started),
                    parent_pid=1,
                    name="any",
                    arguments=self.arguments,
                    started_wall_seconds=1_700_000_000.0,
                )
            ]
            for key in keys
        ]

    def look(self, **targets: tuple[int, int]) -> None:
        self.runs.tick(view_of(**targets))
        eventually(lambda: not self.runs.is_busy)


def test_each_run_is_kept_once(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.look(web=(7, 1))
    story.look(web=(7, 1))
    assert [event.subject for event in story.events] == ["web"]
    story.look(web=(8, 2), db=(9, 3))
    assert sorted(event.subject for event in story.events) == ["db", "web", "web"]
    program = program_of(story.events[0])
    assert program and program.version and program.version.size_bytes > 0
    assert program.started_wall_seconds == 1_700_000_000.0


def test_a_command_line_can_be_compared_and_not_be_read(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.look(web=(7, 1))
    story.look(web=(8, 2))
    story.arguments = ("serve", "--password=another")
    story.look(web=(9, 3))
    first, second, third = [program_of(event) for event in story.events]
    assert first and second and third
    assert first.arguments == second.arguments != third.arguments
    assert not any("horse" in repr(event) for event in story.events)
    # After a restart the hashes are the same ones; on another machine they are not.
    story.arguments = ("serve", PASSWORD)
    story.runs = story.begin()
    story.look(web=(8, 2))
    again = program_of(story.events[-1])
    assert again and again.arguments == first.arguments
    story.key_file.unlink()
    story.runs = story.begin()
    story.look(web=(8, 2))
    elsewhere = program_of(story.events[-1])
    assert elsewhere and elsewhere.arguments != first.arguments


def test_the_key_is_nobody_elses_and_a_damaged_one_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "program.key"
    key = load_key(file)
    assert load_key(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(b"half")
    assert len(load_key(file)) == len(key)
