"""pystray's icon by X11: its loop may stand still, and its titles are Latin-1."""

from __future__ import annotations

import threading

from trayapp.tray.hosts.xorg import Toolkit


def test_whoever_updates_it_does_not_wait_for_its_loop() -> None:
    toolkit, answers, done = Toolkit(), threading.Event(), threading.Event()
    updates: list[str] = []

    def update() -> None:
        updates.append("began")
        answers.wait(60)
        done.set()

    for _ in range(3):
        toolkit.in_ui_thread(update)
    assert not done.is_set()
    answers.set()
    assert done.wait(60)
    assert updates == ["began"]


def test_a_title_has_nothing_that_xlib_cannot_write() -> None:
    assert Toolkit().fit_tooltip("⚠ Speicher für a_b: 42 %") == "? Speicher für a_b: 42 %"
