"""The icon on macOS: pystray's own backend and ours around it, on pretended calls of AppKit."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from tests.desktop.desktop import wait_until
from tests.tray.fake_macos import FakeMac, macos_icon_class
from tests.tray.test_icon import MENU, STATE
from trayapp.domain.showing.menu import IconPicture
from trayapp.tray.drawing import draw_icon, draw_template
from trayapp.tray.hosts.session import Backend
from trayapp.tray.icon import TrayIcon

UPDATES = 2_000
PICTURES = [IconPicture(heights=(height,) * 10, panel="light") for height in range(0, 101, 10)]
Start = Callable[..., tuple[TrayIcon, FakeMac]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    ends: list[Callable[[], None]] = []

    def start_one(scale: float = 2.0) -> tuple[TrayIcon, FakeMac]:
        mac = FakeMac(scale)
        loaded = macos_icon_class(mac, monkeypatch)
        icon_class = loaded.__enter__()
        backend = Backend(name="darwin", icon_class=icon_class, visible=True, reason="")
        host = TrayIcon(backend, lambda _: None)
        host.show(replace(STATE, picture=PICTURES[5]))

        def run() -> None:
            mac.main_thread = threading.get_ident()
            host.run()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()

        def end() -> None:
            mac.call_after(host.stop)
            thread.join(10)
            assert not thread.is_alive()
            assert mac.items == []
            loaded.__exit__(None, None, None)

        ends.append(end)
        wait_until(lambda: mac.items and mac.items[0].menu and mac.items[0].button().image)
        return host, mac

    yield start_one
    for end in ends:
        end()


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_image_has_every_pixel_of_the_sharpest_screen(start: Start, scale: float) -> None:
    _, mac = start(scale)
    image = mac.items[0].button().image
    assert image.points == (22.0, 22.0)
    assert image.pixels == draw_icon(PICTURES[5], round(22 * scale))
    assert not image.isTemplate()


def test_a_mono_icon_is_a_template_that_the_menu_bar_colours(start: Start) -> None:
    host, mac = start()
    mono = replace(PICTURES[5], palette="mono")
    host.show(replace(STATE, picture=mono))
    button = mac.items[0].button()
    wait_until(lambda: button.image.isTemplate())
    assert button.image.pixels == draw_template(mono, 44)
    host.show(replace(STATE, picture=PICTURES[3]))
    wait_until(lambda: not button.image.isTemplate())


def test_a_number_stands_beside_the_image_while_it_is_wanted(start: Start) -> None:
    """In digits of one width, or everything at its left would jump with each of them."""
    host, mac = start()
    button = mac.items[0].button()
    assert (button.title, button.font) == ("", None)
    for text in ("9 %", "10 %"):
        host.show(replace(STATE, text=text))
        wait_until(partial(lambda wanted: button.title == wanted, text), what=text)
        assert button.font == ("monospaced digits", 14.0, 0.0)
        assert button.image_position == 2
    host.show(replace(STATE, text=""))
    wait_until(lambda: button.title == "")
    assert button.image_position == 1
    assert mac.strays == []


def test_every_call_is_made_in_the_main_thread(start: Start) -> None:
    host, mac = start()
    button = mac.items[0].button()

    def work(number: int) -> None:
        menu = (replace(MENU[3], checked=bool(number % 2)),)
        host.show(
            replace(
                STATE,
                picture=PICTURES[number],
                tooltip=f"Memtray {number}",
                menu=lambda: menu,
                marks=(number,),
            )
        )

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wait_until(lambda: button.tooltip.startswith("Memtray ") and len(mac.items[0].menu.items) == 1)
    assert mac.strays == []


def test_updates_leave_no_image_behind(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trayapp.tray.icon._SHORTEST_SECONDS", 0.0)
    host, mac = start()
    for number in range(UPDATES):
        host.show(replace(STATE, picture=PICTURES[number % len(PICTURES)], tooltip=str(number)))
    wait_until(lambda: mac.items[0].button().tooltip == str(UPDATES - 1), 30)
    gc.collect()
    assert mac.live_images == 1
