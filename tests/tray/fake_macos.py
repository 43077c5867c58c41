"""The parts of AppKit, Foundation and PyObjC that a status item needs, as Apple documents them.

pystray's own macOS backend runs on it. Whatever belongs to the screen may be touched in the main
thread only, here the one that runs the application; a touch from elsewhere is kept in `strays`.
"""

from __future__ import annotations

import importlib
import io
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from PIL import Image

NAMES = ("AppKit", "Foundation", "objc", "PyObjCTools", "PyObjCTools.MachSignals")


class FakeMac:
    """One session with a menu bar."""

    def __init__(self, scale: float = 2.0, thickness: float = 22.0) -> None:
        self.scale = scale
        self.thickness = thickness
        self.main_thread = 0
        self.strays: list[str] = []
        self.items: list[Any] = []
        self.live_images = 0
        self.mode = "default"
        self.dark = False
        self._queue: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    def touch(self, what: str) -> None:
        """Note who touches the screen."""
        if self.main_thread and threading.get_ident() != self.main_thread:
            self.strays.append(what)

    def call_after(self, action: Callable[[], object], *arguments: Any) -> None:
        """As AppHelper.callAfter: queue for the main thread."""
        self._queue.put(lambda: action(*arguments))

    def run(self) -> None:
        """As NSApplication.run: the main loop."""
        self.main_thread = threading.get_ident()
        while action := self._queue.get():
            action()

    def stop(self, _sender: Any = None) -> None:
        self._queue.put(None)

    def modules(self) -> dict[str, ModuleType]:
        """What `import` is to find."""
        mac = self

        class NSObject:
            @classmethod
            def alloc(cls) -> Any:
                return cls()

            def init(self) -> Any:
                return self

        class NSImage(NSObject):
            def initWithData_(self, data: bytes) -> Any:  # noqa: N802
                mac.live_images += 1
                self.pixels = Image.open(io.BytesIO(data)).convert("RGBA")
                self.points = (float(self.pixels.width), float(self.pixels.height))
                self.template = False
                return self

            def __del__(self) -> None:
                mac.live_images -= 1

            def setSize_(self, points: tuple[float, float]) -> None:  # noqa: N802
                self.points = points

            def size(self) -> tuple[float, float]:
                return self.points

            def setTemplate_(self, template: bool) -> None:  # noqa: N802
                self.template = template

            def isTemplate(self) -> bool:  # noqa: N802
                return self.template

        class Button:
            def __init__(self) -> None:
                self.image: Any = None
                self.tooltip = ""
                self.title = ""
                self.font: Any = None
                self.image_position = 0
                self.hidden = True

            def __getattr__(self, name: str) -> Any:
                # What is set and never looked at.
                if name.startswith("set"):
                    return lambda *_: mac.touch(name)
                raise AttributeError(name)

            def setImage_(self, image: Any) -> None:  # noqa: N802
                mac.touch("setImage_")
                self.image = image

            def setToolTip_(self, text: str) -> None:  # noqa: N802
                mac.touch("setToolTip_")
                self.tooltip = text

            def setTitle_(self, text: str) -> None:  # noqa: N802
                mac.touch("setTitle_")
                self.title = text

            def setFont_(self, font: Any) -> None:  # noqa: N802
                mac.touch("setFont_")
                self.font = font

            def setImagePosition_(self, position: int) -> None:  # noqa: N802
                mac.touch("setImagePosition_")
                self.image_position = position

            def setHidden_(self, hidden: bool) -> None:  # noqa: N802
                mac.touch("setHidden_")
                self.hidden = hidden

            def effectiveAppearance(self) -> Any:  # noqa: N802
                name = "NSAppearanceNameDarkAqua" if mac.dark else "NSAppearanceNameAqua"
                return SimpleNamespace(
                    name=lambda: name, bestMatchFromAppearancesWithNames_=lambda _: name
                )

        class StatusItem:
            def __init__(self) -> None:
                self._button = Button()
                self.menu: Any = None

            def button(self) -> Button:
                return self._button

            def setMenu_(self, menu: Any) -> None:  # noqa: N802
                mac.touch("setMenu_")
                self.menu = menu

        class NSMenu(NSObject):
            def initWithTitle_(self, _title: str) -> Any:  # noqa: N802
                mac.touch("NSMenu")
                self.items: list[Any] = []
                return self

            def setAutoenablesItems_(self, _: bool) -> None:  # noqa: N802
                pass

            def addItem_(self, item: Any) -> None:  # noqa: N802
                self.items.append(item)

        class NSMenuItem(NSObject):
            state: Any = None

            @classmethod
            def separatorItem(cls) -> Any:  # noqa: N802
                return cls()

            def initWithTitle_action_keyEquivalent_(  # noqa: N802
                self, title: str, _action: Any, _key: str
            ) -> Any:
                self.title = title
                return self

            def setState_(self, state: int) -> None:  # noqa: N802
                self.state = state

            def __getattr__(self, name: str) -> Any:
                if name.startswith("set"):
                    return lambda *_: None
                raise AttributeError(name)

        def add_item(_length: int) -> StatusItem:
            self.items.append(made := StatusItem())
            return made

        bar = SimpleNamespace(
            statusItemWithLength_=add_item,
            removeStatusItem_=self.items.remove,
            thickness=lambda: self.thickness,
        )
        application = SimpleNamespace(
            run=self.run,
            stop_=self.stop,
            terminate_=self.stop,
            postEvent_atStart_=lambda _event, _start: None,
        )
        event = (
            "otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_"
            "subtype_data1_data2_"
        )
        anything = SimpleNamespace(
            alloc=lambda: SimpleNamespace(
                initWithString_attributes_=lambda text, _: text,
                initWithObjectsAndKeys_=lambda *_: {},
            )
        )
        kit: Any = ModuleType("AppKit")
        vars(kit).update(
            NSApplication=SimpleNamespace(sharedApplication=lambda: application),
            NSApplicationDefined=15,
            NSData=SimpleNamespace(dataWithBytes_length_=lambda data, size: data[:size]),
            NSEvent=SimpleNamespace(**{event: lambda *_: None}),
            NSEventTrackingRunLoopMode="tracking",
            NSFont=SimpleNamespace(
                boldSystemFontOfSize_=lambda _: None,
                menuFontOfSize_=lambda _: SimpleNamespace(pointSize=lambda: 13.0),
                menuBarFontOfSize_=lambda _: SimpleNamespace(pointSize=lambda: 14.0),
                monospacedDigitSystemFontOfSize_weight_=lambda size, weight: (
                    "monospaced digits",
                    size,
                    weight,
                ),
            ),
            NSFontAttributeName="font",
            NSFontWeightRegular=0.0,
            NSImage=NSImage,
            NSImageLeft=2,
            NSImageOnly=1,
            NSMenu=NSMenu,
            NSMenuItem=NSMenuItem,
            NSOffState=0,
            NSOnState=1,
            NSPoint=lambda x, y: (x, y),
            NSRunLoop=SimpleNamespace(
                currentRunLoop=lambda: SimpleNamespace(currentMode=lambda: self.mode)
            ),
            NSScreen=SimpleNamespace(
                screens=lambda: [
                    SimpleNamespace(backingScaleFactor=lambda scale=scale: scale)
                    for scale in (1.0, self.scale)
                ]
            ),
            NSStatusBar=SimpleNamespace(systemStatusBar=lambda: bar),
            NSVariableStatusItemLength=-1,
            NSAppearanceNameAqua="NSAppearanceNameAqua",
            NSAppearanceNameDarkAqua="NSAppearanceNameDarkAqua",
        )
        foundation: Any = ModuleType("Foundation")
        vars(foundation).update(
            NSObject=NSObject, NSData=bytes, NSAttributedString=anything, NSDictionary=anything
        )
        objc: Any = ModuleType("objc")
        objc.namedSelector = lambda _name: lambda method: method
        signals: Any = ModuleType("PyObjCTools.MachSignals")
        signals.signal = lambda _number, _handler: None
        signals.getsignal = lambda _number: None
        tools: Any = ModuleType("PyObjCTools")
        tools.MachSignals = signals
        tools.AppHelper = SimpleNamespace(callAfter=self.call_after)
        return dict(zip(NAMES, (kit, foundation, objc, tools, signals), strict=True))


@contextmanager
def macos_icon_class(mac: FakeMac, patch: pytest.MonkeyPatch) -> Iterator[type[Any]]:
    """Pystray's own `Icon` for macOS, loaded on top of `mac`."""
    for name, module in mac.modules().items():
        patch.setitem(sys.modules, name, module)
    try:
        yield importlib.import_module("pystray._darwin").Icon
    finally:
        sys.modules.pop("pystray._darwin", None)
        vars(sys.modules["pystray"]).pop("_darwin", None)
