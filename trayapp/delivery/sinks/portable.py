"""Banners without D-Bus: plyer, and the tray icon's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from trayapp.delivery.banner import Banner, DeliveryResult, plain, presentable
from trayapp.delivery.channel import Available, ButtonPressed
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import _

# Windows has room for 64 and 256 UTF-16 units, the terminating zero included, and refuses more.
_TITLE_UNITS = 63
_BODY_UNITS = 255


class _SimpleChannel:
    """A `DesktopChannel` that can only show text: no buttons, no replacing, no withdrawing."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.status = self._welcome()
        self.is_ready = True

    def prepare(self) -> None:
        """See `DesktopChannel`: nothing to find out before the first banner."""

    def deliver(self, banner: Banner) -> DeliveryResult:
        """See `DesktopChannel`."""
        shown = presentable(banner, title_units=_TITLE_UNITS, body_units=_BODY_UNITS)
        try:
            self._show(shown)
        except Exception as error:  # noqa: BLE001 - anything comes out of the two below
            detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            text = _("{service} failed: {reason}").format(service=self._name, reason=detail)
            reason = plain(text, 200)
            self.status, self.is_ready = reason, False
            return DeliveryResult(False, reason)
        self.status, self.is_ready = self._welcome(), True
        return DeliveryResult(True, self._name)

    def withdraw(self, key: str) -> None:
        """See `DesktopChannel`: cannot."""

    def finish(self, banner: Banner) -> None:
        """See `DesktopChannel`: nothing here tells what is on the screen."""

    def fileno(self) -> int | None:
        """See `DesktopChannel`: nothing to wait for."""
        return None

    def take_events(self) -> list[ButtonPressed | Available]:
        """See `DesktopChannel`: none."""
        return []

    def close(self) -> None:
        """See `DesktopChannel`: nothing to let go of."""

    def _welcome(self) -> str:
        return _("notifications by {service}").format(service=self._name)

    def _show(self, shown: Banner) -> None:
        raise NotImplementedError


class PlyerNotifications(_SimpleChannel):
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


class IconNotifications(_SimpleChannel):
    """Shows banners through the tray icon's own `notify`, whose errors depend on the tray."""

    def __init__(self, icon_notify: Callable[[str, str], None]) -> None:
        """`icon_notify(title, text)` is called in the notifier thread; it passes its own gate."""
        super().__init__(_("the tray icon"))
        self._icon_notify = icon_notify

    def _show(self, shown: Banner) -> None:
        # An empty text means "remove the notification" on Windows.
        self._icon_notify(shown.title, shown.body or shown.title)
