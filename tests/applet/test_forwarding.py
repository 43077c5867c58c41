"""Transitions reach what the settings name, and nothing else is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.control.serving import other_process
from tests.desktop.desktop import wait_until
from tests.domain.building import MIB, frame, target
from trayapp.applet.cleanups import Cleanups
from trayapp.applet.forwarding import Forwarding
from trayapp.applet.sampler import Sampler
from trayapp.domain.acting.occasions import RunWatch
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.judging.alerting import AlertPolicy, Incident, Quiet
from trayapp.domain.judging.monitor import Monitor, Outcome
from trayapp.domain.judging.monitor_rules import MonitorRules
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.frames import TargetSample
from trayapp.domain.records.levels import Level
from trayapp.domain.records.samples import MemoryReading, ProcessKey
from trayapp.domain.records.series import Event
from trayapp.paths import Paths
from trayapp.platforms import current_platform
from trayapp.readers.procfile import read_started
from trayapp.settings.file import SettingsFile


class Forwarded:
    """Forwarding by real settings."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.paths = Paths(config=folder, data=folder, runtime=folder)
        self.file = folder / "memtray.toml"
        self.file.write_text(settings)
        self.settings_file = SettingsFile(self.file)
        self.events: list[Event] = []
        self.records: list[Event] = []
        self.log: list[str] = []
        sampler = Sampler(self.settings_file, self.paths.history_file, 1, lambda _: None)
        platform = current_platform()
        self.forwarding = Forwarding(
            lambda: self.settings_file.settings,
            self.paths,
            self.file,
            cleanups=Cleanups(platform, sampler, folder),
            write_snapshot=lambda: folder / "snapshot.json",
            terminate=platform.terminate,
            log=self.log.append,
            on_action=self.events.append,
            record=self.records.append,
        )

    def tick(self, outcome: Outcome) -> None:
        self.forwarding.tick()
        self.forwarding.pass_on(outcome)


def shortage(second: float, used_share: float, monitor: Monitor) -> Outcome:
    return monitor.judge_frame(frame(second, used_share=used_share), Quiet())


def impatient() -> Monitor:
    policy = AlertPolicy(sustain_seconds=0, recovery_seconds=0)
    return Monitor(MonitorRules(policy=policy))


def test_a_transition_is_a_line_of_json_and_a_run_of_the_hook(tmp_path: Path) -> None:
    script = "import os, sys; open(sys.argv[1], 'a').write(os.environ['MEMTRAY_TRANSITION'] + ' ')"
    command = json.dumps([sys.executable, "-c", script, str(tmp_path / "hooked")])
    forwarded = Forwarded(
        tmp_path,
        f'[delivery]\njson_lines = true\n[[hooks]]\nname = "note"\ncommand = {command}\n',
    )
    monitor = impatient()
    forwarded.tick(shortage(0, 0.5, monitor))
    forwarded.tick(shortage(1, 0.8, monitor))
    hooked = tmp_path / "hooked"
    wait_until(lambda: hooked.exists() and hooked.read_text() == "raised ", what="the hook")
    forwarded.tick(shortage(2, 0.5, monitor))
    wait_until(lambda: hooked.read_text() == "raised resolved ", what="the hook")
    forwarded.forwarding.stop()
    lines = [json.loads(line) for line in forwarded.paths.alerts_file.read_text().splitlines()]
    assert [(line["transition"], line["incident"]) for line in lines] == [
        ("raised", "pressure"),
        ("resolved", "pressure"),
    ]


def test_files_and_hooks_hear_of_every_level_whatever_the_person_wants_to_hear(
    tmp_path: Path,
) -> None:
    command = json.dumps([sys.executable, "-c", "pass"])
    forwarded = Forwarded(
        tmp_path,
        f'[delivery]\njson_lines = true\n[[hooks]]\nname = "note"\ncommand = {command}\n',
    )
    monitor = impatient()
    for second, used_share in enumerate((0.8, 0.96, 0.5)):
        forwarded.tick(monitor.judge_frame(frame(second, used_share=used_share), Quiet(off=True)))
    wait_until(lambda: len(forwarded.records) == 3, what="the hooks")
    forwarded.forwarding.stop()
    lines = [json.loads(line) for line in forwarded.paths.alerts_file.read_text().splitlines()]
    assert [(line["transition"], line["level"]) for line in lines] == [
        ("raised", "warning"),
        ("escalated", "emergency"),
        ("resolved", "emergency"),
    ]
    kept = {
        (each.kind, each.data["transition"], each.data["outcome"]) for each in forwarded.records
    }
    assert kept == {("hook", kind, "done") for kind in ("raised", "escalated", "resolved")}


