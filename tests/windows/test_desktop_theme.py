"""Light or dark: what each desktop says, without asking the one that runs the tests."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from trayapp.windows.desktop_theme import Ask, ask_command, prefers_dark


def answers(**by_tool: str) -> Ask:
    """A desktop whose settings tools give these answers."""

    def ask(command: Sequence[str]) -> str:
        return by_tool.get(command[0].replace("-", "_"), "")

    return ask


@pytest.mark.parametrize(
    ("theme", "dark"), [("Adwaita:dark", True), ("Arc-Dark", True), ("Adwaita", False)]
)
def test_the_theme_in_the_environment_decides_on_linux(theme: str, dark: bool) -> None:
    ask = answers(gsettings="'prefer-light'" if dark else "'prefer-dark'")
    assert prefers_dark({"GTK_THEME": theme}, platform="linux", ask=ask) is dark


def test_gnome(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path)}
    assert prefers_dark(env, platform="linux", ask=answers(gsettings="'prefer-dark'"))
    assert prefers_dark(env, platform="linux", ask=answers(gsettings="'Yaru-dark'"))
    assert not prefers_dark(env, platform="linux", ask=answers(gsettings="'default'"))


def test_xfce(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "XDG_CURRENT_DESKTOP": "XFCE"}
    assert prefers_dark(env, platform="linux", ask=answers(xfconf_query="Greybird-dark"))
    assert not prefers_dark(env, platform="linux", ask=answers(xfconf_query="Greybird"))


def test_plasma(tmp_path: Path) -> None:
    (tmp_path / "kdeglobals").write_text("[General]\nColorScheme=BreezeDark\n")
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_CURRENT_DESKTOP": "KDE"}
    assert prefers_dark(env, platform="linux", ask=answers())


def test_gtk_settings_file(tmp_path: Path) -> None:
    settings = tmp_path / "gtk-3.0" / "settings.ini"
    settings.parent.mkdir()
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    settings.write_text("[Settings]\ngtk-application-prefer-dark-theme=1\n")
    assert prefers_dark(env, platform="linux", ask=answers())
    settings.write_bytes(b"\xff\xfe no settings file")
    assert not prefers_dark(env, platform="linux", ask=answers())


def test_macos() -> None:
    assert prefers_dark({}, platform="darwin", ask=answers(defaults="Dark"))
    assert not prefers_dark({}, platform="darwin", ask=answers())


def test_a_tool_that_is_missing_or_fails_says_nothing() -> None:
    assert ask_command(("no-such-settings-tool",)) == ""
    assert ask_command((sys.executable, "-c", "print('dark'); raise SystemExit(1)")) == ""
    assert ask_command((sys.executable, "-c", "print('dark')")) == "dark"
