"""The dashboard as the menu opens it, in whatever browser the person has chosen."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest

from tests.desktop.applet import Applet
from tests.desktop.desktop import VirtualDesktop, wait_until
from tests.web.chromium import chromium
from tests.web.test_page import Program, card_of, shown_bytes

pytestmark = pytest.mark.desktop

SETTINGS = """
[sampling]
interval = "0.5s"
[web]
port = 0
idle = "15s"
[[targets]]
name = "full"
match = "{folder}/full_program.py"
"""
# The file goes as soon as it is read: it holds the token.
BROWSER = """#!/bin/sh
cp "${{1#file://}}" "{folder}/given.part" && mv "{folder}/given.part" "{folder}/given.html"
"""
ENTRY = """[Desktop Entry]
Type=Application
Name=Browser
Exec={folder}/browser %u
MimeType=text/html;
"""


def choose_browser(folder: Path) -> dict[str, str]:
    """Make a program the browser that opens pages; return the environment for that."""
    program = folder / "browser"
    program.write_text(BROWSER.format(folder=folder))
    program.chmod(0o755)
    applications, config = folder / "data" / "applications", folder / "config"
    applications.mkdir(parents=True)
    config.mkdir()
    (applications / "chosen.desktop").write_text(ENTRY.format(folder=folder))
    (config / "mimeapps.list").write_text("[Default Applications]\ntext/html=chosen.desktop\n")
    return {
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(config),
        "BROWSER": str(program),
    }


def test_the_menus_entry_opens_the_dashboard_and_it_ends_after_its_last_viewer(
    tmp_path: Path,
) -> None:
    program = Program(tmp_path / "full_program.py")
    (tmp_path / "profile").mkdir()
    with (
        contextlib.closing(program),
        VirtualDesktop() as desktop,
        chromium(tmp_path / "profile") as browser,
    ):
        program.take(80)
        applet = Applet(desktop, tmp_path / "home", SETTINGS.format(folder=tmp_path))
        applet.env |= choose_browser(tmp_path)
        applet.start()
        runtime = tmp_path / "home" / "run"
        assert not list(runtime.glob("web-*.json"))
        applet.click("Dashboard…", submenu="More")
        given = tmp_path / "given.html"
        wait_until(given.exists, what="a browser", timeout=60)

        page = browser.page()
        page.open(given.as_uri())
        page.wait("document.querySelector('.state.live')")
        # Neither is the token in the address any more.
        assert page.run("location.hash") == ""
        taken = program.taken_bytes()
        figure = f"({card_of('full')})?.querySelector('.figure').innerText"
        wait_until(
            lambda: (found := page.run(figure)) and abs(shown_bytes(found) - taken) <= 0.05 * taken,
            what=f"{taken} bytes on the page",
            timeout=60,
        )
        (note,) = runtime.glob("web-*.json")
        found = re.fullmatch(r"web-([0-9]+)\.json", note.name)
        assert found
        server = Path("/proc") / found[1]
        assert server.exists()
        page.open("about:blank")
        wait_until(lambda: not server.exists(), what="its end", timeout=120)
        assert not note.exists()
        assert applet.has_sample()
        assert page.complaints() == []
        applet.stop()
