"""What a rule that matches nothing was probably meant to match."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.domain.building import facts, frame
from trayapp.domain.grouping.nearest import (
    LONGEST_PAUSE_SECONDS,
    UNMATCHED_SECONDS,
    UnmatchedWatch,
    nearest_match,
)
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.monitor import Monitor
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls, View
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.unmatched import Unmatched
from trayapp.domain.showing.lines import target_line
from trayapp.domain.showing.status import status
from trayapp.domain.showing.table import row_from, status_text
from trayapp.domain.showing.table_status import detail_status, table_status

RUNNING = (
    facts(10, "/usr/lib/systemd/systemd --user"),
    facts(11, "python3 /srv/leaky.py --rate 3"),
    facts(12, "postgres -D /var/lib/postgres"),
    facts(13, "/opt/my-app/bin/server --port 80"),
    facts(14, "node /srv/web/index.js"),
)


@pytest.mark.parametrize(
    ("match", "pid"),
    [
        ("Leaky.py", 11),
        ("laeky.py", 11),
        ("leaky.pyc", 11),
        ("postgers", 12),
        ("my_app/bin", 13),
        ("myapp", 13),
        ("index.ts", 14),
        ("zork", None),
        ("qq", None),
        ("/", None),
        ("", None),
    ],
)
def test_a_slip_is_found(match: str, pid: int | None) -> None:
    found = nearest_match(TargetRule(name="a", match=match), RUNNING)
    assert (found.key.pid if found else None) == pid


@pytest.mark.parametrize(
    ("regex", "pid"),
    [(r"^leaky\.py$", 11), (r"\bpostgers\b.*\d+", 12), (r".*", None)],
)
def test_of_a_regular_expression_the_plain_text_counts(regex: str, pid: int | None) -> None:
    found = nearest_match(TargetRule(name="a", regex=re.compile(regex)), RUNNING)
    assert (found.key.pid if found else None) == pid


def test_it_is_searched_after_a_minute_and_then_ever_less_often() -> None:
    watch, rule = UnmatchedWatch(), TargetRule(name="a", match="x")
    searched = [
        second for second in range(0, 6 * 3600, 5) if watch.update(float(second), {"a": []}, [rule])
    ]
    assert searched[:4] == [60, 120, 240, 480]
    pauses = [after - before for before, after in pairwise(searched)]
    assert max(pauses) == LONGEST_PAUSE_SECONDS


def test_it_is_told_from_a_minute_on_until_it_has_matched_once() -> None:
    watch, rule = UnmatchedWatch(), TargetRule(name="a", match="x")
    watch.update(0.0, {"a": []}, [rule])
    watch.update(UNMATCHED_SECONDS - 1, {"a": []}, [rule])
    assert watch.unmatched(rule, UNMATCHED_SECONDS - 1) is None
    assert watch.update(UNMATCHED_SECONDS, {"a": []}, [rule]) == [rule]
    watch.note(rule, RUNNING[1])
    assert watch.unmatched(rule, UNMATCHED_SECONDS + 5) == Unmatched(
        lasted_seconds=UNMATCHED_SECONDS + 5, nearest=RUNNING[1]
    )
    watch.update(100.0, {"a": [1]}, [rule])
    assert watch.unmatched(rule, 100.0) is None
    for second in range(200, 900, 5):
        # It ran once and has ended: that is another thing, and told as such.
        assert watch.update(float(second), {"a": []}, [rule]) == []
        assert watch.unmatched(rule, float(second)) is None


def test_what_may_be_hidden_is_not_said_to_be_gone() -> None:
    """With hidepid nobody knows whether another user's program runs."""
    watch, rule = UnmatchedWatch(), TargetRule(name="a", match="x")
    watch.update(0.0, {"a": []}, [rule])
    unmatched = watch.unmatched(rule, 1.0, hides_processes=True)
    (target,) = shown(unmatched).targets
    expected = "a – not visible: the system hides other users' processes"
    assert target_line(target) == expected
    assert unmatched is not None
    assert "the system hides other users' processes (hidepid)" in unmatched.sentence
    watch.update(5.0, {"a": [1]}, [rule])
    assert watch.unmatched(rule, 6.0, hides_processes=True) is None


def test_another_rule_of_the_same_name_begins_anew() -> None:
    watch, rule = UnmatchedWatch(), TargetRule(name="a", match="x")
    watch.update(0.0, {"a": [1]}, [rule])
    other = replace(rule, match="y")
    watch.update(10.0, {"a": []}, [other])
    watch.update(75.0, {"a": []}, [other])
    assert watch.unmatched(other, 75.0) == Unmatched(lasted_seconds=65.0)
    # A limit has nothing to do with it.
    assert watch.unmatched(replace(other, limit_bytes=5), 75.0) == Unmatched(lasted_seconds=65.0)


def shown(unmatched: Unmatched | None) -> View:
    monitor = Monitor(MonitorRules(targets=(TargetRule(name="a", match="x"),)))
    return monitor.judge_frame(frame(0, TargetSample(name="a", unmatched=unmatched)), Quiet()).view


def test_menu_table_details_and_status_tell_it() -> None:
    view = shown(Unmatched(lasted_seconds=60.0, nearest=RUNNING[1]))
    assert target_line(view.targets[0]) == "a – no match; most similar: leaky.py (pid 11)"
    told = status(view, Controls())["targets"]
    assert isinstance(told, list)
    assert told[0]["unmatched_seconds"] == 60.0
    assert told[0]["nearest_match"] == {
        "pid": 11, "command_line": "python3 /srv/leaky.py --rate 3",
    }  # fmt: skip
    sentence = (
        "No running process has matched it for 1 min. "
        "Most similar: python3 /srv/leaky.py --rate 3 (pid 11)."
    )
    assert told[0]["unmatched_text"] == sentence
    rows = table_status(view, Controls())["rows"]
    assert isinstance(rows, list)
    assert status_text(row_from(rows[1])) == "no match"
    assert detail_status(view, "target", "a")["unmatched_text"] == sentence


def test_what_is_only_not_running_is_told_as_before() -> None:
    view = shown(None)
    assert target_line(view.targets[0]) == "a – not running"
    told = status(view, Controls())["targets"]
    assert isinstance(told, list)
    assert (told[0]["unmatched_seconds"], told[0]["unmatched_text"]) == (None, "")
    assert target_line(shown(Unmatched(lasted_seconds=60.0)).targets[0]) == "a – no match"
