"""Banners through plyer, for macOS, Windows and a Linux without jeepney."""

from __future__ import annotations

import warnings
from typing import Any

from trayapp.delivery.banner import Banner
from trayapp.delivery.sinks import Surroundings
from trayapp.delivery.sinks.text_only import TextOnlySink
from trayapp.domain.records.levels import Level


def open_sink(_surroundings: Surroundings) -> PlyerNotifications:
    return PlyerNotifications()


class PlyerNotifications(TextOnlySink):
    """Shows banners through plyer.

    plyer raises whatever its platform code meets: NotImplementedError, AttributeError on a macOS
    without pyobjus, anything of D-Bus. On Linux it may block for a minute: only without jeepney.
    """

    def __init__(self, notification: Any = None) -> None:
        """`notification` is plyer's module of that name; None imports it with the first banner."""
        super().__init__("plyer")
        self._notification = notification

    def _show(self, shown: Banner) -> None:
        # Without a D-Bus module plyer warns at length about what we know. The filters are the whole
        # process's: a warning of another thread in this moment may be lost.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            if self._notification is None:
                from plyer import notification

                self._notification = notification
            self._notification.notify(
                title=shown.title,
                message=shown.body,
                app_name="Memtray",
                # Whole seconds: anything else raises TypeError. On Windows plyer keeps a thread and
                # a second tray icon for that long.
                timeout=10 if shown.level < Level.CRITICAL else 30,
            )
