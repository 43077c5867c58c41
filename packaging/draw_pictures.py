"""Take the pictures of the README and the manual from a running Memtray.

Run `python packaging/draw_pictures.py` in the tests' environment, on Linux as root, after
`tests/desktop/setup.sh`. Three made-up programs run for nine minutes in the virtual desktop of the
tests. Process ids are in a namespace of their own, so no other program of this machine is seen.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.desktop.applet import Applet  # noqa: E402 - of this checkout
from tests.desktop.desktop import Box, Screenshot, VirtualDesktop  # noqa: E402

FOLDER = ROOT / "packaging" / "manual" / "pictures"
INSIDE = "--inside"
"""Says that the namespace is there already."""
SCALE = 2
"""As on screens of today, so that the icon can be seen."""
MENU_SECONDS, TRENDS_SECONDS = 200.0, 540.0
"""When they are taken: with the first incident in the menu, and with most of ten minutes drawn."""
COLORS = 128
MOST_BYTES = 150_000

SETTINGS = """
[sampling]
interval = "1s"
adaptive = false
[icon]
shows = "invoices"
span = "3min"
[[targets]]
name = "invoices"
match = "invoices.py"
limit = "400MB"
spike = false
[[targets]]
name = "thumbnails"
match = "thumbnails.py"
limit = "500MB"
growth = false
spike = false
[[targets]]
name = "mailbox"
match = "mailbox.py"
spike = false
"""
PROGRAMS = {
    "invoices": """
import time
kept = [bytearray(b"x") * 90_000_000]
time.sleep(30)
while True:
    kept.append(bytearray(b"x") * 500_000)
    time.sleep(1)
""",
    "thumbnails": """
import time
kept = [bytearray(b"x") * 60_000_000]
while True:
    for _ in range(45):
        kept.append(bytearray(b"x") * 4_000_000)
        time.sleep(1)
    del kept[1:]
""",
    "mailbox": """
import time
kept = bytearray(b"x") * 150_000_000
while True:
    time.sleep(60)
""",
}
"""A leak, a cache that is emptied when it is full, and a program that needs what it needs."""


def main() -> None:
    """Take all pictures."""
    if INSIDE not in sys.argv:
        unshare = ("unshare", "--pid", "--mount-proc", "--fork", "--kill-child")
        subprocess.run([*unshare, sys.executable, __file__, INSIDE], check=True)
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as name,
        VirtualDesktop(
            size=(1700 * SCALE, 1150 * SCALE), scale=SCALE, notifier="xfce4-notifyd"
        ) as desktop,
    ):
        folder = Path(name)
        applet = Applet(desktop, folder / "home", SETTINGS)
        for program, text in PROGRAMS.items():
            (folder / f"{program}.py").write_text(text)
            desktop.launch(sys.executable, f"{program}.py", cwd=folder)
        started = time.monotonic()
        applet.start()
        take_banner(desktop)
        for seconds, take in ((MENU_SECONDS, take_menu), (TRENDS_SECONDS, take_trends)):
            time.sleep(max(0.0, started + seconds - time.monotonic()))
            take(desktop)
        applet.stop()


def take_banner(desktop: VirtualDesktop) -> None:
    """The first alert, as the desktop's own notification."""
    box = desktop.window_after(lambda: None, timeout=MENU_SECONDS)
    time.sleep(1)
    save(desktop.screenshot().crop(box), "banner")


def take_menu(desktop: VirtualDesktop) -> None:
    """The icon in the panel and the menu below it."""
    icon = desktop.find_tray_icon()
    menu = desktop.window_after(lambda: desktop.click(*icon.center, button=3))
    # Otherwise the tooltip may come over it.
    desktop.hover(5, desktop.size[1] - 5)
    time.sleep(3)
    whole = Box(menu.x, 0, desktop.size[0] - menu.x, menu.y + menu.height)
    save(desktop.screenshot().crop(whole), "menu")
    desktop.press("Escape")


def take_trends(desktop: VirtualDesktop) -> None:
    """The window that a left click opens, with the last ten minutes."""
    icon = desktop.find_tray_icon()
    desktop.click(*icon.center)
    box = desktop.find_window("Memtray .* Trends", timeout=60)
    desktop.press("1")
    desktop.hover(5, desktop.size[1] - 5)
    time.sleep(8)
    save(desktop.screenshot().crop(box), "trends")


def save(shot: Screenshot, name: str) -> None:
    """Write a picture in few colours, so that a checkout stays small."""
    picture = Image.frombytes("RGB", (shot.width, shot.height), shot.rgb)
    file = FOLDER / f"{name}.png"
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file.relative_to(ROOT)}: {shot.width} x {shot.height}, {file.stat().st_size} bytes")
    if file.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{file.name} is larger than {MOST_BYTES} bytes")


if __name__ == "__main__":
    main()
