from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import facts
from trayapp.domain.grouping.target_tracker import TargetTracker
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.samples import ProcessFacts, ProcessKey

WEB = TargetRule(name="web", match="gunicorn")
JOBS = TargetRule(name="jobs", regex=re.compile(r"worker-\d+"))


def pids(tracker: TargetTracker) -> dict[str, list[int]]:
    return {name: [key.pid for key in keys] for name, keys in tracker.members().items()}


def tracked(*processes: ProcessFacts, rules: tuple[TargetRule, ...] = (WEB, JOBS)) -> TargetTracker:
    tracker = TargetTracker(rules, app_pid=9)
    tracker.apply(appeared=processes)
    return tracker


def test_substring_and_regular_expression_find_processes_by_command_line() -> None:
    tracker = tracked(
        facts(10, "gunicorn app"), facts(11, "python worker-7"), facts(12, "worker-x")
    )
    assert pids(tracker) == {"web": [10], "jobs": [11]}


def test_children_follow_their_parent_whatever_the_order_they_are_told_in() -> None:
    tracker = tracked(
        facts(30, "sh", parent=20), facts(20, "x", parent=10), facts(10, "gunicorn app")
    )
    assert pids(tracker)["web"] == [10, 20, 30]


def test_children_stay_outside_when_the_rule_says_so() -> None:
    alone = TargetRule(name="web", match="gunicorn", children=False)
    tracker = tracked(facts(10, "gunicorn"), facts(20, "sh", parent=10), rules=(alone,))
    assert pids(tracker) == {"web": [10]}


def test_a_process_belongs_to_the_first_rule_that_matches_and_to_no_other() -> None:
    both = facts(10, "gunicorn worker-1")
    assert pids(tracked(both)) == {"web": [10], "jobs": []}
    assert pids(tracked(both, rules=(JOBS, WEB))) == {"jobs": [10], "web": []}


def test_a_child_with_a_rule_of_its_own_leaves_its_parents_target() -> None:
    tracker = tracked(facts(10, "gunicorn"), facts(20, "python worker-1", parent=10))
    assert pids(tracker) == {"web": [10], "jobs": [20]}


def test_an_adopted_child_stays_when_its_parent_ends() -> None:
    tracker = tracked(facts(10, "gunicorn"), facts(20, "sh", parent=10))
    tracker.apply(gone=[ProcessKey(10, 10)])
    assert pids(tracker)["web"] == [20]
    tracker.apply(changed=[facts(20, "sh", parent=1)])
    assert pids(tracker)["web"] == [20]
    tracker.set_rules([JOBS, WEB])
    assert pids(tracker)["web"] == [20]


def test_a_command_line_that_exec_changes_is_sorted_anew_with_its_children() -> None:
    tracker = tracked(facts(10, "bash"), facts(20, "sleep", parent=10))
    tracker.apply(changed=[facts(10, "gunicorn app")])
    assert pids(tracker)["web"] == [10, 20]
    tracker.apply(changed=[facts(10, "less notes")])
    assert pids(tracker)["web"] == []


def test_a_pid_that_is_used_again_is_another_process() -> None:
    tracker = tracked(facts(10, "gunicorn", started=1))
    tracker.apply(appeared=[facts(10, "cat", started=2)], gone=[ProcessKey(10, 1)])
    assert pids(tracker)["web"] == []
    tracker.apply(appeared=[facts(30, "sh", parent=10)])
    assert pids(tracker)["web"] == []


def test_memtray_its_children_and_its_commands_are_never_part_of_a_target() -> None:
    tracker = tracked(
        facts(9, "python -m trayapp start"),
        facts(40, "python chart gunicorn", parent=9),
        facts(41, "/usr/bin/python3 /home/me/.local/bin/memtray trends gunicorn"),
        facts(42, "python3 -m trayapp trends gunicorn"),
        facts(43, "gunicorn memtray"),
    )
    assert pids(tracker)["web"] == [43]
    assert not tracker.is_free(ProcessKey(9, 9))
    assert not tracker.is_free(ProcessKey(43, 43))


