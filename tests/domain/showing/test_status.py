from __future__ import annotations

import json

from tests.domain.building import MIB, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls
from trayapp.domain.showing.status import status


def test_status_is_json_with_the_promised_keys() -> None:
    monitor = Monitor(MonitorRules(targets=(TargetRule(name="app", match="a"),)))
    view = monitor.judge_frame(frame(0, target("app", 100, 50)), Quiet()).view
    told = json.loads(json.dumps(status(view, Controls())))
    assert {"app", "system", "targets", "applications", "incidents"} <= set(told)
    assert told["app"]["pid"] == 1
    assert told["app"]["uss_bytes"] is None
    assert told["system"]["used_bytes"] == (
        told["system"]["total_bytes"] - told["system"]["available_bytes"]
    )
    (app,) = told["targets"]
    assert app["name"] == "app"
    assert app["rss_bytes"] == app["peak_bytes"] == 150 * MIB
    assert app["pids"] == [100, 101]
    assert app["slope_bytes_per_second"] is None
    assert app["verdict"] == "healthy"


def test_status_before_the_first_sample_is_null_not_zero() -> None:
    told = status(None, Controls(paused=True))
    assert told["system"] is None
    assert told["paused"] is True
    assert told["targets"] == []
