"""The settings window, used by keys and clicks while the applet runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.applet import REPOSITORY, Applet
from tests.desktop.desktop import Box, Screenshot, VirtualDesktop, wait_until
from tests.desktop.shots import save_shot
from trayapp.charts.palette import DARK, LIGHT
from trayapp.domain.showing.icon import PANEL_COLORS

pytestmark = pytest.mark.desktop

TITLE = "Memtray .* (Settings|Einstellungen)"
MINE = """\
# My own file.
[sampling]
interval = "2s"   # not too often
adaptive = false

[[targets]]
name = "web"
match = "no such program"
"""
SECONDS = 60


@pytest.fixture(scope="module")
def desktop() -> Iterator[VirtualDesktop]:
    with VirtualDesktop(tray=None, notifier=None) as running:
        yield running


@pytest.fixture
def applet(
    desktop: VirtualDesktop, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Applet]:
    running = Applet(desktop, tmp_path / "home", MINE + getattr(request, "param", ""))
    running.start("--headless")
    yield running
    running.stop()


@pytest.fixture
def window(desktop: VirtualDesktop, applet: Applet) -> Iterator[Box]:
    command = (sys.executable, "-m", "trayapp", "settings", "--light")
    process = desktop.launch(*command, env=applet.env, cwd=REPOSITORY)
    box = desktop.find_window(TITLE, timeout=SECONDS)
    wait_until(lambda: len({*desktop.screenshot().crop(box).rgb}) > 20, SECONDS, "the page")
    at_rest(desktop, box)
    yield box
    desktop.press("ctrl+w")
    assert process.wait(60) == 0


def type_text(desktop: VirtualDesktop, text: str) -> None:
    command = ("xdotool", "type", "--delay", "30", text)
    subprocess.run(command, env=desktop.env, check=True)


def type_in(desktop: VirtualDesktop, text: str) -> None:
    desktop.press("ctrl+a")
    type_text(desktop, text)
    desktop.press("Return")


def at_rest(desktop: VirtualDesktop, part: Box) -> Screenshot:
    """Wait until a part of the screen stays as it is, and return it."""
    shots = [desktop.screenshot().crop(part)]

    def is_at_rest() -> bool:
        shots.append(desktop.screenshot().crop(part))
        return len(shots) > 5 and not any(shots[-1].changed(shot) for shot in shots[-5:-1])

    wait_until(is_at_rest, SECONDS, "the window to rest")
    return shots[-1]


def written(applet: Applet) -> dict[str, Any]:
    return tomllib.loads((applet.home / "memtray.toml").read_text())


def is_red(desktop: VirtualDesktop, window: Box) -> bool:
    """Whether anything in the window has the colour of a refusal."""
    rgb = desktop.screenshot().crop(window).rgb
    wanted = bytes.fromhex(LIGHT.levels[3].removeprefix("#"))
    return any(rgb[at : at + 3] == wanted for at in range(0, len(rgb), 3))


def test_a_value_typed_is_in_force_and_a_bad_one_is_refused(
    desktop: VirtualDesktop, applet: Applet, window: Box, tmp_path: Path
) -> None:
    file = applet.home / "memtray.toml"
    # From the list of sections, which has the focus, to the first field of the third one.
    desktop.press("Down", "Down", "Tab")
    type_in(desktop, "500ms")
    wait_until(lambda: written(applet)["sampling"]["interval"] == "500ms", SECONDS, "the value")
    assert 'interval = "500ms"   # not too often\n' in file.read_text()
    wait_until(lambda: applet.status()["interval_seconds"] == 0.5, SECONDS, "the applet to follow")

    before = file.read_text()
    type_in(desktop, "99s")
    wait_until(lambda: is_red(desktop, window), SECONDS, "the refusal")
    save_shot(desktop, "settings-refused", tmp_path)
    assert file.read_text() == before
    desktop.press("Escape")
    wait_until(lambda: not is_red(desktop, window), SECONDS, "the value as it was")

    # What an editor saves meanwhile stays.
    file.write_text(before.replace("My own file", "Edited meanwhile"))
    type_in(desktop, "1s")
    wait_until(lambda: written(applet)["sampling"]["interval"] == "1s", SECONDS, "the value")
    assert "# Edited meanwhile" in file.read_text()
    desktop.press("ctrl+z")
    wait_until(lambda: written(applet)["sampling"]["interval"] == "500ms", SECONDS, "the undoing")


def test_targets_are_added_edited_and_removed(
    desktop: VirtualDesktop, applet: Applet, window: Box, tmp_path: Path
) -> None:
    # The second section; "Add…" is the next thing.
    desktop.press("Down", "Tab", "space")
    wait_until(lambda: desktop.find_window("Memtray .* Add", timeout=SECONDS), SECONDS, "dialog")
    type_text(desktop, "mine")
    desktop.press("Tab", "Tab")
    type_in(desktop, "sleep infinity")
    wait_until(lambda: len(written(applet)["targets"]) == 2, SECONDS, "the target")
    assert written(applet)["targets"][1] == {"name": "mine", "match": "sleep infinity"}
    wait_until(lambda: len(applet.status()["targets"]) == 2, SECONDS, "the applet to follow")
    save_shot(desktop, "settings-targets", tmp_path)

    # "Remove" follows "Add…" in the page, which was made anew.
    desktop.click(window.x + 215, window.y + 32)
    desktop.click(window.x + 292, window.y + 68)
    wait_until(lambda: len(written(applet)["targets"]) == 1, SECONDS, "the target to go")
    assert written(applet)["targets"][0]["name"] == "web"


def test_a_setting_is_found_by_what_it_is_for(
    desktop: VirtualDesktop, applet: Applet, window: Box, tmp_path: Path
) -> None:
    part = Box(window.x + 180, window.y, window.width - 180, window.height)
    before = desktop.screenshot().crop(part)
    desktop.press("ctrl+f")
    type_text(desktop, "colour-blind")
    wait_until(lambda: desktop.screenshot().crop(part).changed(before), SECONDS, "what was found")
    save_shot(desktop, "settings-found", tmp_path)
    assert written(applet) == tomllib.loads(MINE)


@pytest.mark.parametrize("applet", ['\n[ui]\nlanguage = "de"   # mine, too\n'], indirect=True)
def test_what_is_chosen_in_ones_language_is_written_in_the_words_of_the_file(
    desktop: VirtualDesktop, applet: Applet, window: Box, tmp_path: Path
) -> None:
    """By keys alone: found by a choice, chosen by arrows; found by the file's key, typed."""
    file = applet.home / "memtray.toml"
    desktop.press("ctrl+f")
    type_text(desktop, "einfarbig")
    # Past the sections to the only field; its list opens at the default.
    part = Box(window.x + 180, window.y, window.width - 180, window.height)
    desktop.press("Tab", "Tab")
    at_rest(desktop, part)
    # Tk drops what is typed while a list opens, which no person does.
    listed = desktop.window_after(lambda: desktop.press("Down"))
    opened = at_rest(desktop, listed)
    desktop.press("Down")
    wait_until(lambda: desktop.screenshot().crop(listed).changed(opened), SECONDS, "the next")
    desktop.press("Down", "Return")
    wait_until(lambda: written(applet).get("icon") == {"palette": "mono"}, SECONDS, "the choice")
    save_shot(desktop, "settings-german", tmp_path)

    desktop.press("ctrl+f", "ctrl+a")
    type_text(desktop, "icon.shows")
    desktop.press("Tab", "Tab")
    type_in(desktop, "web")
    wait_until(lambda: written(applet)["icon"].get("shows") == "web", SECONDS, "the target")
    type_in(desktop, "Der Rechner")
    wait_until(lambda: written(applet)["icon"].get("shows") == "system", SECONDS, "the word")
    text = file.read_text()
    type_in(desktop, "Der Mond")
    wait_until(lambda: is_red(desktop, window), SECONDS, "the refusal")
    save_shot(desktop, "settings-german-refused", tmp_path)
    assert file.read_text() == text
    assert text.startswith(MINE)
    assert 'language = "de"   # mine, too\n' in text
    desktop.press("Escape", "ctrl+a")
    wait_until(lambda: not is_red(desktop, window), SECONDS, "the value as it was")
    # What is selected then is not cut by the keys that close the window.


