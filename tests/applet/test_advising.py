"""Advice in the applet: found, followed, put aside, looked at again, and kept over restarts."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from tests.domain.building import MIB
from tests.domain.judging.advice.building import SYSTEM, WALL, advice, target
from trayapp.applet.advice_acts import AdviceActs, Program, Result
from trayapp.applet.advice_evidence import AdviceEvidence
from trayapp.applet.advice_file import load_book, save_book
from trayapp.applet.advising import Advisor
from trayapp.applet.programs import Programs
from trayapp.dataclass import replace
from trayapp.domain.judging.advice.book import NEVER, AdviceBook
from trayapp.domain.judging.advice.case import Twins
from trayapp.domain.judging.advice.deeds import Look, deed_of
from trayapp.domain.judging.advice.policy import AdvicePolicy
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.judging.advice.watches import Told
from trayapp.domain.judging.alerting import Incident
from trayapp.domain.judging.exceptions import read_exceptions
from trayapp.domain.judging.view import TargetView, View
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import AppSample, ProcessKey
from trayapp.domain.records.series import Event
from trayapp.errors import ControlError, UsageError

ID = "trim:target:web"


class Acts(AdviceActs):
    """What the applet does, without doing it to anybody."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.limits: list[tuple[str, int]] = []
        self.exceptions: list[str] = []
        self.hold = threading.Event()
        self.hold.set()

    def do(self, _advice: Advice, act: Act, program: Program | None) -> Result:
        assert self.hold.wait(60)
        if act.entry:
            self.set_exception(act.entry, is_wanted=True)
            return Result("Written.", None, None)
        if program is None or not program.keys:
            raise ControlError("it has exited")
        self.done.append(f"{act.does} {program.name}")
        return Result("web: freed 190 MiB.", 400 * MIB, 210 * MIB)

    def set_limit(self, name: str, limit_bytes: int) -> None:
        self.limits.append((name, limit_bytes))

    def set_exception(self, entry: str, *, is_wanted: bool) -> None:
        (self.exceptions.append if is_wanted else self.exceptions.remove)(entry)


class Evidence(AdviceEvidence):
    """What probes told in three rounds; nobody is asked."""

    def __init__(self, retained_mib: float) -> None:
        super().__init__(Path("/none"), Path("/none"), list)
        for second in (0, 60, 120):
            told = Told(400 * MIB, retained_bytes=round(retained_mib * MIB), pinned_bytes=0)
            self.watch.add(second, {"target:web": told})

    def start_round(self, view: View) -> None:
        pass


class Story:
    """A Memtray whose clock is turned by hand."""

    def __init__(self, folder: Path, policy: AdvicePolicy | None = None) -> None:
        self.now = 1000.0
        self.acts = Acts()
        self.events: list[Event] = []
        self.fresh: list[Advice] = []
        self.file = folder / "advice.json"
        self.size_mib = 400.0
        self.span_seconds = 0.0
        self.evidence = Evidence(190)
        programs = Programs(lambda _keys: [], lambda _key: None, folder, may_be_trimmed=False)
        self.advisor = Advisor(
            self.file,
            self.acts,
            programs,
            make_evidence=lambda: self.evidence,
            record=self.events.append,
            on_new=self.fresh.append,
            policy=(lambda: policy) if policy else None,
            harmless_rule=lambda: (read_exceptions(self.acts.exceptions), self.span_seconds),
            clock=lambda: self.now,
        )

    def tick(self, seconds: float = 10.0, *targets: TargetView) -> None:
        self.now += seconds
        view = View(
            wall_seconds=WALL + self.now,
            system=SYSTEM,
            system_bars=(),
            system_level=Level.NORMAL,
            app=AppSample(pid=1),
            app_bars=(),
            targets=targets or (target(size_mib=self.size_mib),),
        )
        self.advisor.tick(view)

    @property
    def ids(self) -> list[str]:
        return [each.id for each in self.advisor.advice]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def test_advice_is_found_once_and_told_once(story: Story) -> None:
    assert story.advisor.advice == ()
    story.tick()
    story.tick()
    assert story.ids == [ID]
    assert [each.id for each in story.fresh] == [ID]
    story.tick(10.0, TargetView(name="web"))  # it has exited
    assert story.ids == []


