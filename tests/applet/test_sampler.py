"""The sampler thread on this real machine: what it publishes, keeps and survives."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.desktop.desktop import wait_until
from tests.history.stores import latest
from trayapp.applet import sampler
from trayapp.applet.cleanups import Cleanups
from trayapp.applet.rebuilding import RUNS
from trayapp.applet.sampler import Sampler
from trayapp.domain.grouping.target_run import RunMark, marks_as_text, marks_from_text
from trayapp.domain.judging.monitor import Outcome
from trayapp.domain.judging.own_budget import BudgetVerdict
from trayapp.domain.records.samples import ProcessKey
from trayapp.domain.records.series import Event, Series
from trayapp.history.reader import HistoryReader
from trayapp.history.retention import Retention
from trayapp.history.writer import HistoryWriter
from trayapp.platforms import current_platform
from trayapp.readers.boot import read_boot_id
from trayapp.settings.file import SettingsFile

#: Of this run of the tests alone: others may run on this machine.
SLEEP = f"98765.{os.getpid()}"
SETTINGS = f"""
[sampling]
interval = "0.2s"
[[targets]]
name = "sleeper"
match = "sleep {SLEEP}"
"""


#: This process starts the targets: were it Memtray, they would be its own and none of anybody's.
NOBODY = 0


class Sampling:
    """A running sampler and what it has published."""

    def __init__(self, folder: Path, settings: str = SETTINGS) -> None:
        self.folder = folder
        self.settings = folder / "memtray.toml"
        self.settings.write_text(settings)
        self.history = folder / "history.sqlite3"
        self.outcomes: list[Outcome | None] = []
        self.on_outcome: Callable[[Outcome], None] = lambda _: None
        self.incidents = folder / "incidents.json"
        self.sampler = Sampler(
            SettingsFile(self.settings),
            self.history,
            NOBODY,
            self._publish,
            incidents_file=self.incidents,
        )

    def _publish(self, outcome: Outcome | None) -> None:
        self.outcomes.append(outcome)
        if outcome is not None:
            self.on_outcome(outcome)

    def start(self) -> None:
        self.sampler.start()
        wait_until(lambda: self.sampler.view, what="first sample")

    def stop(self) -> None:
        self.sampler.stop()
        self.sampler.join(10)
        assert not self.sampler.is_alive()


@pytest.fixture
def sampling(tmp_path: Path) -> Iterator[Sampling]:
    made = Sampling(tmp_path)
    yield made
    if made.sampler.is_alive():
        made.stop()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", SLEEP])
    yield process
    process.kill()
    process.wait()


def test_a_target_is_found_and_kept_in_the_history(
    sampling: Sampling, sleeper: subprocess.Popen[bytes]
) -> None:
    sampling.start()
    view = sampling.sampler.view
    assert view is not None
    assert view.targets[0].pids == (sleeper.pid,)
    time.sleep(0.5)  # so that there is something to keep
    sampling.stop()
    with HistoryReader(sampling.history) as reader:
        rss = latest(reader, Series("target", "sleeper", "rss_bytes"))
        used = latest(reader, Series("system", "", "used_bytes"))
        kinds = [event.kind for event in reader.events(0, time.time() + 1)]
    assert rss == view.targets[0].rss_bytes
    assert used
    assert kinds == ["start", "stop"]


@pytest.mark.skipif(sys.platform != "linux", reason="sums up /proc")
def test_applications_targets_and_memtray_are_all_there_is(
    sampling: Sampling, sleeper: subprocess.Popen[bytes]
) -> None:
    """Every process that is there all the time is counted once, with its size."""
    before = sizes_of_proc()
    sampling.start()
    uses = sampling.sampler.read_applications()
    after = sizes_of_proc()
    pids = [pid for use in uses for pid in use.pids]
    assert len(pids) == len(set(pids))
    assert sleeper.pid not in pids
    # Others come and go on this machine while it is looked at, and some have just had their exec.
    steady = {pid for pid, size in before.items() if size and after.get(pid) == size}
    assert {pid for pid in steady - set(pids) if not is_memtray(pid)} <= {sleeper.pid}
    quiet = [use for use in uses if steady.issuperset(use.pids)]
    assert quiet
    for use in quiet:
        assert use.rss_bytes == sum(after[pid] for pid in use.pids)


def is_memtray(pid: int) -> bool:
    """Whether it is this process or an applet of another test, none of which is an application."""
    command_line = Path(f"/proc/{pid}/cmdline").read_bytes()
    return pid == os.getpid() or b"trayapp" in command_line or b"/memtray\0" in command_line


def sizes_of_proc() -> dict[int, int]:
    """Resident sets in bytes by pid, read by hand."""
    sizes = {}
    for statm in Path("/proc").glob("[0-9]*/statm"):
        try:
            pages = int(statm.read_text().split()[1])
        except (OSError, IndexError):
            continue
        sizes[int(statm.parent.name)] = pages * os.sysconf("SC_PAGE_SIZE")
    return sizes


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_the_history_tells_of_a_running_target_is_judged_again(
    sampling: Sampling, sleeper: subprocess.Popen[bytes]
) -> None:
    """As if another Memtray had followed the same process for 73 minutes, until 20 s ago."""
    started = int(Path(f"/proc/{sleeper.pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    now = time.time()
    mark = RunMark(now - 4400, (ProcessKey(sleeper.pid, started),))
    with closing(HistoryWriter(sampling.history, Retention())) as writer:
        for age in range(4400, 20, -2):
            size = 80e6 + (4400 - age) * 1e5
            values = [(Series("target", "sleeper", m), size) for m in ("rss_bytes", "anon_bytes")]
            writer.add(now - age, values)
            writer.maintain(10_000.0 - age)
        writer.remember(RUNS, marks_as_text(read_boot_id(), {"sleeper": mark}))
    sampling.start()

    def leaks() -> bool:
        view = sampling.sampler.view
        return view is not None and view.targets[0].leak.level == "leaking"

    wait_until(leaks, what="the verdict of before")
    sampling.stop()
    with HistoryReader(sampling.history) as reader:
        kinds = {event.kind for event in reader.events(0, time.time() + 1)}
        kept = reader.memo(RUNS)
    assert not kinds & {"restart", "session"}
    assert kept is not None
    assert marks_from_text(kept, read_boot_id())["sleeper"] == mark


def test_an_event_is_kept(sampling: Sampling) -> None:
    sampling.start()
    sampling.sampler.record(Event(wall_seconds=time.time(), kind="snapshot", text="here"))
    sampling.stop()
    with HistoryReader(sampling.history) as reader:
        (event,) = reader.events(0, time.time() + 1, kinds=("snapshot",))
    assert event.text == "here"


def test_a_damaged_history_is_moved_aside_and_told(sampling: Sampling) -> None:
    sampling.history.write_bytes(b"this is no database" * 1000)
    sampling.start()
    wait_until(lambda: sampling.sampler.problems, what="problem")
    assert "damaged" in sampling.sampler.problems[0]
    assert list(sampling.folder.glob("history.sqlite3.damaged-*"))


def test_a_history_locked_at_the_start_is_opened_later_and_nothing_is_lost(
    sampling: Sampling,
) -> None:
    alert = Event(wall_seconds=time.time() - 60, kind="alert", subject="system", text="once")
    with closing(HistoryWriter(sampling.history, Retention())) as writer:
        writer.add_event(alert)
    with closing(sqlite3.connect(sampling.history, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        sampling.start()
        wait_until(lambda: sampling.sampler.problems, what="problem")
        wait_until(lambda: sampling.sampler.sample_count >= 5, what="samples")
        first = sampling.outcomes[0]
        assert first is not None
        assert not sampling.sampler.recent_alerts
    wait_until(lambda: not sampling.sampler.problems, 60, what="end of the problem")
    # What had waited is on the disk now, and what was kept before is known.
    with HistoryReader(sampling.history) as reader:
        kept = reader.points(Series("system", "", "used_bytes"), 0, time.time() + 1)
    assert min(abs(point.wall_seconds - first.view.wall_seconds) for point in kept) < 0.1
    # A machine that is short of memory may have raised others.
    assert any(event.text == "once" for event in sampling.sampler.recent_alerts)


def test_another_interval_does_not_wait_for_the_end_of_the_one_before(tmp_path: Path) -> None:
    sampling = Sampling(tmp_path, '[sampling]\ninterval = "30s"\n')
    sampling.start()
    count = sampling.sampler.sample_count
    sampling.settings.write_text('[sampling]\ninterval = "0.2s"\n')
    wait_until(lambda: sampling.sampler.sample_count > count + 3, timeout=5, what="samples")
    sampling.stop()


def test_who_opens_the_menu_gets_figures_of_now_but_not_twice_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that both fit into it on any machine.
    monkeypatch.setattr(sampler, "_FRESH_SECONDS", 60.0)
    sampling = Sampling(tmp_path, '[sampling]\ninterval = "30s"\n')
    sampling.start()
    before = sampling.sampler.view
    assert before
    wait_until(lambda: time.time() > before.wall_seconds, what="the clock to go on")
    sampling.sampler.refresh_now(timeout_seconds=10)
    after = sampling.sampler.view
    assert after
    assert after.wall_seconds > before.wall_seconds
    assert after.applications is not before.applications
    sampling.sampler.refresh_now(timeout_seconds=10)
    assert sampling.sampler.view is after
    sampling.sampler.paused = True
    sampling.sampler._refreshed_seconds = -math.inf
    sampling.sampler.refresh_now(timeout_seconds=10)
    assert sampling.sampler.view is after
    sampling.stop()


def test_a_pause_takes_no_samples(sampling: Sampling) -> None:
    sampling.start()
    sampling.sampler.paused = True
    sampling.sampler.wake()
    wait_until(lambda: sampling.sampler.measure("sleeper") is None, what="an errand after it")
    count = sampling.sampler.sample_count
    time.sleep(0.6)  # three intervals
    assert sampling.sampler.sample_count == count


def test_bars_remember_what_the_history_holds(
    sampling: Sampling, sleeper: subprocess.Popen[bytes]
) -> None:
    sampling.settings.write_text(SETTINGS + '[icon]\nspan = "10s"\n')
    sampling.sampler = Sampler(
        SettingsFile(sampling.settings), sampling.history, NOBODY, lambda _: None
    )
    sampling.start()
    time.sleep(2.5)  # two bars and a half
    sampling.stop()
    again = Sampling(sampling.folder, sampling.settings.read_text())
    again.start()
    view = again.sampler.view
    again.stop()
    assert view is not None
    assert sum(bar is not None for bar in view.system_bars) >= 3
    assert sum(bar is not None for bar in view.targets[0].bars) >= 3
    assert sleeper.poll() is None


def test_a_cleanup_is_looked_at_again(sampling: Sampling) -> None:
    """A second instead of a minute, for the test's sake."""
    cleanups = Cleanups(
        current_platform(), sampling.sampler, sampling.folder, follow_up_seconds=1.0
    )

    def follow_up(outcome: Outcome) -> None:
        cleanups.follow_up(outcome.view)

    sampling.on_outcome = follow_up
    sampling.start()
    (result,) = cleanups.clean(app=True, targets=[])
    assert result.before_bytes is not None
    second = wait_until(lambda: cleanups.events[1:], what="second look")
    assert second[0].kind == "cleanup_follow_up"
    sampling.stop()
    with HistoryReader(sampling.history) as reader:
        events = reader.events(0, time.time() + 1, kinds=("cleanup", "cleanup_follow_up"))
    assert [event.kind for event in events] == ["cleanup", "cleanup_follow_up"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_kept_of_processes_that_came_and_went(
    sampling: Sampling,
) -> None:
    sampling.start()
    tracker = sampling.sampler._turn.machine._targets
    dead = set()
    for _ in range(20):
        children = [subprocess.Popen(["sleep", "0.3"]) for _ in range(20)]
        dead |= {child.pid for child in children}
        for child in children:
            child.wait()
    wait_until(lambda: not dead & set(tracker._members), what="forgetting")


def test_a_stopped_target_is_still_there(
    sampling: Sampling, sleeper: subprocess.Popen[bytes]
) -> None:
    sleeper.send_signal(signal.SIGSTOP)
    try:
        sampling.start()
        count = sampling.sampler.sample_count
        wait_until(lambda: sampling.sampler.sample_count > count + 5, what="samples")
        view = sampling.sampler.view
        assert view is not None
        assert view.targets[0].pids == (sleeper.pid,)
        assert view.targets[0].rss_bytes
        assert not sampling.sampler.problems
    finally:
        sleeper.send_signal(signal.SIGCONT)


def test_an_interval_named_for_one_run_is_kept_and_one_from_the_settings_adapts(
    tmp_path: Path,
) -> None:
    named = Sampling(tmp_path)
    named.sampler = Sampler(
        SettingsFile(named.settings), named.history, NOBODY, lambda _: None, interval_seconds=0.5
    )
    assert not named.sampler._pace._keeper.rule.adaptive
    assert named.sampler.interval_seconds == 0.5
    adapting = Sampling(tmp_path)
    assert adapting.sampler._pace._keeper.rule.adaptive
    fixed = Sampling(tmp_path, '[sampling]\ninterval = "5s"\nadaptive = false\n')
    assert not fixed.sampler._pace._keeper.rule.adaptive
    assert fixed.sampler.interval_seconds == 5.0


def test_what_memtray_costs_over_its_budget_is_told(tmp_path: Path) -> None:
    """No Python program is smaller than 4 MiB: this budget cannot be kept."""
    sampling = Sampling(tmp_path, SETTINGS + '[budget]\nuss = "4MiB"\n')
    sampling.start()
    view = sampling.sampler.view
    sampling.stop()
    assert view is not None
    (over,) = view.budget.over
    assert "4.00 MiB" in over


def test_a_pace_that_the_budget_stretches_says_so(tmp_path: Path) -> None:
    sampler = Sampling(tmp_path, '[sampling]\ninterval = "1s"\n').sampler
    assert (sampler.interval_seconds, sampler.pace_reason) == (1.0, "as set")
    sampler._pace.verdict = BudgetVerdict(step=5, stretch=7.6, reason="over its own budget (CPU)")
    assert (sampler.interval_seconds, sampler.pace_reason) == (7.6, "over its own budget (CPU)")
    sampler._pace._keeper._interval_seconds = 0.5
    sampler._pace._keeper.reason = "only 5 MiB left"
    assert sampler.pace_reason == "only 5 MiB left; over its own budget (CPU)"


def test_fresh_figures_that_somebody_asks_for_are_counted_apart(tmp_path: Path) -> None:
    sampling = Sampling(tmp_path)
    sampling.start()
    requested = sampling.sampler._requested
    before = requested.seconds
    sampling.sampler.read_applications()
    assert requested.seconds > before
    sampling.stop()


ALWAYS_SHORT = """
[sampling]
interval = "0.2s"
[alerts]
warning_percent = 1
critical_percent = 99
emergency_percent = 100
rearm_percent = 0.5
sustain = "0s"
"""


def told(sampling: Sampling) -> list[str]:
    return [
        announcement.what
        for outcome in sampling.outcomes
        if outcome is not None
        for announcement in outcome.announcements
    ]


def test_what_was_told_is_not_told_again_after_a_restart(tmp_path: Path) -> None:
    first = Sampling(tmp_path, ALWAYS_SHORT)
    first.start()
    wait_until(lambda: told(first) == ["raised"], what="alert about memory")
    first.stop()
    second = Sampling(tmp_path, ALWAYS_SHORT)
    second.start()

    def is_active() -> bool:
        view = second.sampler.view
        return view is not None and [each.phase for each in view.incidents] == ["active"]

    wait_until(is_active, what="the incident to be judged again")
    assert [event.text for event in second.sampler.recent_alerts] == ["Memory is getting low"]
    second.stop()
    assert told(second) == []


def test_an_acknowledged_incident_is_shown_and_kept_as_such(tmp_path: Path) -> None:
    sampling = Sampling(tmp_path, ALWAYS_SHORT)
    sampling.start()
    wait_until(lambda: told(sampling), what="alert about memory")
    sampling.sampler.acknowledge("pressure")

    def is_acknowledged() -> bool:
        view = sampling.sampler.view
        return view is not None and any(each.acknowledged for each in view.incidents)

    wait_until(is_acknowledged, what="the acknowledged incident")
    sampling.sampler.acknowledge("nothing that is open")
    sampling.stop()
    with HistoryReader(sampling.history) as reader:
        events = reader.events(0, time.time() + 1, ("alert",))
    assert [event.data["what"] for event in events] == ["raised", "acknowledged"]


def test_quiet_hours_hold_the_banner(tmp_path: Path) -> None:
    clock = time.localtime()
    # Around now, and not at an end of it however long this takes.
    hours = f"{(clock.tm_hour - 1) % 24:02}:00-{(clock.tm_hour + 2) % 24:02}:00"
    sampling = Sampling(tmp_path, f'{ALWAYS_SHORT}quiet_hours = "{hours}"\n')
    sampling.start()
    wait_until(lambda: told(sampling), what="decision about the alert")
    sampling.stop()
    assert told(sampling) == ["held"]