def test_channels_keep_to_what_the_person_wants_to_hear_and_the_journal_says_so(
    tmp_path: Path,
) -> None:
    forwarded = Forwarded(
        tmp_path, '[[channels]]\nname = "mail"\nurl_env = "MEMTRAY_TEST_NOWHERE"\n'
    )
    monitor = impatient()
    night = Quiet(in_quiet_hours=True)
    forwarded.tick(monitor.judge_frame(frame(0, used_share=0.8), night))
    (held,) = forwarded.records
    assert (held.kind, held.data["outcome"], held.data["channel"]) == ("channel", "held", "mail")
    assert held.data["reason"] == "quiet hours are on"
    forwarded.tick(monitor.judge_frame(frame(1, used_share=0.8), Quiet()))
    kept = [each for each in forwarded.records if each.data["outcome"] == "queued"]
    assert [each.data["transition"] for each in kept] == ["raised"]
    forwarded.tick(monitor.judge_frame(frame(2, used_share=0.5), Quiet()))
    forwarded.forwarding.stop()
    kept = [each for each in forwarded.records if each.data["outcome"] == "queued"]
    assert [each.data["transition"] for each in kept] == ["raised", "resolved"]


def test_an_action_that_is_added_to_an_open_incident_runs_at_once(tmp_path: Path) -> None:
    """Also where it is the first of all actions; none does so when Memtray starts."""
    target = '[[targets]]\nname = "app"\nmatch = "no such program"\n'
    forwarded = Forwarded(tmp_path, target)
    quiet = shortage(0, 0.5, impatient())
    incident = Incident(
        key="limit:app", subject="app", level=Level.EMERGENCY, title="", body="",
        since_wall_seconds=0.0,
    )  # fmt: skip
    outcome = replace(quiet, view=replace(quiet.view, incidents=(incident,)))
    forwarded.tick(outcome)
    assert forwarded.events == []
    forwarded.file.write_text(target + 'on_emergency = ["snapshot"]\n')
    forwarded.settings_file = SettingsFile(forwarded.file)
    forwarded.tick(outcome)
    wait_until(lambda: len(forwarded.events) == 2, what="the snapshot")
    forwarded.tick(outcome)
    forwarded.forwarding.stop()
    assert [event.data["outcome"] for event in forwarded.events] == ["begun", "done"]
    again = Forwarded(tmp_path, forwarded.file.read_text())
    again.tick(outcome)
    again.forwarding.stop()
    assert again.events == []


EVENTS = """
[[hooks]]
name = "note"
command = {command}
events = ["run_end", "cleanup", "snapshot", "action", "target_start", "target_end"]
target = "app"
"""


def test_hooks_hear_of_runs_cleanups_snapshots_actions_and_of_nothing_else(tmp_path: Path) -> None:
    script = (
        "import json, os, sys; told = json.load(sys.stdin);"
        "assert os.environ['MEMTRAY_EVENT'] == told['event'];"
        "open(sys.argv[1], 'a').write(told['event'] + ' ' + told['title'] + chr(10))"
    )
    hooked = tmp_path / "hooked"
    command = json.dumps([sys.executable, "-c", script, str(hooked)])
    forwarded = Forwarded(tmp_path, EVENTS.format(command=command))
    rule = TargetRule(name="app", match="app", limit_bytes=MIB)
    monitor = Monitor(MonitorRules(targets=(rule,), policy=AlertPolicy(sustain_seconds=0)))

    def noted(*lines: str) -> None:
        wait_until(
            lambda: hooked.exists() and sorted(hooked.read_text().splitlines()) == sorted(lines),
            what="the hooks",
        )

    def tick(second: float, *samples: TargetSample) -> None:
        forwarded.tick(monitor.judge_frame(frame(second, *samples), Quiet()))

    tick(0)
    tick(1, target("app", 100))
    lines = ["target_start app started"]
    noted(*lines)
    tick(61, target("app", 120))
    tick(62)
    lines += [
        "run_end A run of app ended after 1 min 1 s; its peak was 120 MiB.",
        "target_end app exited",
    ]
    noted(*lines)
    for kind, text in (("cleanup", "freed"), ("action", "restarted"), ("snapshot", "kept")):
        forwarded.forwarding.on_event(
            Event(wall_seconds=5.0, kind=kind, subject="app", text=text, data={"freed_bytes": 7})
        )
        lines.append(f"{kind} {text}")
    noted(*lines)
    for kind, subject in (("task", "app"), ("hook", "app"), ("cleanup", "other")):
        forwarded.forwarding.on_event(Event(wall_seconds=6.0, kind=kind, subject=subject))
    noted(*lines)
    forwarded.forwarding.stop()


