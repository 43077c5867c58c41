"""The notifier thread: gets every alert to the person, whatever the desktop does."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from trayapp.dataclass import NamedTuple
from trayapp.delivery.banner import Banner, DeliveryResult
from trayapp.delivery.sinks import Available, ButtonPressed, DesktopSink, Sink
from trayapp.domain.records.levels import Level
from trayapp.language.catalogue import _
from trayapp.log import Log

FIRST_RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 300.0
GIVE_UP_SECONDS = 3600.0
"""A banner about what was so an hour ago helps nobody."""

_DESKTOP_LIMIT_SECONDS = 40.0
"""So long a desktop may take for what it is asked: some answer when a banner has gone."""
_QUEUE_LIMIT = 64
T = TypeVar("T")
_logger = Log(__name__)
# Unlike epoll it needs no descriptor, so it works when they have run out.
_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)


class _Waiting(NamedTuple):
    """A banner that the desktop has not shown yet, and until when it is tried, monotonic."""

    banner: Banner
    until_seconds: float


class _Finish(NamedTuple):
    """The banner that replaces another whose incident is over."""

    banner: Banner


_Request = Banner | _Finish | None
"""None: withdraw."""


class Notifier(threading.Thread):
    """Sends banners to console and log at once, and to the first desktop sink that takes them.

    A banner that no desktop takes is tried again after 2, 4, 8 … 300 s for an hour, or as soon as
    a service appears. Only the newest banner per key counts. With nothing to do, the thread sleeps.
    """

    def __init__(
        self,
        desktops: Sequence[DesktopSink],
        *,
        sinks: Sequence[Sink[Banner]] = (),
        log: Callable[[str], object] = lambda _line: None,
        on_action: Callable[[str, str], None] = lambda _banner_key, _action_key: None,
        on_delivered: Callable[[str, bool, str], None] | None = None,
        keep: Callable[[Callable[[], None]], None] = lambda body: body(),
        pulse: Callable[[float | None], None] = lambda _limit_seconds: None,
    ) -> None:
        """Prepare the thread; `start` starts it.

        `desktops` are tried in order; `sinks` get every banner; `log` takes what else is to know.
        `on_action(banner key, action key)`: a button was pressed.
        `on_delivered(banner key, shown, reason)`: the desktop shows the banner, or does not and
        why; called again when that changes, and when the notifier gives up.
        Both are called in the notifier thread, which waits for them.
        `keep` runs the thread's body, and runs it again should it fail. `pulse` is called with how
        many seconds what begins now may take, and with None before the thread waits.
        """
        super().__init__(name="notifier", daemon=True)
        self._desktops = list(desktops)
        self._sinks = sinks
        self._log = log
        self._on_action = on_action
        self._on_delivered = on_delivered
        self._keep, self._pulse = keep, pulse
        self.shows_on_desktop = True
        """Whether desktops are asked at all; `sinks` always hear. Set from any thread."""
        self._lock = threading.Lock()
        self._requests: dict[str, _Request] = {}
        self._dropped = 0
        self._stopping = False
        self._waiting: dict[str, _Waiting] = {}
        self._retry_at_seconds: float | None = None
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._speaker = self._desktops[0] if self._desktops else None
        # A pair of sockets rather than a pipe: Windows can wait for nothing else.
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)

    @property
    def status(self) -> str:
        """Return one line: who shows the banners, or why nobody does. Any thread."""
        return (
            self._speaker.status if self._speaker else _("no desktop notifications on this system")
        )

    @property
    def is_ready(self) -> bool:
        """Return whether somebody shows them now. Any thread."""
        return self._speaker is not None and self._speaker.is_ready

    def send(self, banner: Banner) -> None:
        """Show the banner; never waits. Any thread.

        If 64 are waiting already, the oldest of the least severe is given up.
        """
        self._request(banner.key, banner)

    def withdraw(self, key: str) -> None:
        """Withdraw the banner, shown or waiting; never waits. Any thread."""
        self._request(key, None)

    def finish(self, banner: Banner) -> None:
        """Show this in place of its banner if that is on the screen; never waits. Any thread.

        A banner that still waits to be shown is given up.
        """
        self._request(banner.key, _Finish(banner))

    def stop(self, timeout_seconds: float = 5.0) -> None:
        """Log what was asked for before, take all banners off the screen, and end. Any thread.

        Waits for the thread's end, but no longer than `timeout_seconds`.
        """
        self._stopping = True
        self._wake()
        if self.ident is None:
            self._close()
        elif threading.current_thread() is not self:
            self.join(timeout_seconds)

    def run(self) -> None:
        """Work until stopped. The notifier thread."""
        try:
            self._keep(self._work)
        finally:
            # Else another thread goes on with it.
            if self._stopping:
                self._close()

    def _work(self) -> None:
        self._pulse(_DESKTOP_LIMIT_SECONDS)
        for desktop in self._desktops:
            _guarded(None, desktop.prepare)
        while not self._stopping:
            self._pulse(0.0)
            self._handle_requests()
            self._pulse(_DESKTOP_LIMIT_SECONDS)
            self._retry_when_due()
            self._handle_events()
            self._sleep()
        self._handle_requests()

    def _request(self, key: str, request: _Request) -> None:
        with self._lock:
            self._requests.pop(key, None)
            self._requests[key] = request
            self._dropped += _make_room(
                self._requests,
                lambda each: each.level if isinstance(each, Banner) else Level.EMERGENCY,
            )
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # Full: it is awake. Closed: it has ended.
            self._waker.send(b"\0")

    def _sleep(self) -> None:
        """Wait until something is asked for, a desktop has news, or a retry is due."""
        timeout = None
        if self._retry_at_seconds is not None:
            timeout = max(0.0, self._retry_at_seconds - time.monotonic())
        # Made anew each time, as desktops come back with another connection under the same number.
        with _Selector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            for desktop in self._desktops:
                if (descriptor := desktop.fileno()) is not None:
                    selector.register(descriptor, selectors.EVENT_READ)
            self._pulse(None)
            selector.select(timeout)
        with contextlib.suppress(BlockingIOError):
            while self._woken.recv(4096):
                pass

    def _handle_requests(self) -> None:
        with self._lock:
            requests, self._requests = self._requests, {}
            dropped, self._dropped = self._dropped, 0
        try:
            self._carry_out(requests, dropped)
        except BaseException:
            # What is left is not to be lost; what was taken out may be what has failed.
            with self._lock:
                self._requests = requests | self._requests
            raise

    def _carry_out(self, requests: dict[str, _Request], dropped: int) -> None:
        """Carry out requests, each of which is taken out as its turn comes."""
        if dropped:
            self._log(f"{dropped} alerts were not shown: too many at once")
        # Who reads along learns everything at once; only then may the desktop take its time.
        for banner in requests.values():
            if not isinstance(banner, Banner):
                continue
            for sink in self._sinks:
                _guarded(None, sink.send, banner)
        self._pulse(_DESKTOP_LIMIT_SECONDS)
        blocked: DeliveryResult | None = None
        for key in tuple(requests):
            request = requests.pop(key)
            self._waiting.pop(key, None)
            if not isinstance(request, Banner):
                for desktop in self._desktops:
                    if request is None:
                        _guarded(None, desktop.withdraw, key)
                    else:
                        _guarded(None, desktop.finish, request.banner)
                continue
            if not self.shows_on_desktop:
                continue
            # One wait for a hanging service is enough for all of them.
            result = blocked or self._try_desktops(request)
            if not result.delivered:
                blocked = result
                self._wait_with(request)
            self._report(request, result)

    def _wait_with(self, banner: Banner) -> None:
        if not self._desktops:
            return
        self._waiting[banner.key] = _Waiting(banner, time.monotonic() + GIVE_UP_SECONDS)
        _make_room(self._waiting, lambda waiting: waiting.banner.level)
        if self._retry_at_seconds is None:
            self._retry_at_seconds = time.monotonic() + self._retry_seconds

    def _retry_when_due(self) -> None:
        now = time.monotonic()
        if self._retry_at_seconds is None or now < self._retry_at_seconds:
            return
        self._retry_at_seconds = None
        for key, waiting in list(self._waiting.items()):
            result = self._try_desktops(waiting.banner)
            if result.delivered:
                self._report(waiting.banner, result)
            elif now < waiting.until_seconds:
                self._retry_seconds = min(2 * self._retry_seconds, LONGEST_RETRY_SECONDS)
                self._retry_at_seconds = time.monotonic() + self._retry_seconds
                return
            else:
                gave_up = DeliveryResult(False, f"gave up after an hour: {result.reason}")
                self._report(waiting.banner, gave_up)
            del self._waiting[key]
        self._retry_seconds = FIRST_RETRY_SECONDS

    def _handle_events(self) -> None:
        for desktop in self._desktops:
            none: list[ButtonPressed | Available] = []
            while events := _guarded(none, desktop.take_events):
                for event in events:
                    self._handle_event(desktop, event)

    def _handle_event(self, desktop: DesktopSink, event: ButtonPressed | Available) -> None:
        if isinstance(event, ButtonPressed):
            _guarded(None, self._on_action, event.banner_key, event.action_key)
            return
        _guarded(None, desktop.prepare)
        self._retry_seconds = FIRST_RETRY_SECONDS
        if self._waiting:
            self._retry_at_seconds = time.monotonic()

    def _try_desktops(self, banner: Banner) -> DeliveryResult:
        reasons = []
        for desktop in self._desktops:
            broken = DeliveryResult(
                False, _("{service} failed; see the log").format(service=type(desktop).__name__)
            )
            result = _guarded(broken, desktop.send, banner)
            if result.delivered:
                self._speaker = desktop
                return result
            reasons.append(result.reason)
        self._speaker = self._desktops[0] if self._desktops else None
        return DeliveryResult(False, "; ".join(reasons) or self.status)

    def _report(self, banner: Banner, result: DeliveryResult) -> None:
        if not result.delivered:
            self._log(f"not shown on the desktop: {banner.title}: {result.reason}")
        if self._on_delivered:
            _guarded(None, self._on_delivered, banner.key, result.delivered, result.reason)

    def _close(self) -> None:
        for desktop in self._desktops:
            _guarded(None, desktop.close)
        self._woken.close()
        self._waker.close()


def _guarded(otherwise: T, function: Callable[..., T], *arguments: object) -> T:
    """Call a function, surviving whatever it raises: the next alert must come through."""
    try:
        return function(*arguments)
    except Exception:  # Sinks and callbacks answer for what they foresee; this is the rest.
        _logger.exception("%s failed", function)
        return otherwise


def _make_room(entries: dict[str, T], level: Callable[[T], Level]) -> int:
    """Delete the oldest of the least severe beyond `_QUEUE_LIMIT`; return how many."""
    surplus = max(0, len(entries) - _QUEUE_LIMIT)
    for _each in range(surplus):
        del entries[min(entries, key=lambda key: level(entries[key]))]
    return surplus
