"""Two programs of one name, one tracked and one not, never mix."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.building import HASTY, frame
from tests.domain.judging.test_monitor import anonymous, machine_with, told
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import AlertPolicy, Condition, Quiet
from trayapp.domain.judging.incidents import IncidentBook
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.application_use import ApplicationKey
from trayapp.domain.records.identity import about_of, key_of_subject, name_in, target_key
from trayapp.domain.records.levels import Level
from trayapp.domain.records.series import Event
from trayapp.domain.showing.table_status import detail_status

BROWSER = TargetRule(name="browser", match="browser")
OTHER = "leak-of-application:browser"


def both(seconds: int, quiet: Quiet | None = None) -> list[Outcome]:
    """A tracked program and another of its name leak side by side; the other faster."""
    monitor = Monitor(MonitorRules(leaks=HASTY, targets=(BROWSER,)))
    return [
        monitor.judge_frame(
            frame(
                second,
                anonymous("browser", 20 + 0.2 * second),
                everything=machine_with("browser", 200 + 0.5 * second),
            ),
            quiet or Quiet(),
        )
        for second in range(0, seconds, 10)
    ]


def test_each_of_them_has_incidents_banners_and_proof_of_its_own() -> None:
    outcomes = both(2000)
    banners = {key for key, what, _ in told(outcomes) if what == "raised"}
    assert {"leak:browser", OTHER} <= banners
    abouts = {each.key: each.identity for each in outcomes[-1].view.incidents}
    assert abouts["leak:browser"] == "target:browser"
    assert abouts[OTHER] == "application:program:browser"


def test_a_snooze_of_the_target_leaves_the_other_be() -> None:
    quiet = Quiet(subject_until_wall_seconds={"target:browser": 2e9})
    banners = {key for key, what, _ in told(both(2000, quiet)) if what == "raised"}
    assert banners == {OTHER}


def test_details_and_levels_are_of_one_alone() -> None:
    monitor = Monitor(MonitorRules(leaks=HASTY, targets=(BROWSER,)))
    for second in range(0, 1500, 10):
        everything = machine_with("browser", 200 + 0.5 * second)
        look = frame(second, anonymous("browser", 20), everything=everything)
        view = monitor.judge_frame(look, Quiet()).view
    assert view.targets[0].level is Level.NORMAL
    assert view.applications[0].level is Level.WARNING
    assert detail_status(view, "target", "browser")["alerts"] == []
    assert len(str(detail_status(view, "application", "browser")["alerts"])) > 10
    # Containers of one name are told apart, too: in the view there is a key for each.
    assert view.applications[0].key == ApplicationKey("program", "browser")


def test_that_the_target_does_not_run_makes_the_others_leak_no_news() -> None:
    """The end of one raised a fresh banner for the other."""
    book = IncidentBook(AlertPolicy())
    leak = Condition(
        key=OTHER,
        subject="browser",
        about="application:program:browser",
        level=Level.WARNING,
        has_lasted=True,
    )
    assert [each.what for each in book.update(0, 0, [leak], Quiet())] == ["raised"]
    gone = {"leak:browser", "growth:browser"}
    for second in range(1, 200):
        book.update(second, second, [], Quiet(), ended=gone)
    again = book.update(4000, 4000, [leak], Quiet(), ended=gone)
    assert [each.what for each in again] == ["held"]
    tracked = replace(leak, key="leak:browser", about="target:browser")
    named = [each.what for each in book.update(4001, 4001, [leak, tracked], Quiet())]
    assert named == ["raised"], "and is told though the other was"


def test_events_say_whom_they_are_about_also_those_of_earlier_versions() -> None:
    def event(kind: str, subject: str, **data: str) -> Event:
        return Event(wall_seconds=0.0, kind=kind, subject=subject, data=data)

    assert about_of(event("alert", "web", about="application:program:web")) == (
        "application:program:web"
    )
    assert about_of(event("alert", "web", incident="limit:web")) == "target:web"
    assert about_of(event("alert", "web", incident="leak-of-application:web")) == (
        "application:program:web"
    )
    assert about_of(event("restart", "web")) == "target:web"
    assert about_of(event("alert", "system", incident="pressure")) == "system"
    assert about_of(event("snapshot", "memtray")) == "memtray"
    outcomes = both(2000)
    kept = {
        each.data["incident"]: about_of(each)
        for outcome in outcomes
        for each in outcome.events
        if each.kind == "alert"
    }
    assert kept[OTHER] == "application:program:browser"
    assert kept["leak:browser"] == "target:browser"


def test_names_of_earlier_versions_mean_targets() -> None:
    assert key_of_subject("web") == target_key("web") == "target:web"
    assert key_of_subject("system") == "system"
    assert key_of_subject("application:program:web") == "application:program:web"
    assert [name_in(key) for key in ("target:web", "application:container:ab", "system")] == [
        "web",
        "ab",
        "system",
    ]
