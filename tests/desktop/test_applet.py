"""The whole applet on a real desktop: what a person sees, clicks and is told."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.applet import REPOSITORY, Applet
from tests.desktop.desktop import VirtualDesktop, wait_until

pytestmark = pytest.mark.desktop

LEAK = """
import time
keep = []
while True:
    keep.append(bytearray(20_000))
    time.sleep(0.1)
"""
SETTINGS = """
# mine
[sampling]
interval = "1s"
[icon]
span = "20s"
[growth]
early = true
hold = "10s"
minimum = "1MiB"
[[targets]]
name = "leaky"
match = "leaky_program"
"""


LEAKY, OWN = re.compile(r".*  leaky\b"), re.compile(".*  Memtray  ")
"""Rows of the menu, whose names stand behind the figures."""


@pytest.fixture
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(notifier="xfce4-notifyd") as desktop:
        yield desktop


@pytest.fixture
def applet(desktop: VirtualDesktop, tmp_path: Path) -> Applet:
    # This test's program, whatever other tests run at the same time.
    return Applet(desktop, tmp_path / "home", settings_of(tmp_path))


def settings_of(tmp_path: Path) -> str:
    """The settings, for the program that this test starts."""
    return SETTINGS.replace("leaky_", f"{tmp_path}/leaky_")


def leak(desktop: VirtualDesktop, tmp_path: Path) -> subprocess.Popen[bytes]:
    """A real program that keeps 200 KB more every second."""
    program = tmp_path / "leaky_program.py"
    program.write_text(LEAK)
    return desktop.launch(sys.executable, str(program))


def is_acknowledged(applet: Applet) -> bool:
    """Whether it is known that the program grows; other incidents may be about other tests."""
    return any(
        incident["acknowledged"]
        for incident in applet.status()["incidents"]
        if incident["key"] == "growth:leaky"
    )


def rss_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_a_leaking_program_is_in_menu_status_notification_and_trends(
    desktop: VirtualDesktop, applet: Applet, tmp_path: Path
) -> None:
    """The whole promise in one story, at the default rules but for growth reported at once."""
    applet.start()
    icon = desktop.find_tray_icon()
    assert any(label == "leaky – not running" for label in applet.labels())
    program = leak(desktop, tmp_path)
    started = time.monotonic()
    wait_until(lambda: applet.target("leaky")["pids"] == [program.pid], what="target in status")
    assert any("  leaky" in label and "MiB" in label for label in applet.labels())
    assert time.monotonic() - started < 4

    (told,) = [
        note for note in wait_until(desktop.notifications, timeout=60) if "leaky" in note.title
    ]
    assert told.title == "leaky keeps growing"
    assert told.urgency == "normal"
    assert list(told.actions) == ["end", "trends", "snooze", "acknowledge"]
    assert re.match(r"\+.* MiB in .*\(.*/s\), now .* MiB\.", told.body)
    target = applet.target("leaky")
    assert target["verdict"] == "growing"
    assert abs(target["rss_bytes"] - rss_bytes(program.pid)) < 0.05 * rss_bytes(program.pid)
    assert 150_000 < target["slope_bytes_per_second"] < 250_000
    assert "leaky keeps growing" in applet.labels()  # beside a picture of its level

    desktop.click(*icon.center)
    desktop.find_window("Memtray.*Trends", timeout=60)

    program.kill()
    program.wait()
    over = wait_until(
        lambda: [note for note in desktop.notifications() if note.replaces == told.id],
        timeout=60,
        what="the end, in place of the banner",
    )[-1]
    assert (over.title, over.urgency) == ("Resolved: leaky keeps growing", "low")
    assert over.body.startswith("leaky is no longer running. Duration: ")
    assert applet.stop() == 0
    assert wait_until(lambda: desktop.tray_box() is None, what="empty tray")


def test_every_entry_of_the_menu_does_its_work(
    desktop: VirtualDesktop, applet: Applet, tmp_path: Path
) -> None:
    opened = tmp_path / "opened"
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {opened}\n')
    opener.chmod(0o755)
    applet.env["PATH"] = f"{opener.parent}:{applet.env['PATH']}"
    program = leak(desktop, tmp_path)
    applet.start()

    applet.click("Trends…")
    desktop.find_window("Memtray.*Trends", timeout=60)
    desktop.press("q")
    applet.click("Trends…", submenu=LEAKY)
    desktop.find_window("Memtray.*Trends", timeout=60)
    desktop.press("q")
    # The same kind of window for what is tracked and for what is not.
    applet.click("Details…", submenu=LEAKY)
    desktop.find_window("Memtray.*leaky", timeout=60)
    desktop.press("Escape")
    applet.click("Table…")
    desktop.find_window("Memtray.*Table", timeout=60)
    desktop.press("Escape")
    applet.click("About Memtray…")
    desktop.find_window("About Memtray", timeout=60)
    desktop.press("Escape")
    applet.click("Compact view…", submenu="More")
    desktop.find_window("Memtray.*Compact", timeout=60)
    desktop.press("Left")
    place = applet.home / "windows" / "compact.json"
    wait_until(place.exists, what="place of the compact view")
    applet.click("Reset window positions", submenu="More")
    wait_until(lambda: not place.exists(), what="no place")
    desktop.press("Escape")
    applet.click("Statistics…", submenu="More")
    desktop.find_window("Memtray.*Statistics", timeout=60)
    desktop.press("Escape")

    applet.click("Pause")
    wait_until(lambda: applet.status()["paused"], what="pause")
    count = applet.status()["sample_count"]
    assert "Resume" in applet.labels()
    applet.click("Resume")
    wait_until(lambda: applet.status()["sample_count"] > count, what="next sample")

    applet.click("Take a snapshot", submenu="More")
    (snapshot,) = wait_until(
        lambda: list((applet.home / "snapshots").glob("*.json")), what="snapshot"
    )
    assert program.pid in [
        process["pid"] for process in json.loads(snapshot.read_text())["processes"]
    ]

    for label, row, text in (
        ("Free memory", OWN, "memtray: "),
        ("Free memory of", "More", "leaky"),
    ):
        before = len(desktop.notifications())
        applet.click(label, submenu=row)

        def is_told(text: str = text, before: int = before) -> bool:
            # That it grows may be told at the same time.
            return any(text in note.body for note in desktop.notifications()[before:])

        wait_until(is_told, what=f"result of {label}")

    for label, key in (("Snooze for 15", 900), ("Snooze for 1 h", 3600)):
        applet.click(label, submenu="Alerts")
        wait_until(
            lambda key=key: (
                abs(  # type: ignore[misc]
                    (applet.status()["alerts"]["snoozed_until"] or 0) - time.time() - key
                )
                < 10
            ),
            what=label,
        )
    applet.click("Off", submenu="Alerts")
    wait_until(lambda: applet.status()["alerts"]["off"], what="alerts off")
    assert [line.label for line in applet.menu() if line.toggled] == ["Off"]
    applet.click("On", submenu="Alerts")
    wait_until(lambda: not applet.status()["alerts"]["off"], what="alerts on")

    # One that stays, such as no window of the test before does, and is not overtaken in size.
    large = desktop.launch(
        sys.executable, "-c", "kept = b'x' * 400_000_000; import time; time.sleep(600)"
    )
    wait_until(lambda: rss_bytes(large.pid) > 400_000_000, what="a large process")
    row = f"(pid {large.pid})"
    wait_until(lambda: any(row in label for label in applet.labels()), what="its row")
    told_before = len(desktop.notifications())
    applet.click(re.compile(rf".*\(pid {large.pid}\)"), submenu="Track a process…")
    wait_until(lambda: len(applet.status()["targets"]) > 1, what="target")
    wait_until(
        lambda: any("is tracked" in note.body for note in desktop.notifications()[told_before:]),
        what="answer",
    )
    assert applet.status()["targets"][1]["pids"] == [large.pid]
    assert (applet.home / "memtray.toml").read_text().startswith(settings_of(tmp_path))

    applet.click("Settings…")
    window = desktop.find_window("Memtray .* Settings", timeout=60)

    def open_the_file() -> bool:
        # The button stands left of "Close", and is there some time after the window.
        desktop.click(window.x + window.width - 140, window.y + window.height - 25)
        return opened.exists()

    wait_until(open_the_file, timeout=60, what="editor")
    desktop.press("ctrl+w")
    wait_until(lambda: opened.read_text() == str(applet.home / "memtray.toml"), what="its file")

    applet.click("Start at login", submenu="More")
    wait_until(lambda: "on" in applet.command("autostart", "status").stdout, what="autostart")
    wait_until(
        lambda: any(line.toggled and line.label == "Start at login" for line in applet.menu()),
        what="check mark",
    )
    applet.click("Start at login", submenu="More")
    wait_until(lambda: "off" in applet.command("autostart", "status").stdout, what="no autostart")

    assert applet.process is not None
    applet.click("Quit")
    assert applet.process.wait(10) == 0
    assert wait_until(lambda: desktop.tray_box() is None, what="empty tray")


def test_a_window_that_has_nothing_to_show_says_so(desktop: VirtualDesktop, applet: Applet) -> None:
    applet.start()
    applet.click("Trends…", submenu="leaky – not running")
    (told,) = wait_until(desktop.notifications, timeout=60, what="explanation")
    assert "leaky" in told.body


def test_the_buttons_of_a_banner_do_what_they_say(
    desktop: VirtualDesktop, applet: Applet, tmp_path: Path
) -> None:
    leak(desktop, tmp_path)
    applet.start()
    banner = desktop.window_after(lambda: None, timeout=60)
    # The last two of four buttons along the lower edge.
    row, width = banner.y + banner.height - 30, banner.width // 4
    desktop.click(banner.x + banner.width - width // 2, row)
    wait_until(lambda: is_acknowledged(applet), what="acknowledgement")
    assert any("leaky keeps growing, acknowledged" in label for label in applet.labels())


def test_a_banner_can_be_snoozed(desktop: VirtualDesktop, applet: Applet, tmp_path: Path) -> None:
    leak(desktop, tmp_path)
    applet.start()
    banner = desktop.window_after(lambda: None, timeout=60)
    row, width = banner.y + banner.height - 30, banner.width // 4
    desktop.click(banner.x + banner.width - width - width // 2, row)
    wait_until(lambda: applet.status()["alerts"]["snoozed_targets"], what="snooze")
    assert list(applet.status()["alerts"]["snoozed_targets"]) == ["leaky"]


def test_what_can_be_done_about_an_incident_is_in_its_submenu(
    desktop: VirtualDesktop, applet: Applet, tmp_path: Path
) -> None:
    leak(desktop, tmp_path)
    applet.start()
    title = "leaky keeps growing"
    wait_until(lambda: title in applet.labels(), timeout=60, what="the incident")
    applet.click("Acknowledge", submenu=title)
    wait_until(lambda: is_acknowledged(applet), what="acknowledgement")
    applet.click("Snooze for 1 hour", submenu=f"{title}, acknowledged")
    wait_until(lambda: applet.status()["alerts"]["snoozed_targets"], what="snooze")
    assert list(applet.status()["alerts"]["snoozed_targets"]) == ["growth:leaky"]
    labels = applet.labels()
    assert any("leaky keeps growing" in label and ":" in label for label in labels), labels
    applet.click(re.compile(r".*\d  leaky keeps growing"), submenu="Recent alerts")
    desktop.find_window("Memtray.*leaky", timeout=60)


def test_the_icon_comes_back_when_the_panel_does(desktop: VirtualDesktop, applet: Applet) -> None:
    applet.start()
    desktop.find_tray_icon()
    desktop.stop_tray()
    desktop.start_tray()
    desktop.find_tray_icon()
    assert "Quit Memtray" in applet.labels()


def test_edited_settings_take_effect_within_two_seconds_and_bad_ones_do_not(
    desktop: VirtualDesktop, applet: Applet, tmp_path: Path
) -> None:
    leak(desktop, tmp_path)
    applet.start()
    file = applet.home / "memtray.toml"
    file.write_text(file.read_text().replace('"leaky"', '"renamed"'))
    changed = time.monotonic()
    wait_until(lambda: applet.status()["targets"][0]["name"] == "renamed", what="new name")
    assert time.monotonic() - changed < 3  # two seconds, and the time of a command
    good = file.read_text()
    file.write_text(good.replace("interval =", "intervall ="))
    (problem,) = wait_until(lambda: applet.status()["problems"], what="problem")
    assert "intervall" in problem
    assert "interval" in problem
    assert applet.target("renamed")["pids"]
    file.write_text(good)
    wait_until(lambda: not applet.status()["problems"], what="no problem")


def test_the_icon_takes_another_palette_while_it_runs(
    desktop: VirtualDesktop, applet: Applet
) -> None:
    applet.start()

    def is_coloured() -> bool:
        shown = desktop.screenshot().crop(desktop.find_tray_icon())
        parts = zip(shown.rgb[0::3], shown.rgb[1::3], shown.rgb[2::3], strict=True)
        return any(max(part) - min(part) > 40 for part in parts)

    wait_until(is_coloured, what="colours")
    file = applet.home / "memtray.toml"
    usual = file.read_text()
    file.write_text(usual.replace("[icon]", '[icon]\npalette = "mono"'))
    wait_until(lambda: not is_coloured(), what="no colours")
    file.write_text(usual)
    wait_until(is_coloured, what="colours again")


def test_a_second_start_says_so_and_the_first_goes_on(applet: Applet) -> None:
    applet.start()
    second = applet.command("start")
    assert second.returncode == 3
    assert second.stderr.count("\n") == 1
    assert "already running" in second.stderr
    assert applet.has_sample()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(
    desktop: VirtualDesktop, applet: Applet, number: signal.Signals
) -> None:
    applet.start()
    desktop.find_tray_icon()
    assert applet.process is not None
    applet.process.send_signal(number)
    assert applet.process.wait(10) == 0
    assert wait_until(lambda: desktop.tray_box() is None, what="empty tray")
    assert applet.command("status").returncode == 3


def test_without_a_tray_it_says_so_and_the_icon_appears_when_one_comes(
    desktop: VirtualDesktop, applet: Applet, tmp_path: Path
) -> None:
    desktop.stop_tray()
    output = tmp_path / "output"
    with output.open("wb") as stream:
        command = (sys.executable, "-m", "trayapp")
        applet.process = desktop.launch(*command, env=applet.env, cwd=REPOSITORY, stdout=stream)
        wait_until(applet.has_sample, what="first sample")
        printed = wait_until(output.read_text, what="a line")
        assert "terminal" in printed.splitlines()[0]
        wait_until(lambda: "leaky – not running" in output.read_text(), what="live line")
        desktop.start_tray()
        wait_until(lambda: applet.status()["tray"]["visible"], what="icon")
        assert "Quit Memtray" in applet.labels()
        assert applet.stop() == 0
