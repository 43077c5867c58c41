"""The commands, run as a person or a script runs them, against a real applet without a tray."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from trayapp.paths import find_paths

REPOSITORY = Path(__file__).parents[2]
SETTINGS = """
[sampling]
interval = "0.2s"
[growth]
early = true
hold = "2s"
minimum = 0
[[targets]]
name = "eater"
match = "memory_eater"
"""
EATER = """
import time
keep = []
while True:
    keep.append(bytearray(100_000))
    time.sleep(0.05)
"""


class Memtray:
    """One user's Memtray."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "WAYLAND_DISPLAY")
        self.env = {name: value for name, value in os.environ.items() if name not in kept}
        self.env["MEMTRAY_HOME"] = str(home)
        home.mkdir(exist_ok=True)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "trayapp", *arguments],
            env=self.env,
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "trayapp", *arguments],
            env=self.env,
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: self.answers() or process.poll() is not None, what="first sample")
        return process

    def answers(self) -> bool:
        done = self.run("status", "--json")
        return done.returncode == 0 and json.loads(done.stdout)["system"] is not None

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def one_line_error(self, *arguments: str) -> tuple[int, str]:
        done = self.run(*arguments)
        lines = done.stderr.splitlines()
        assert len(lines) == 1, done.stderr
        assert "Traceback" not in done.stderr
        return done.returncode, lines[0]


@pytest.fixture
def memtray(tmp_path: Path) -> Memtray:
    return Memtray(tmp_path / "home")


@pytest.fixture
def running(memtray: Memtray) -> Iterator[Memtray]:
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    process = memtray.start("start", "--headless")
    yield memtray
    process.terminate()
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert output


