"""Targets that are control groups: the charge is the size, and clean cache raises no alert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tests.domain.building import MIB, TOTAL_BYTES, frame, target
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import Quiet
from trayapp.domain.judging.judges.pressure import largest_users
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import Controls
from trayapp.domain.records.charges import Charge
from trayapp.domain.records.frames import Frame, TargetSample
from trayapp.domain.records.levels import Amounts
from trayapp.domain.records.limits import Limit
from trayapp.domain.records.sizes import Size
from trayapp.domain.showing.program_rows import program_rows
from trayapp.domain.showing.status import status
from trayapp.domain.showing.table import memory_text, row_from, share_text
from trayapp.domain.showing.table_status import detail_status, table_status

BOX = TargetRule(name="app", container="box", watch_growth=False)


def sample(in_use_mib: int, cache_mib: int, *limits: Limit, shared_mib: int = 0) -> TargetSample:
    """A container with one process of 100 MiB; the rest is cache and the kernel's."""
    charge = Charge(
        groups=("/docker/box",),
        current_bytes=(in_use_mib + cache_mib) * MIB,
        anon_bytes=100 * MIB,
        file_bytes=cache_mib * MIB,
        clean_cache_bytes=cache_mib * MIB,
        shared_bytes=shared_mib * MIB,
    )
    return replace(
        target("app", 100), charge=charge, size=Size(charge.current_bytes, "charged"), limits=limits
    )


def run(frames: Iterable[Frame], *rules: TargetRule) -> list[Outcome]:
    monitor = Monitor(MonitorRules(targets=rules))
    return [monitor.judge_frame(each, Quiet()) for each in frames]


def raised(outcomes: Iterable[Outcome]) -> list[str]:
    return [each.incident.key for one in outcomes for each in one.announcements]


def test_the_size_is_what_the_kernel_charges_and_cache_counts_for_no_limit() -> None:
    full = Limit(
        limit_bytes=1000 * MIB, source="cgroup", used_bytes=990 * MIB,
        reclaimable_bytes=690 * MIB, path="/docker/box",
    )  # fmt: skip
    outcomes = run((frame(second, sample(300, 690, full)) for second in range(30)), BOX)
    assert raised(outcomes) == []
    (view,) = outcomes[-1].view.targets
    assert (view.size_bytes, view.size_kind, view.taken_bytes) == (990 * MIB, "charged", 300 * MIB)
    assert (view.limit_share, view.size_limit_bytes) == (0.3, 1000 * MIB)
    near = replace(full, reclaimable_bytes=20 * MIB)
    outcomes = run((frame(second, sample(970, 20, near)) for second in range(30)), BOX)
    assert raised(outcomes) == ["limit:app"]


def test_a_limit_of_the_settings_and_sizes_leave_clean_cache_out_as_well() -> None:
    rule = replace(
        BOX, limit_bytes=1000 * MIB,
        sizes=Amounts(warning=500 * MIB, critical=None, emergency=None),
    )  # fmt: skip
    outcomes = run((frame(second, sample(300, 690)) for second in range(30)), rule)
    assert raised(outcomes) == []
    (view,) = outcomes[-1].view.targets
    assert (view.limit_source, view.limit_share) == ("settings", 0.3)
    outcomes = run((frame(second, sample(600, 390)) for second in range(30)), rule)
    assert raised(outcomes) == ["size:app"]
    assert "Using 600 MiB, above 500 MiB." in outcomes[-1].view.incidents[0].body


def test_who_uses_most_is_not_said_of_cache() -> None:
    users = largest_users((), (sample(300, 5000), target("other", 400)), ())
    assert users == [("other", 400 * MIB), ("app", 300 * MIB)]


def test_files_of_a_tmpfs_that_no_process_holds_are_judged_as_growth() -> None:
    """They fill the container until it is killed, and no resident set shows them."""
    before, after = sample(300, 0, shared_mib=10), sample(500, 0, shared_mib=210)
    assert (before.kept_bytes, after.kept_bytes) == (None, None), "not known without anonymous"
    (key, reading), *_ = before.readings
    known = ((key, reading._replace(anon_bytes=80 * MIB, own_shared_bytes=4 * MIB)),)
    assert replace(before, readings=known).kept_bytes == 90 * MIB
    assert replace(after, readings=known).kept_bytes == 290 * MIB
    kernel = replace(before, charge=before.charge and before.charge._replace(kept_kernel_bytes=7))
    assert replace(kernel, readings=known).kept_bytes == 90 * MIB + 7


def test_it_is_shown_with_what_it_is_made_of() -> None:
    (outcome,) = run([frame(0, sample(300, 690))], BOX)
    (row,) = [
        each
        for each in program_rows(outcome.view, Controls(), outcome.view.targets)
        if each.key == "target:app"
    ]
    texts = [each.label for each in row.children]
    assert "990 MiB charged, pid 100" in texts
    assert "300 MiB in use, 690 MiB cache" in texts
    told = status(outcome.view, Controls())["targets"]
    assert isinstance(told, list)
    assert told[0]["charge"]["groups"] == ["/docker/box"]
    assert told[0]["charge"]["clean_cache_bytes"] == 690 * MIB
    assert told[0]["taken_bytes"] == 300 * MIB
    rows = table_status(outcome.view, Controls())["rows"]
    assert isinstance(rows, list)
    shown = row_from(rows[1])
    assert memory_text(shown) == "990 MiB charged"
    assert share_text(shown) == f"{300 / (TOTAL_BYTES / MIB):.0%} of RAM"
    details = detail_status(outcome.view, "target", "app")
    assert details["charge_text"] == (
        "Charged to it: 690 MiB cache that is dropped when needed, 100 MiB allocated."
    )
