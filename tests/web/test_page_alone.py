"""The dashboard while Memtray itself does not run: in a real Chromium, with what was recorded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.desktop.desktop import wait_until
from tests.web.chromium import Chromium, Page
from tests.web.serving import serving, settled
from trayapp.control.client import call

pytestmark = pytest.mark.desktop

SETTINGS = """
[[targets]]
name = "sleeper"
match = "sleeping_program.py"
"""


@pytest.fixture(scope="module")
def page(browser: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page opened where Memtray has recorded a program, and has quit."""
    folder = tmp_path_factory.mktemp("alone")
    program = folder / "sleeping_program.py"
    program.write_text("input()")
    with (
        subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE) as sleeper,
        serving(folder / "home", settings=SETTINGS) as served,
    ):
        settled(served)
        call(served.home / "run", "quit")
        found = browser.page()
        wait_until(lambda: served.ask("/api/status").status == 503, what="its end", timeout=60)
        found.open(served.address)
        found.wait("document.querySelector('.state.stopped')")
        yield found
        sleeper.kill()


def _open(page: Page, view: str) -> None:
    page.run(f"location.hash = '#/{view}'")
    page.wait(f"document.querySelector('#views [aria-current][data-view={view}]')")


def test_now_says_how_to_start_it(page: Page) -> None:
    _open(page, "now")
    page.wait("document.querySelector('#view .notice')?.innerText.includes('memtray start')")


def test_the_past_of_what_was_tracked_is_shown(page: Page) -> None:
    _open(page, "trends")
    page.wait("document.querySelector('#view .legend')?.innerText.includes('sleeper')")
    _open(page, "runs")
    page.wait("document.querySelector('#view select')?.value === 'sleeper'")
    page.wait("document.querySelector('#view table tbody tr')")


def test_no_alert_is_not_claimed(page: Page) -> None:
    """What is open is not known, but what was logged is."""
    _open(page, "alerts")
    page.wait("document.querySelector('#view .card h2')")
    assert "No open alerts." not in page.run("document.querySelector('#view').innerText")


@pytest.mark.parametrize("view", ["now", "trends", "alerts", "where", "runs", "processes"])
def test_every_view_is_there(page: Page, view: str) -> None:
    _open(page, view)
    page.wait("document.querySelector('#view h1')")
    wrong = [one for one in page.complaints() if "503" not in one]
    assert wrong == []