def test_what_is_followed_is_measured_and_rests(story: Story) -> None:
    story.tick()
    deed = story.advisor.apply("web")
    assert (deed.saved_bytes, story.acts.done) == (190 * MIB, ["free web"])
    assert story.ids == []
    story.tick()
    assert story.ids == []
    (done,) = told(story)["done"]
    assert (done["saved_bytes"], done["after_1min"], done["held"]) == (190 * MIB, None, None)
    assert [event.kind for event in story.events] == ["advice"]


def told(story: Story) -> dict[str, Any]:
    return story.advisor.status()


def test_later_looks_are_kept_and_written(story: Story) -> None:
    story.tick()
    deed = story.advisor.apply(ID)
    deed.wall_seconds = WALL + story.now
    story.size_mib = 215
    story.tick(61.0)
    story.tick(600.0)
    (done,) = told(story)["done"]
    assert (done["after_1min"], done["after_10min"]) == (185 * MIB, 185 * MIB)
    assert done["held"] is True
    assert "It held." in done["result"]
    assert story.events[-1].data["held"] is True
    assert load_book(story.file).deeds[0].later == deed.later


def test_copies_of_which_one_has_ended_are_advised_about_no_more(story: Story) -> None:
    old, new = ProcessKey(100, 5), ProcessKey(200, 9)
    both = replace(target(), pids=(100, 200), keys=(old, new))
    story.evidence.twins = {"target:web": Twins((100, 200), 80 * MIB, (old, new))}
    story.tick(10.0, both)
    assert "twins" in {each.kind for each in story.advisor.advice}
    story.tick(10.0, replace(both, pids=(200,), keys=(new,)))
    assert "twins" not in {each.kind for each in story.advisor.advice}


def test_what_has_exited_meanwhile_is_said_and_nothing_is_done(story: Story) -> None:
    story.tick()
    story.advisor._view = None
    with pytest.raises(ControlError, match="has exited"):
        story.advisor.apply(ID)
    assert told(story)["done"] == []


def test_nothing_is_done_twice_at_once(story: Story) -> None:
    story.tick()
    story.acts.hold.clear()
    first = threading.Thread(target=story.advisor.apply, args=(ID,))
    first.start()
    wait_until(lambda: story.advisor._busy, what="beginning")
    with pytest.raises(ControlError, match="already being done"):
        story.advisor.apply(ID)
    story.acts.hold.set()
    first.join(60)
    assert story.acts.done == ["free web"]


@pytest.mark.parametrize("wanted", ["nobody", ""])
def test_unknown_advice_is_refused_with_what_there_is(story: Story, wanted: str) -> None:
    with pytest.raises(UsageError, match="No advice"):
        story.advisor.dismiss(wanted)
    story.tick()
    with pytest.raises(UsageError, match="trim:target:web"):
        story.advisor.dismiss(wanted)


def test_what_is_put_aside_stays_away_over_a_restart(story: Story, tmp_path: Path) -> None:
    story.tick()
    story.advisor.dismiss(ID, for_good=True)
    assert story.ids == []
    again = Story(tmp_path)
    again.tick()
    assert again.ids == []


def test_a_limit_is_put_back_once(story: Story) -> None:
    story.tick()
    deed = story.advisor.apply(ID)
    with pytest.raises(UsageError, match="Nothing to undo"):
        story.advisor.undo(ID)
    deed.undo_bytes = 500 * MIB
    story.advisor.undo(ID)
    assert story.acts.limits == [("web", 500 * MIB)]
    with pytest.raises(UsageError, match="Nothing to undo"):
        story.advisor.undo(ID)


def test_a_limit_that_a_person_has_changed_since_stays(story: Story) -> None:
    story.tick()
    deed = story.advisor.apply(ID)
    deed.undo_bytes, deed.set_bytes = 500 * MIB, 300 * MIB
    for changed in (
        replace(target(), limit_bytes=200 * MIB, limit_source="settings"),
        replace(target(), limit_bytes=None, limit_source="machine"),
    ):
        story.tick(10.0, changed)
        with pytest.raises(ControlError, match="changed since"):
            story.advisor.undo(ID)
    assert story.acts.limits == []
    # Right after it was set, the view may still have what was before.
    story.tick(10.0, replace(changed, limit_bytes=500 * MIB, limit_source="settings"))
    story.advisor.undo(ID)
    assert story.acts.limits == [("web", 500 * MIB)]