def test_what_a_guarded_run_has_started_is_not_memtrays_own() -> None:
    tracker = tracked(
        facts(9, "/opt/bin/python3.11 /opt/bin/memtray run --high 1G -- gunicorn app"),
        facts(40, "gunicorn app", parent=9),
        facts(41, "cat", parent=40),
        facts(50, "memtray record -o a.csv -- gunicorn app"),
        facts(51, "gunicorn app", parent=50),
        facts(60, "memtray"),
        facts(61, "gunicorn run", parent=60),
    )
    assert pids(tracker)["web"] == [40, 41, 51]
    assert not tracker.is_free(ProcessKey(9, 9))


def test_other_rules_sort_the_known_processes_anew() -> None:
    tracker = tracked(facts(10, "gunicorn"), facts(20, "sh", parent=10))
    tracker.set_rules([TargetRule(name="shells", match="sh")])
    assert pids(tracker) == {"shells": [20]}


def test_limit_is_absolute_or_a_share_of_the_machine() -> None:
    assert TargetRule(name="a", match="a", limit_bytes=5).limit_of(100) == 5
    assert TargetRule(name="a", match="a", limit_share=0.2).limit_of(100) == 20
    assert TargetRule(name="a", match="a").limit_of(100) is None


class Patience:
    """Time for so many processes a call."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __call__(self) -> bool:
        self.count -= 1
        return self.count >= 0


def test_who_is_not_sorted_in_time_waits_for_the_next_call() -> None:
    """However many hard command lines come at once, one sample takes only so long."""
    tracker = TargetTracker((WEB, JOBS), app_pid=9)
    family = [facts(10, "gunicorn app"), facts(20, "x", parent=10), facts(30, "y", parent=20)]
    tracker.apply(appeared=family, is_time_left=Patience(1))
    assert pids(tracker)["web"] == [10]
    tracker.apply(is_time_left=Patience(1))
    assert pids(tracker)["web"] == [10, 20]
    tracker.apply(gone=[ProcessKey(10, 10)], is_time_left=Patience(1))
    assert pids(tracker)["web"] == [20, 30]


def test_what_waits_for_new_rules_stays_with_its_target() -> None:
    """Settings that are saved must not look as if everything had ended."""
    tracker = tracked(facts(10, "gunicorn app"), facts(20, "x", parent=10), facts(30, "worker-1"))
    renamed = TargetRule(name="tasks", match="worker")
    tracker.set_rules((renamed, WEB), is_time_left=Patience(0))
    assert pids(tracker) == {"tasks": [], "web": [10, 20]}
    tracker.apply()
    assert pids(tracker) == {"tasks": [30], "web": [10, 20]}


def test_a_parent_that_changes_while_its_child_waits_is_sorted_first() -> None:
    tracker = TargetTracker((WEB, JOBS), app_pid=9)
    tracker.apply(appeared=[facts(10, "x"), facts(20, "y", parent=10)], is_time_left=Patience(1))
    tracker.apply(changed=[facts(10, "gunicorn app")])
    assert pids(tracker)["web"] == [10, 20]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 8), st.sampled_from(["app", "db", "memtray", "sh"]), st.booleans()
        ),
        max_size=40,
    ),
    st.integers(0, 40),
)
def test_who_is_taken_and_who_is_a_member_is_known_at_any_time(
    steps: list[tuple[int, str, bool]], at: int
) -> None:
    """Processes come, run something else and end, and the rules become others on the way."""
    rules = [TargetRule(name="app", match="app"), TargetRule(name="db", match="db")]
    tracker = TargetTracker(rules, app_pid=999)
    living: dict[int, ProcessFacts] = {}
    for number, (pid, command, is_end) in enumerate(steps):
        known = living.get(pid)
        if number == at:
            tracker.set_rules(rules[1:])
        if known is None:
            living[pid] = ProcessFacts(
                key=ProcessKey(pid, number), parent_pid=pid // 2, name=command, arguments=(command,)
            )
            tracker.apply(appeared=[living[pid]])
        elif is_end:
            del living[pid]
            tracker.apply(gone=[known.key])
        else:
            living[pid] = replace(known, arguments=(command,))
            tracker.apply(changed=[living[pid]])
        keys = {each.key for each in living.values()}
        assert tracker.taken == {key for key in keys if not tracker.is_free(key)}
        members = [key for group in tracker.members().values() for key in group]
        assert {*members} == {key for key in keys if tracker.reason(key) is not None}
        assert len(members) == len({*members})
