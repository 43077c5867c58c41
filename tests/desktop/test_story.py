"""What a person is told of one limit, from the first banner to the end, on screen and by mail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery.telling import MailServer, serving
from tests.desktop.applet import Applet
from tests.desktop.desktop import VirtualDesktop, wait_until

pytestmark = pytest.mark.desktop

EATER = """
import sys, time
kept = []
while True:  # grows to one size, and by a signal from outside to another
    want = int(open(sys.argv[1]).read() or 0)
    while sum(map(len, kept)) < want:
        kept.append(b"x" * 1_000_000)
    time.sleep(0.2)
"""
SETTINGS = """
[sampling]
interval = "1s"
[alerts]
critical_cooldown = "1s"
[[targets]]
name = "eater"
match = "story_eater"
limit = "200MB"
growth = false
spike = false
[[channels]]
name = "mail"
url = "mailto://me:secret@127.0.0.1:{port}?from=memtray@example.org&to=you@example.org"
"""


def test_a_limit_is_told_worse_and_over_on_the_screen_and_by_mail(tmp_path: Path) -> None:
    program, size = tmp_path / "story_eater.py", tmp_path / "size"
    program.write_text(EATER)
    size.write_text("148000000")
    with (
        serving(MailServer("me", "secret")) as server,
        VirtualDesktop(notifier="xfce4-notifyd") as desktop,
    ):
        home = tmp_path / "home"
        applet = Applet(desktop, home, SETTINGS.format(port=server.port))
        (home / "memtray.toml").chmod(0o600)
        applet.start()
        started: list[subprocess.Popen[bytes]] = []
        desktop.window_after(
            lambda: started.append(desktop.launch(sys.executable, str(program), str(size))),
            timeout=60,
        )
        (eater,) = started
        (warning,) = wait_until(desktop.notifications, timeout=60, what="warning")
        assert (warning.title, warning.urgency) == ("eater is near its limit", "normal")
        assert list(warning.actions) == ["end", "trends", "snooze", "acknowledge"]
        desktop.screenshot(tmp_path / "warning.png")

        size.write_text("172000000")
        wait_until(lambda: len(desktop.notifications()) == 2, timeout=60, what="escalation")
        worse = desktop.notifications()[1]
        assert (worse.replaces, worse.urgency) == (warning.id, "critical")
        desktop.screenshot(tmp_path / "escalation.png")

        eater.kill()
        eater.wait()
        wait_until(lambda: len(desktop.notifications()) == 3, timeout=60, what="end")
        over = desktop.notifications()[2]
        assert (over.replaces, over.urgency) == (warning.id, "low")
        assert over.title == "Resolved: eater is near its limit"
        desktop.screenshot(tmp_path / "over.png")

        wait_until(lambda: len(server.mails) == 3, timeout=60, what="three mails")
        subjects = [str(mail["Subject"]) for mail in server.mails]
        assert subjects == [warning.title, worse.title, over.title]
        assert applet.stop() == 0
