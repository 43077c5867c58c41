"""The tuple of judges, and what one line in it is enough for."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.domain.building import frame, target
from trayapp.applet.rules import monitor_rules
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging import judges, target_follower
from trayapp.domain.judging.alerting import Condition, Quiet
from trayapp.domain.judging.judges import JUDGES, TARGET_JUDGES
from trayapp.domain.judging.judges.protocol import TargetCase, TargetJudge
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.levels import Level
from trayapp.settings.records import Settings


@dataclass(frozen=True, slots=True)
class CrowdThresholds:
    """As a section of the settings would be."""

    most: int = 3


class Crowd(TargetJudge):
    """More processes than there should be."""

    key = "crowd"

    def judge(self, case: TargetCase) -> Condition | None:
        if len(case.view.pids) <= case.rules.own(CrowdThresholds).most:
            return None
        text = (f"{case.view.name} is a crowd", "It has many processes.")
        return case.condition(self.key, Level.CRITICAL, text)


def test_every_judge_has_a_key_of_its_own() -> None:
    keys = [judge.key for judge in JUDGES]
    assert len(set(keys)) == len(keys)


def test_every_file_of_the_room_has_its_line() -> None:
    folder = Path(judges.__file__).parent
    registered = {Path(inspect.getfile(judge)).stem for judge in JUDGES}
    assert registered == {
        file.stem for file in folder.glob("*.py") if file.stem not in ("__init__", "protocol")
    }


@pytest.mark.parametrize(("most", "is_open"), [(1, True), (2, False)])
def test_a_judge_needs_a_line_and_its_section_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, most: int, is_open: bool
) -> None:
    monkeypatch.setattr(target_follower, "TARGET_JUDGES", (*TARGET_JUDGES, Crowd))
    rule = TargetRule(name="app", match="app")
    monitor = Monitor(MonitorRules(targets=(rule,), sections=(CrowdThresholds(most=most),)))
    for second in range(10):
        sample = target("app", 10, 10)
        outcome = monitor.judge_frame(frame(second, sample), Quiet())
    assert ("crowd:app" in {each.key for each in outcome.view.incidents}) == is_open


def test_the_sections_of_the_settings_reach_the_judges() -> None:
    settings = Settings()
    assert monitor_rules(settings).own(type(settings.spike)) is settings.spike