@pytest.mark.parametrize(
    "applet", ['\n[[targets]]\nname = "other"\nmatch = "nor this one"\n'], indirect=True
)
@pytest.mark.usefixtures("window")
def test_keys_stay_where_they_are_when_the_page_is_made_anew(
    desktop: VirtualDesktop, applet: Applet
) -> None:
    # "Add…", "Remove", and the list of targets, where an arrow chooses the next one.
    desktop.press("Down", "Tab", "Tab", "Tab", "Down", "Tab")
    type_in(desktop, "renamed")
    wait_until(
        lambda: [each["name"] for each in written(applet)["targets"]] == ["web", "renamed"],
        SECONDS,
        "the name",
    )
    # Undone, which makes the page anew, and typed again in the same field.
    desktop.press("ctrl+z")
    wait_until(lambda: written(applet)["targets"][1]["name"] == "other", SECONDS, "the undoing")
    type_in(desktop, "again")
    wait_until(lambda: written(applet)["targets"][1]["name"] == "again", SECONDS, "the name")


def test_theme_and_icon_are_on_the_first_page_and_shown_as_they_will_look(
    desktop: VirtualDesktop, applet: Applet, window: Box, tmp_path: Path
) -> None:
    """By keys alone: the theme, and a palette, which changes the icons above the page."""
    page = Box(window.x + 200, window.y, window.width - 200, window.height)
    # Of the two small panels with icons, the dark one, whatever the theme of the window.
    dark_panel = PANEL_COLORS["dark"]

    def preview() -> list[bytes]:
        """The rows of the screen that have the dark panel in them, as they are."""
        shot = desktop.screenshot().crop(page)
        width = 3 * shot.width
        rows = [shot.rgb[at : at + width] for at in range(0, len(shot.rgb), width)]
        return [row for row in rows if row.count(bytes(dark_panel)) > 20]

    assert wait_until(preview, SECONDS, "the preview")
    desktop.press("Tab")
    before = at_rest(desktop, page)
    desktop.press("Down")
    wait_until(lambda: desktop.screenshot().crop(page).changed(before), SECONDS, "the list to open")
    desktop.press("Down", "Down", "Return")
    wait_until(lambda: written(applet).get("ui") == {"theme": "dark"}, SECONDS, "the choice")
    ground = bytes.fromhex(DARK.background.removeprefix("#"))
    wait_until(
        lambda: desktop.screenshot().crop(page).rgb.count(ground) > 100_000, SECONDS, "a dark page"
    )
    save_shot(desktop, "settings-dark", tmp_path)

    drawn = preview()
    file = applet.home / "memtray.toml"
    file.write_text(file.read_text() + '\n[icon]\npalette = "mono"\n')
    wait_until(lambda: preview() != drawn, SECONDS, "icons in grey")
    save_shot(desktop, "settings-mono", tmp_path)