def test_a_damaged_count_of_delays_delays_no_longer_than_the_longest(story: Story) -> None:
    story.tick()
    story.advisor.dismiss(ID)
    kept = json.loads(story.file.read_text())
    kept["delays"] = {ID: 10**9}
    kept["silent_until"] = {}
    story.file.write_text(json.dumps(kept))
    again = Story(story.file.parent)
    again.tick()
    again.advisor.dismiss(ID)
    assert again.ids == []


def test_only_what_is_allowed_is_done_automatically(tmp_path: Path) -> None:
    for number, (policy, expected) in enumerate(
        (
            (AdvicePolicy(), []),
            (AdvicePolicy(apply="low risk"), []),  # not that sure
            (AdvicePolicy(apply="low risk", aggressiveness="moderate"), ["free web"]),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        story = Story(folder, policy)
        story.tick()
        if expected:
            wait_until(lambda story=story: told(story)["done"], what="deed")  # type: ignore[misc]
            assert told(story)["done"][0]["automatic"] is True
            assert "reason" in story.events[0].data
        assert story.acts.done == expected


def test_a_dry_run_only_writes_what_it_would_have_done(tmp_path: Path) -> None:
    policy = AdvicePolicy(apply="low risk", aggressiveness="aggressive", dry_run=True)
    story = Story(tmp_path, policy)
    for _ in range(4):
        story.tick()
    (event,) = story.events
    assert event.text.startswith("Dry run: Free memory of web")
    assert story.acts.done == []
    assert story.ids == [ID]


def test_a_damaged_file_loses_no_more_than_itself(tmp_path: Path) -> None:
    file = tmp_path / "advice.json"
    book = AdviceBook()
    book.note(deed_of(advice(), "free", WALL, Look(9, frozenset({ProcessKey(1, 2)}))))
    book.dismiss("restart:target:x", WALL, for_good=True)
    save_book(file, book)
    read = load_book(file)
    assert read.deeds == book.deeds
    assert read.silent_until["restart:target:x"] == NEVER
    whole = file.read_text()
    for damaged in (whole[:50], "[]", "{}", whole.replace('"deeds": [', '"deeds": [7, '), "\x00"):
        file.write_text(damaged)
        assert load_book(file).advice == ()
    assert load_book(tmp_path / "none").deeds == AdviceBook().deeds


@pytest.mark.parametrize("moment", ["NaN", "1e300", "-1e17"])
def test_no_moment_is_read_that_is_no_date(tmp_path: Path, moment: str) -> None:
    file, book = tmp_path / "advice.json", AdviceBook()
    book.note(deed_of(advice(), "free", WALL, Look(9)))
    save_book(file, book)
    kept = file.read_text()
    file.write_text(kept.replace(f'"wall_seconds": {WALL}', f'"wall_seconds": {moment}'))
    assert file.read_text() != kept
    assert not load_book(file).deeds


def acknowledge(story: Story, number: int, level: Level = Level.WARNING) -> None:
    """Acknowledge the incident of a day."""
    story.advisor.note_acknowledged(
        Incident(
            key="growth:web",
            subject="web",
            about="target:web",
            level=level,
            reached_level=level,
            title="web keeps growing",
            body="",
            since_wall_seconds=number * 86_400.0,
        )
    )


def test_what_was_acknowledged_three_times_is_made_an_exception_and_taken_back(
    story: Story, tmp_path: Path
) -> None:
    identity = "exception:growth:web"
    for number in range(3):
        story.tick()
        assert identity not in story.ids
        acknowledge(story, number)
    again = Story(tmp_path)  # Memtray was started again meanwhile
    again.span_seconds = 1e12
    again.tick(1000.0)
    assert identity in again.ids
    deed = again.advisor.apply(identity)
    assert again.acts.exceptions == ["growth:web"]
    assert (deed.is_open, deed.saved_bytes) == (False, None)
    again.tick()
    assert identity not in again.ids
    (done,) = told(again)["done"]
    assert done["undo"] is True
    again.advisor.undo(identity)
    assert again.acts.exceptions == []
    again.tick(86_400.0)
    assert identity not in again.ids  # nobody is asked again who took it back
    with pytest.raises(UsageError, match="Nothing to undo"):
        again.advisor.undo(identity)
