"""Transitions reach what the settings name, and nothing else is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.desktop.desktop import wait_until
from tests.domain.building import frame
from trayapp.cleanups import Cleanups
from trayapp.domain.incidents import AlertPolicy, Quiet
from trayapp.domain.monitor import Monitor, MonitorRules, Outcome
from trayapp.domain.records import Event
from trayapp.forwarding import Forwarding
from trayapp.paths import Paths
from trayapp.platforms import current_platform
from trayapp.sampling import Sampler
from trayapp.settings import SettingsFile


class Forwarded:
    """Forwarding by real settings."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.paths = Paths(config=folder, data=folder, runtime=folder)
        self.file = folder / "memtray.toml"
        self.file.write_text(settings)
        self.settings_file = SettingsFile(self.file)
        self.events: list[Event] = []
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
        )

    def tick(self, outcome: Outcome) -> None:
        self.forwarding.look()
        self.forwarding.pass_on(outcome)


def shortage(second: float, used_share: float, monitor: Monitor) -> Outcome:
    return monitor.fold(frame(second, used_share=used_share), Quiet())


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
        "import sys, trayapp.app; "
        "print([name for name in sys.modules if name.startswith('trayapp.delivery.')"
        " or name.startswith(('trayapp.actions', 'trayapp.domain.actions', 'trayapp.guard'))"
        " or name in ('trayapp.cleanup.probes', 'trayapp.control.client')])"
    )
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    for name in ("hooks", "outbox", "jsonlines", "journal", "spool", "actions", "guard", "probes"):
        assert f".{name}'" not in printed
    assert ".client'" not in printed