@pytest.mark.parametrize(
    "applet", ['\n[[targets]]\nname = "other"\nmatch = "nor this one"\n'], indirect=True
)
def test_keys_that_come_while_a_page_is_made_anew_press_no_other_button(
    desktop: VirtualDesktop, applet: Applet, tmp_path: Path
) -> None:
    """A choice that makes the page anew, Tab and Return within 20 ms, on a busy machine."""
    opened = tmp_path / "opened"
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f"#!/bin/sh\ntouch {opened}\n")
    opener.chmod(0o755)
    env = applet.env | {"PATH": f"{opener.parent}:{applet.env['PATH']}"}
    command = (sys.executable, "-m", "trayapp", "settings", "--light")
    process = desktop.launch(*command, env=env, cwd=REPOSITORY)
    box = desktop.find_window(TITLE, timeout=SECONDS)
    wait_until(lambda: len({*desktop.screenshot().crop(box).rgb}) > 20, SECONDS, "the page")
    at_rest(desktop, box)
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _core in range(os.cpu_count() or 1)
    ]
    try:
        # Two sections further, and what is typed there replaces what there is.
        keys = ("xdotool", "key", "--delay", "10", "Down", "Down", "Tab", "ctrl+a")
        subprocess.run(keys, env=desktop.env, check=True)
        type_text(desktop, "3s")
        desktop.press("Return")
        wait_until(lambda: written(applet)["sampling"]["interval"] == "3s", SECONDS, "the value")
        # Back to the targets: "Add…", "Remove", and their list.
        desktop.press("shift+Tab", "Up", "Tab", "Tab", "Tab")
        for arrow in ("Down", "Up") * 8:
            keys = ("xdotool", "key", "--delay", "10", arrow, "Tab", "Return", "shift+Tab")
            subprocess.run(keys, env=desktop.env, check=True)
        desktop.press("Down", "Tab")
        type_in(desktop, "renamed")
        wait_until(
            lambda: [each["name"] for each in written(applet)["targets"]] == ["web", "renamed"],
            2 * SECONDS,
            "the name",
        )
    finally:
        for each in busy:
            each.kill()
            each.wait()
    assert not opened.exists()
    desktop.press("ctrl+w")
    assert process.wait(60) == 0
