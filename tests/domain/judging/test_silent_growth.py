"""Growth without an alert: the details say why there is none."""

from __future__ import annotations

from tests.domain.building import MIB, frame
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.showing.table_status import detail_status


def test_why_growth_with_hours_left_raises_no_alert_is_told() -> None:
    """Half a MiB a second, with memory for five hours: a cache would look the same so far."""
    monitor = Monitor(MonitorRules(targets=(TargetRule(name="app", match="a"),)))
    notes = set()
    for second in range(600):
        size = round((20 + 0.5 * second) * MIB)
        readings = ((ProcessKey(7, 7), MemoryReading(size, size)),)
        sample = TargetSample(name="app", readings=readings)
        outcome = monitor.judge_frame(frame(second, sample, used_share=0.4), Quiet())
        assert not outcome.announcements
        notes.add(detail_status(outcome.view, "target", "app")["silence_note"])
    assert notes > {""}
    assert all(
        str(note).startswith("No alert so far: the limit is ") and " h " in str(note)
        for note in notes - {""}
    )
