"""A rule with named groups makes one target of each value, stable and bounded in number."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.domain.building import facts, frame, target
from trayapp.domain.grouping.captures import LINGER_SECONDS, MOST_VALUES, base_name
from trayapp.domain.grouping.target_tracker import TargetTracker
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.records.levels import Level

RULE = TargetRule(name="web", regex=re.compile(r"worker-(?P<queue>\w+)(?: --host (?P<host>\S+))?"))
OTHER = TargetRule(name="db", match="postgres")


def names(tracker: TargetTracker) -> dict[str, list[int]]:
    return {name: [key.pid for key in keys] for name, keys in tracker.members().items()}


def test_each_value_is_a_target_of_its_own_with_its_children() -> None:
    tracker = TargetTracker([OTHER, RULE], app_pid=1)
    assert names(tracker) == {"db": [], "web": []}
    tracker.apply(
        [
            facts(10, "python worker-mail"), facts(11, "sh -c job", parent=10),
            facts(20, "python worker-sms --host a]b"), facts(21, "python worker-mail"),
            facts(30, "postgres"),
        ]
    )  # fmt: skip
    assert names(tracker) == {
        "db": [30], "web [queue=mail]": [10, 11, 21], "web [queue=sms, host=a)b]": [20],
    }  # fmt: skip
    assert tracker.members_of_rules()["web"] == list(map(tracker_key, (10, 11, 20, 21)))
    active = tracker.active_rules
    assert [rule.name for rule in active] == list(names(tracker))
    assert active is tracker.active_rules


def tracker_key(pid: int) -> object:
    return facts(pid).key


def test_targets_come_and_go_with_their_processes_and_are_the_same_after_a_restart() -> None:
    tracker = TargetTracker([RULE], app_pid=1)
    mail = facts(10, "python worker-mail")
    tracker.apply([mail])
    tracker.retire(0.0)
    rule = tracker.active_rules[0]
    tracker.apply(gone=[mail.key])
    tracker.retire(1.0)
    assert names(tracker) == {"web [queue=mail]": []}
    tracker.apply([facts(11, "python worker-mail")])
    tracker.retire(LINGER_SECONDS + 5)
    assert names(tracker) == {"web [queue=mail]": [11]}
    assert tracker.active_rules[0] is rule
    tracker.apply(gone=[facts(11).key])
    tracker.retire(100.0)
    tracker.retire(100.0 + LINGER_SECONDS)
    assert names(tracker) == {"web": []}
    again = TargetTracker([RULE], app_pid=1)
    again.apply([facts(99, "python worker-mail")])
    assert list(names(again)) == ["web [queue=mail]"]


def test_further_values_than_fifty_belong_to_the_rules_own_target() -> None:
    tracker = TargetTracker([RULE], app_pid=1)
    tracker.apply([facts(100 + at, f"worker-q{at}") for at in range(MOST_VALUES + 3)])
    found = names(tracker)
    assert len(found) == MOST_VALUES + 1
    assert found["web"] == [100 + MOST_VALUES + at for at in range(3)]
    # Those that have ended make room, for who has waited first.
    tracker.apply(gone=[facts(100 + at).key for at in range(4)])
    tracker.retire(0.0)
    tracker.apply([facts(900, "worker-late")])
    assert names(tracker)["web [queue=late]"] == [900]
    assert "web" not in names(tracker)
    assert "web [queue=q0]" not in names(tracker)


def test_other_rules_keep_the_targets_of_those_that_stay() -> None:
    tracker = TargetTracker([RULE], app_pid=1)
    tracker.apply([facts(10, "worker-mail")])
    rule = tracker.active_rules[0]
    tracker.set_rules([OTHER, replace(RULE)])
    assert names(tracker) == {"db": [], "web [queue=mail]": [10]}
    assert tracker.active_rules[1] is rule
    tracker.set_rules([OTHER])
    assert names(tracker) == {"db": []}


def test_each_is_judged_by_itself_and_has_the_rules_limit() -> None:
    limited = replace(RULE, limit_bytes=100 * 1024**2)
    tracker = TargetTracker([limited], app_pid=1)
    tracker.apply([facts(10, "worker-mail"), facts(20, "worker-sms")])
    monitor = Monitor(MonitorRules(targets=(limited,)))
    monitor.set_targets(tracker.active_rules)
    for second in range(10):
        small = target("web [queue=mail]", 20.0, first_pid=10)
        large = target("web [queue=sms]", 97.0, first_pid=20)
        outcome = monitor.judge_frame(frame(float(second), small, large), Quiet())
    levels = {each.name: each.level for each in outcome.view.targets}
    assert levels == {"web [queue=mail]": Level.NORMAL, "web [queue=sms]": Level.EMERGENCY}
    series = {one.name for one, _ in outcome.values if one.kind == "target"}
    assert series == set(levels)


def test_the_name_of_the_settings_is_found_again() -> None:
    assert base_name("web [queue=mail]") == base_name("web") == "web"
    assert base_name("my [own] name") == "my [own] name"
    assert base_name("my [own]") == "my [own]"