LISTENER = """
import pathlib, sys, trayapp.probe
def note(alert):
    with open(sys.argv[2], "a") as file:
        print(alert["level"], alert["phase"], alert["kind"], bool(alert["title"]), file=file)
trayapp.probe.on_alert("critical", note)
trayapp.probe.start(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_program_hears_of_alerts_about_itself(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    forwarded = Forwarded(tmp_path, "")
    rule = TargetRule(name="app", match="app", limit_bytes=100 * MIB)
    policy = AlertPolicy(sustain_seconds=0, recovery_seconds=0)
    monitor = Monitor(MonitorRules(targets=(rule,), policy=policy))
    with other_process(LISTENER, str(tmp_path), str(heard)) as process:
        key = ProcessKey(process.pid, read_started("/proc", process.pid))

        def tick(second: float, size_mib: int) -> None:
            sample = TargetSample(name="app", readings=((key, MemoryReading(size_mib * MIB)),))
            forwarded.tick(monitor.judge_frame(frame(second, sample), Quiet()))

        tick(0, 50)
        tick(1, 200)
        wait_until(lambda: heard.exists() and heard.read_text() != "", what="the alert")
        tick(2, 50)
        wait_until(lambda: len(heard.read_text().splitlines()) == 2, what="the end of it")
    active, resolved = (line.split(" ") for line in heard.read_text().splitlines())
    assert active[1:] == ["active", "limit", "True"]
    assert resolved[1:] == ["resolved", "limit", "True"]
    forwarded.forwarding.stop()


def test_what_ran_before_has_not_started_and_another_run_ends_one() -> None:
    watch = RunWatch()

    def kinds(*targets: TargetView) -> list[str]:
        return [event.kind for event in watch.update(targets, 1000.0)]

    first, second = (
        TargetView(name="app", pids=(pid,), keys=(ProcessKey(pid, pid),), rss_bytes=MIB)
        for pid in (1, 2)
    )
    assert kinds(first) == []
    assert kinds(first) == []
    assert kinds(second) == ["run_end", "target_end", "target_start"]
    assert kinds() == [], "not tracked any more"
    assert kinds(second) == []


def test_settings_that_change_are_followed(tmp_path: Path) -> None:
    forwarded = Forwarded(tmp_path, "")
    monitor = impatient()
    forwarded.tick(shortage(0, 0.8, monitor))
    assert not forwarded.paths.alerts_file.exists()
    forwarded.file.write_text("[delivery]\njson_lines = true\n")
    wait_until(forwarded.settings_file.poll, what="the new settings")
    forwarded.tick(shortage(1, 0.5, monitor))
    assert forwarded.paths.alerts_file.read_text().count("\n") == 1
    forwarded.forwarding.stop()


def test_nothing_is_loaded_that_nobody_asked_for() -> None:
    program = (
        "import sys, trayapp.applet.app; "
        "print([name for name in sys.modules if name.startswith('trayapp.delivery.')"
        " or name.startswith(('trayapp.applet.automatic_actions', 'trayapp.domain.acting.actions',"
        " 'trayapp.guard'))"
        " or name in ('trayapp.cleanup.probes', 'trayapp.control.client')])"
    )
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    for name in ("hooks", "remote", "json_lines", "journal", "spool", "actions", "guard", "probes"):
        assert f".{name}'" not in printed
    assert ".client'" not in printed
