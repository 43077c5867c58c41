"""While an incident recovers, its words are those of now."""

from __future__ import annotations

from dataclasses import replace

from tests.domain.building import MIB, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Incident, Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.recovering import as_of_now
from trayapp.domain.records.frames import Frame
from trayapp.domain.records.levels import Level


def incidents_after(rules: MonitorRules, *frames: Frame) -> tuple[Incident, ...]:
    monitor = Monitor(rules)
    for each in frames:
        outcome = monitor.judge_frame(each, Quiet())
    return outcome.view.incidents


def test_a_shortage_that_recovers_tells_what_is_free_now() -> None:
    short = [frame(second, used_share=0.9) for second in range(10)]
    (incident,) = incidents_after(MonitorRules(), *short, frame(10, used_share=0.4))
    assert incident.phase == "recovering"
    assert "9.38 GiB of 15.6 GiB available (40" in incident.body
    assert "(90" not in incident.body


def test_a_limit_that_recovers_tells_what_is_in_use_now() -> None:
    rule = TargetRule(name="app", match="app", limit_bytes=200 * MIB)
    near = [frame(second, target("app", 190)) for second in range(10)]
    (incident,) = incidents_after(
        MonitorRules(targets=(rule,)), *near, frame(10, target("app", 100))
    )
    assert incident.phase == "recovering"
    assert "Using 100 MiB; limit 200 MiB" in incident.body
    assert "190" not in incident.body


def test_what_cannot_be_brought_up_to_date_says_that() -> None:
    told = Incident(
        key="growth:app", subject="app", level=Level.WARNING, title="app keeps growing",
        body="It has grown by 9 MiB.", since_wall_seconds=1.0, phase="recovering",
    )  # fmt: skip
    (shown,) = as_of_now([told], {}, lambda _: ("", ""))
    assert shown.body.startswith("Probably resolved. Last seen:")
    assert shown.body.endswith("It has grown by 9 MiB.")
    active = replace(told, phase="active")
    assert as_of_now([active], {}, lambda _: ("", "")) == (active,)
