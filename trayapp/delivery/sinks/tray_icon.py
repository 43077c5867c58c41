"""Banners through the tray icon's own `notify`, where nothing better shows them."""

from __future__ import annotations

from collections.abc import Callable

from trayapp.delivery.banner import Banner
from trayapp.delivery.sinks import Surroundings
from trayapp.delivery.sinks.text_only import TextOnlySink
from trayapp.language.catalogue import _


def open_sink(surroundings: Surroundings) -> IconNotifications:
    assert surroundings.icon_notify is not None  # noqa: S101 - else it is not wanted
    return IconNotifications(surroundings.icon_notify)


class IconNotifications(TextOnlySink):
    """Shows banners through the tray icon; the errors depend on the kind of tray."""

    def __init__(self, icon_notify: Callable[[str, str], None]) -> None:
        """`icon_notify(title, text)` is called in the notifier thread; it passes its own gate."""
        super().__init__(_("the tray icon"))
        self._icon_notify = icon_notify

    def _show(self, shown: Banner) -> None:
        # An empty text means "remove the notification" on Windows.
        self._icon_notify(shown.title, shown.body or shown.title)
