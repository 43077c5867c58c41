"""Which ways to show banners there are on this platform, the best one first."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from trayapp.delivery.channel import DesktopChannel


def find_channels(
    *,
    icon_file: Path | None = None,
    icon_notify: Callable[[str, str], None] | None = None,
    platform: str = sys.platform,
) -> list[DesktopChannel]:
    """The channels to try in order; imports only those.

    `icon_file` is shown where the platform shows one. `icon_notify(title, text)` is the tray icon's
    own way, called in the notifier thread.
    """
    channels: list[DesktopChannel] = []
    try:
        if platform != "linux":
            raise ImportError
        from trayapp.delivery.sinks.freedesktop import FreedesktopNotifications

        channels.append(FreedesktopNotifications(icon_file=icon_file))
    except ImportError:
        from trayapp.delivery.sinks.portable import PlyerNotifications

        channels.append(PlyerNotifications())
    if icon_notify:
        from trayapp.delivery.sinks.portable import IconNotifications

        channels.append(IconNotifications(icon_notify))
    return channels
