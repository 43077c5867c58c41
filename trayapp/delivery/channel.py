"""What the notifier expects of a way to show banners on the desktop."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from trayapp.delivery.banner import Banner, DeliveryResult


class ButtonPressed(NamedTuple):
    """A person chose a button of a banner."""

    banner_key: str
    action_key: str


class Available(NamedTuple):
    """The service came, or answers again: what waits may be tried at once."""


class DesktopChannel(Protocol):
    """One way to show banners. Everything but `status` is for the notifier thread only."""

    @property
    def status(self) -> str:
        """One line for people: who shows the banners, or why nobody does. Any thread."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether somebody is there to show banners, as far as is known. Any thread."""
        ...

    def prepare(self) -> None:
        """Find out who shows the banners; tells nothing but by `status`."""
        ...

    def deliver(self, banner: Banner) -> DeliveryResult:
        """Show the banner in place of the earlier one with its key."""
        ...

    def withdraw(self, key: str) -> None:
        """Take the banner off the screen if it is there and the channel can."""
        ...

    def finish(self, banner: Banner) -> None:
        """Show this in place of the banner with its key if that is on the screen, else nothing."""
        ...

    def fileno(self) -> int | None:
        """What to wait for: readable when `take_events` has something to do; None: nothing."""
        ...

    def take_events(self) -> list[ButtonPressed | Available]:
        """What has happened since the last call; never waits."""
        ...

    def close(self) -> None:
        """Take everything off the screen, as nobody would answer its buttons, and let go."""
        ...