@pytest.fixture
def eater(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    program = tmp_path / "memory_eater.py"
    program.write_text(EATER)
    process = subprocess.Popen([sys.executable, str(program)])
    yield process
    process.kill()
    process.wait()


def test_without_a_display_it_says_so_in_one_line_and_runs_in_the_terminal(
    memtray: Memtray,
) -> None:
    process = memtray.start()
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    first = output.splitlines()[0]
    assert first.startswith("No tray icon: ")
    assert first.endswith("session. Running in the terminal; press Ctrl-C to quit.")
    assert "Memory " in output
    assert "Traceback" not in errors


def test_every_verb_has_help(memtray: Memtray) -> None:
    verbs = ["start", "status", "health", "cleanup", "trends", "statistics", "snapshot", "pause"]
    verbs += ["resume", "alerts", "settings", "doctor", "autostart", "record", "analyze", "export"]
    verbs += ["report"]
    verbs += ["quit"]
    for verb in verbs:
        done = memtray.run(verb, "--help")
        assert done.returncode == 0
        assert f"memtray {verb}" in done.stdout


@pytest.mark.parametrize(
    "arguments", [["status"], ["cleanup"], ["pause"], ["quit"], ["alerts", "off"], ["snapshot"]]
)
def test_what_needs_the_applet_exits_3_without_it(memtray: Memtray, arguments: list[str]) -> None:
    code, line = memtray.one_line_error(*arguments)
    assert code == 3
    assert "not running" in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[sampling]\nintervall = 1", "interval"),
        ("[sampling]\ninterval = 100", '"0.2s" to "30s"'),
        ("[sampling]\ninterval = true", "interval"),
        ('[[targets]]\nname = "a"\nregex = "("', "regex"),
        ("[sampling", "not valid TOML"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_one_line(
    memtray: Memtray, text: str, expected: str
) -> None:
    (memtray.home / "memtray.toml").write_text(text)
    code, line = memtray.one_line_error("start", "--headless")
    assert code == 2
    assert "memtray.toml" in line
    assert expected in line


def test_the_first_start_writes_a_settings_file_with_comments(memtray: Memtray) -> None:
    process = memtray.start("start", "--headless")
    process.terminate()
    process.communicate(timeout=10)
    text = (memtray.home / "memtray.toml").read_text()
    assert "# interval" in text
    assert "[[targets]]" in text


def test_an_interval_out_of_range_is_refused(memtray: Memtray) -> None:
    assert memtray.one_line_error("start", "--interval", "60s")[0] == 2


def test_another_settings_file_can_be_named(memtray: Memtray, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(SETTINGS)
    process = memtray.start("start", "--headless", "--config", str(other))
    assert [target["name"] for target in memtray.json("status")["targets"]] == ["eater"]
    process.terminate()
    process.communicate(timeout=10)
    assert not (memtray.home / "memtray.toml").exists()


def test_status_agrees_with_proc(running: Memtray, eater: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: running.json("status")["targets"][0]["pids"], what="target")
    target = running.json("status")["targets"][0]
    pages = int(Path(f"/proc/{eater.pid}/statm").read_text().split()[1])
    real = pages * os.sysconf("SC_PAGE_SIZE")
    assert target["pids"] == [eater.pid]
    # It eats 2 MB/s, and a command takes a while.
    assert abs(target["rss_bytes"] - real) < 0.05 * real + 2_000_000
    told = running.run("status").stdout
    assert f"pid {eater.pid}" in told
    assert "Memtray itself" in told


def test_a_restarted_target_is_followed_and_counted(
    running: Memtray, eater: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    wait_until(lambda: running.json("status")["targets"][0]["pids"], what="target")
    eater.kill()
    eater.wait()
    wait_until(lambda: running.json("status")["targets"][0]["verdict"] == "gone", what="its end")
    again = subprocess.Popen([sys.executable, str(tmp_path / "memory_eater.py")])
    try:
        wait_until(
            lambda: running.json("status")["targets"][0]["pids"] == [again.pid], what="restart"
        )
        assert running.json("status")["targets"][0]["restart_count"] == 1
    finally:
        again.kill()
        again.wait()


def test_growth_is_told_in_terminal_log_and_alert_log(
    running: Memtray, eater: subprocess.Popen[bytes]
) -> None:
    wait_until(lambda: running.json("status")["incidents"], timeout=30, what="incident")
    wait_until((running.home / "memtray.log").exists, what="log")
    assert "eater keeps growing" in (running.home / "memtray.log").read_text()
    wait_until(lambda: running.json("alerts", "log"), what="alert log")
    first = running.json("alerts", "log")[0]
    assert (first["title"], first["what"]) == ("eater keeps growing", "raised")
    assert "eater keeps growing: raised" in running.run("alerts", "log").stdout
    assert eater.poll() is None
    code, told = running.one_line_error("alerts", "ack", "growth:eatre")
    assert code == 2
    assert "growth:eater" in told
    assert "eater keeps growing" in running.run("alerts", "acknowledge", "growth:eat").stdout
    wait_until(
        lambda: running.json("status")["incidents"][0]["acknowledged"], what="acknowledgement"
    )
    assert "eater keeps growing" in running.run("alerts", "resolve", "growth:eater").stdout
    wait_until(
        lambda: "growth:eater" not in [each["key"] for each in running.json("status")["incidents"]],
        what="its end",
    )
    by_hand = "eater keeps growing: resolved (marked as resolved)"
    wait_until(lambda: by_hand in running.run("alerts", "log").stdout, what="the journal")


def test_pause_and_resume(running: Memtray) -> None:
    assert running.run("pause").returncode == 0
    assert running.json("status")["paused"]
    count = running.json("status")["sample_count"]
    assert running.json("status")["sample_count"] == count
    running.run("resume")
    wait_until(lambda: running.json("status")["sample_count"] > count, what="next sample")


def test_alerts_are_switched_and_snoozed(running: Memtray) -> None:
    assert "off" in running.run("alerts", "off").stdout
    assert running.json("alerts", "on")["alerts"] == {
        "off": False,
        "snoozed_until": None,
        "snoozed_targets": {},
    }
    until = running.json("alerts", "snooze", "1h")["alerts"]["snoozed_until"]
    assert abs(until - time.time() - 3600) < 10
    assert "eater" in running.run("alerts", "snooze", "15min", "eater").stdout
    assert running.one_line_error("alerts", "snooze", "15min", "eatre") == (
        2,
        "memtray: No tracked program is called 'eatre'. Did you mean 'eater'?",
    )
    assert running.one_line_error("alerts", "snooze")[0] == 2


def test_snoozes_outlive_a_restart(memtray: Memtray) -> None:
    for _ in range(2):
        process = memtray.start("start", "--headless")
        found = memtray.json("status")["alerts"]["snoozed_until"]
        memtray.run("alerts", "snooze", "1h")
        process.terminate()
        process.communicate(timeout=10)
    assert found is not None


def test_cleanup_reports_what_was_measured(
    running: Memtray, eater: subprocess.Popen[bytes]
) -> None:
    (result,) = running.json("cleanup")["results"]
    assert result["subject"] == "memtray"
    assert result["freed_bytes"] == result["before_bytes"] - result["after_bytes"]
    wait_until(lambda: running.json("status")["targets"][0]["pids"], what="target")
    told = running.run("cleanup", "eater").stdout
    assert told.startswith("eater: ")
    subjects = [result["subject"] for result in running.json("cleanup", "--all")["results"]]
    assert subjects == ["memtray", "eater"]
    assert running.one_line_error("cleanup", "eatre")[0] == 2
    assert eater.poll() is None


def test_a_snapshot_is_a_private_file_with_every_process(
    running: Memtray, eater: subprocess.Popen[bytes]
) -> None:
    wait_until(lambda: running.json("status")["targets"][0]["pids"], what="target")
    file = Path(running.json("snapshot")["file"])
    assert file.stat().st_mode & 0o077 == 0
    kept = json.loads(file.read_text())
    assert eater.pid in [process["pid"] for process in kept["processes"]]
    assert kept["system"]["total_bytes"] > 0
    assert running.json("snapshot")["file"] != str(file)


def test_statistics_are_told_where_no_window_can_be(running: Memtray) -> None:
    told = running.run("statistics")
    assert told.returncode == 0
    assert "Samples" in told.stdout
    assert "Private memory" in told.stdout
    assert [row[0] for row in running.json("statistics")["rows"] if "Samples" in row] == ["Samples"]
    assert "instead of opening a window" in running.run("statistics", "--help").stdout


def test_a_change_of_language_is_followed_while_running(running: Memtray) -> None:
    def first_label() -> str:
        return str(running.json("statistics")["rows"][1][0])

    file, english = running.home / "memtray.toml", first_label()
    file.write_text(f'{SETTINGS}[ui]\nlanguage = "de"\n')
    wait_until(lambda: first_label() != english, what="German")
    file.write_text(SETTINGS)
    wait_until(lambda: first_label() == english, what="English again")


def test_quit_ends_it(memtray: Memtray) -> None:
    process = memtray.start("start", "--headless")
    assert memtray.run("quit").returncode == 0
    process.communicate(timeout=10)
    assert process.returncode == 0
    assert memtray.run("status").returncode == 3


def test_killed_it_loses_no_more_than_ten_seconds_and_starts_again(memtray: Memtray) -> None:
    (memtray.home / "memtray.toml").write_text(SETTINGS)
    process = memtray.start("start", "--headless")
    with sqlite3.connect(f"file:{memtray.home}/history.sqlite3?mode=ro", uri=True) as store:
        wait_until(
            lambda: store.execute("SELECT count(*) FROM raw").fetchone()[0],
            timeout=20,
            what="written samples",
        )
    store.close()
    process.kill()
    process.communicate(timeout=10)
    killed_at = time.time()
    with sqlite3.connect(f"file:{memtray.home}/history.sqlite3?mode=ro", uri=True) as store:
        ((newest,),) = store.execute("SELECT max(t_ms) FROM raw").fetchall()
    store.close()
    assert killed_at - newest / 1000 <= 10
    again = memtray.start("start", "--headless")
    assert memtray.json("status")["problems"] == []
    again.terminate()
    again.communicate(timeout=10)


def test_health_needs_no_applet_and_exits_by_level(memtray: Memtray) -> None:
    assert memtray.run("health").returncode in (0, 1, 2)
    for warning, critical, code in ((98, 99, 0), (1, 99, 1), (1, 1.1, 2)):
        settings = (
            f"warning_percent = {warning}\ncritical_percent = {critical}\n"
            "emergency_percent = 100\nrearm_percent = 0.5"
        )
        (memtray.home / "memtray.toml").write_text(f"[alerts]\n{settings}\n")
        done = memtray.run("health", "--json")
        assert done.returncode == code, done
        assert json.loads(done.stdout)["system"]["available_bytes"] > 0


def test_doctor_looks_at_everything(memtray: Memtray) -> None:
    checks = {check["check"]: check for check in json.loads(memtray.run("doctor", "--json").stdout)}
    assert checks["packages"]["result"] == "good"
    assert checks["tray"]["result"] == "note"
    assert checks["applet"]["text"] == "not running"
    assert checks["targets"]["text"] == "no tracked programs yet"
    settings = memtray.home / "memtray.toml"
    settings.write_text(
        '[[channels]]\nname = "mail"\nurl = "mailto://me:secret@127.0.0.1?from=a@b.org&to=c@d.org"\n'
        '[[channels]]\nname = "chat"\nurl = "nonsense://me:secret@127.0.0.1"\n'
        '[[hooks]]\nname = "lamp"\ncommand = ["no-such-lamp"]\n'
    )
    settings.chmod(0o600)
    told = memtray.run("doctor").stdout
    assert "mail is set up" in told
    assert "✗ channels: chat: Apprise does not know this kind of address" in told
    assert "✗ channels: lamp: program not found: no-such-lamp" in told
    assert "secret" not in told
    settings.write_text('sampling.interval = 99\nicon.shows = "nobody"\nui.lang = "de"\n')
    lines = memtray.run("doctor").stdout.splitlines()
    assert len([line for line in lines if line.startswith("✗ settings: ")]) == 3
    settings.write_text("[sampling")
    broken = memtray.run("doctor")
    assert broken.returncode == 1
    assert "✗ settings" in broken.stdout


def test_doctor_judges_the_running_applet_not_its_shell(memtray: Memtray) -> None:
    settings = memtray.home / "memtray.toml"
    settings.write_text(
        '[[channels]]\nname = "chat"\nurl_env = "CHAT_ADDRESS"\n'
        '[[hooks]]\nname = "lamp"\ncommand = ["true"]\n'
    )
    settings.chmod(0o600)
    memtray.env["CHAT_ADDRESS"] = "json://127.0.0.1:9/secret"
    applet = memtray.start("start", "--headless")
    del memtray.env["CHAT_ADDRESS"]
    memtray.env |= {"DISPLAY": ":77", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    try:
        checks = json.loads(memtray.run("doctor", "--json").stdout)
    finally:
        applet.terminate()
        applet.communicate(timeout=10)
    told = {check["check"]: check["text"] for check in checks}
    assert told["display"].startswith(("no display", "no D-Bus"))
    texts = " ".join(check["text"] for check in checks)
    assert "in a different environment than this shell: DISPLAY – (:77)" in texts
    assert "CHAT_ADDRESS is set in Memtray's environment" in texts
    assert "Memtray runs as user" in told["rights"]
    assert "headless" in told["tray"]
    assert "secret" not in texts


def test_status_lists_applications_too(running: Memtray) -> None:
    def lines() -> list[str]:
        found = running.run("status").stdout.splitlines()
        return found if "Applications that are not tracked:" in found else []

    told = wait_until(lines, what="applications")
    first = told[told.index("Applications that are not tracked:") + 1]
    assert re.match(r"  .+: ≈?[0-9.]+ [KMG]iB .*\([0-9]+ process(es)?\)", first)


def test_trends_of_an_application_say_why_there_are_none(running: Memtray, tmp_path: Path) -> None:
    picture = tmp_path / "trends.png"

    def refusal() -> tuple[str, subprocess.CompletedProcess[str]] | None:
        """Of the smallest; programs of this machine end at any moment."""
        known = json.loads(running.run("status", "--json").stdout)["applications"]
        if not known:
            return None
        done = running.run("trends", known[-1]["name"], "--save", str(picture))
        return (known[-1]["name"], done) if "too small" in done.stderr else None

    found = wait_until(refusal, what="a small application")
    assert found is not None
    name, refused = found
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "is not tracked, and too small for its history" in refused.stderr
    # Without a display there is no window either, but the reason comes first.
    shown = running.run("trends", name)
    assert "too small for its history" in shown.stderr
    assert running.run("trends", "no-such-thing").returncode == 2


def test_autostart_goes_on_and_off(memtray: Memtray, tmp_path: Path) -> None:
    memtray.env |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert "off" in memtray.run("autostart", "status").stdout
    assert "on" in memtray.run("autostart", "on").stdout
    assert "on" in memtray.run("autostart", "status").stdout
    assert "off" in memtray.run("autostart", "off").stdout


def test_trends_are_saved_without_a_display(running: Memtray, tmp_path: Path) -> None:
    wait_until(
        lambda: running.run("trends", "--save", str(tmp_path / "a.png")).returncode == 0,
        timeout=40,
        what="picture",
    )
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    code, line = running.one_line_error("trends", "--save", str(tmp_path / "a.gif"))
    assert code != 0
    assert "png" in line
    assert running.one_line_error("trends", "nobody", "--save", str(tmp_path / "b.png"))[0] == 2


def test_a_recording_is_made_analyzed_and_drawn(memtray: Memtray, tmp_path: Path) -> None:
    """From a command to a verdict and a picture, with the three verbs alone."""
    program = tmp_path / "memory_eater.py"
    program.write_text(EATER)
    for ending in ("memrec", "csv"):
        file = tmp_path / f"recording.{ending}"
        options = ("--interval", "20ms", "--for", "7s", "-o", str(file), "--json")
        done = memtray.run("record", *options, "--", sys.executable, str(program))
        assert json.loads(done.stdout)["samples"] > 50, done.stderr
        judged = memtray.run("analyze", str(file), "--json")
        assert judged.returncode == 4
        (series,) = json.loads(judged.stdout)
        # Seven seconds are the start of a program, and no reason to call it anything.
        assert series["verdict"] == "not enough to judge"
        assert series["first_alert_s"] is None
        picture = tmp_path / f"{ending}.svg"
        assert memtray.run("trends", str(file), "--save", str(picture)).returncode == 0
        assert picture.stat().st_size > 1000
    code, line = memtray.one_line_error("record", "-o", str(tmp_path / "x.csv"))
    assert code == 2
    assert "--pid" in line
    assert memtray.one_line_error("analyze", str(program))[0] == 2


def test_the_files_of_two_users_do_not_meet(tmp_path: Path) -> None:
    paths = find_paths({"HOME": "/home/a", "XDG_RUNTIME_DIR": "/run/user/1"}, "linux")
    assert paths.settings_file == Path("/home/a/.config/memtray/memtray.toml")
    assert paths.runtime == Path("/run/user/1/memtray")
    assert find_paths({"MEMTRAY_HOME": str(tmp_path)}, "darwin").history_file.parent == tmp_path
    windows = find_paths({"APPDATA": "/r", "LOCALAPPDATA": "/l", "HOME": "/h"}, "win32")
    assert windows.config == Path("/r/Memtray")
    assert windows.data == Path("/l/Memtray")
    relative = find_paths({"HOME": "/h", "XDG_CONFIG_HOME": "relative"}, "linux")
    assert relative.config == Path("/h/.config/memtray")


def test_a_report_for_machines_and_for_people(running: Memtray) -> None:
    """Of a few samples; with the limit that the settings tell."""
    wait_until(lambda: running.run("report", "--json").returncode == 0, what="first sample on disk")
    told = running.json("report")
    assert [one["name"] for one in told["targets"]] in ([], ["eater"])
    assert told["facts"]["System"]
    page = running.home / "page.html"
    done = running.run("report", "--private", "--since", "1h", "-o", str(page))
    assert (done.returncode, done.stdout) == (0, f"Report written to {page}\n")
    assert "are left out" in page.read_text()


@pytest.mark.parametrize("verb", ["export", "report"])
def test_without_a_display_a_file_has_to_be_named(memtray: Memtray, verb: str) -> None:
    code, line = memtray.one_line_error(verb)
    assert code == 1
    assert line.startswith("memtray: ")
    assert line.endswith("give a file with -o FILE")
