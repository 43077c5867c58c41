"""Debian's Chromium without a window, driven over its DevTools protocol through two pipes.

Pipes rather than its usual port: nothing to collide with other tests, and no WebSocket client.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium")
DEADLINE_SECONDS = 60.0
_FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
    "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server",
    "--hide-scrollbars", "--mute-audio", "--password-store=basic", "--lang=en-US",
    # Nothing but what the test serves.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    # Root needs it, as in most containers.
    "--no-sandbox",
)  # fmt: skip
_KEYS = {
    "Enter": 13, "Escape": 27, "PageDown": 34, "End": 35, "Home": 36, "ArrowLeft": 37,
    "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Tab": 9,
}  # fmt: skip
SHIFT = 8


class Page:
    """One tab. Every method raises AssertionError after DEADLINE_SECONDS."""

    def __init__(self, browser: Chromium, session: str, context: str) -> None:
        self._browser = browser
        self._session = session
        self.context = context
        """The profile that it has for itself."""
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: object) -> dict[str, Any]:
        return self._browser.send(method, parameters, self._session)

    def open(self, address: str) -> None:
        self.send("Page.navigate", url=address)

    def run(self, script: str) -> Any:
        """Return the value of an expression; a promise is awaited."""
        answer = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, script: str) -> Any:
        """Wait until an expression is true, and return its value."""
        ends = time.monotonic() + DEADLINE_SECONDS
        # An element has no value of its own.
        asked = f"((found) => found instanceof Node || found)({script})"
        while time.monotonic() < ends:
            # The page may be on its way to another document.
            answer = self.send("Runtime.evaluate", expression=asked, returnByValue=True)
            if "exceptionDetails" not in answer and (value := answer["result"].get("value")):
                return value
            time.sleep(0.05)
        seen = self.run("document.body.innerText")
        raise AssertionError(f"never true: {script}\n{self.complaints()}\n{seen}")

    def key(self, name: str, modifiers: int = 0) -> None:
        code = _KEYS.get(name) or ord(name.upper())
        text = {"text": name} if len(name) == 1 else {"text": "\r"} if name == "Enter" else {}
        event = {"key": name, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.send("Input.dispatchKeyEvent", type="keyDown", **event, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **event)

    def drag(self, x: float, y: float, to_x: float) -> None:
        """Press the mouse at one place and let it go at another of the same height."""
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        button = {"button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, **button)
        for share in (0.3, 0.6, 1.0):
            there = x + (to_x - x) * share
            self.send("Input.dispatchMouseEvent", type="mouseMoved", x=there, y=y, buttons=1)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=to_x, y=y, **button)

    def touch(self, kind: str, *places: tuple[float, float]) -> None:
        """Send touchStart, touchMove or touchEnd with fingers at these places."""
        points = [{"x": x, "y": y, "id": at} for at, (x, y) in enumerate(places)]
        self.send("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def resize(self, width: int, height: int, *, is_phone: bool = False) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=is_phone,
        )  # fmt: skip
        self.send("Emulation.setTouchEmulationEnabled", enabled=is_phone, maxTouchPoints=2)

    def prefer(self, scheme: str) -> None:
        """Be on a desktop that is "light" or "dark"."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)

    def screenshot(self, file: Path, *, is_whole: bool = False) -> None:
        answer = self.send("Page.captureScreenshot", captureBeyondViewport=is_whole)
        file.write_bytes(base64.b64decode(answer["data"]))

    def complaints(self) -> list[str]:
        """Return what the console was told that is wrong: errors of scripts, of the policy."""
        found = []
        for event in self._browser.events:
            told = event.get("params", {})
            if event.get("sessionId") != self._session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(told["exceptionDetails"]))
            if event["method"] == "Log.entryAdded" and told["entry"]["level"] == "error":
                found.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        return found

    def forgive(self) -> None:
        """Forget what was wrong so far."""
        self._browser.events.clear()

    def loaded_bytes(self) -> dict[str, int]:
        """Return what came over the network so far by address, as it was encoded for the way."""
        address, size = {}, {}
        for event in self._browser.events:
            told = event.get("params", {})
            if event.get("sessionId") != self._session:
                continue
            if event["method"] == "Network.requestWillBeSent":
                address[told["requestId"]] = str(told["request"]["url"])
            if event["method"] == "Network.loadingFinished":
                size[told["requestId"]] = int(told["encodedDataLength"])
        return {where: size[key] for key, where in address.items() if key in size}


class Chromium:
    """The browser's process. Use `chromium`."""

    def __init__(self, process: subprocess.Popen[bytes], to: int, by: int) -> None:
        self._process, self._to, self._by = process, to, by
        self._number, self._buffer = 0, b""
        self.events: list[dict[str, Any]] = []

    def page(self) -> Page:
        """Open an empty tab with a profile of its own."""
        context = self.send("Target.createBrowserContext", {})["browserContextId"]
        made = {"url": "about:blank", "browserContextId": context}
        target = self.send("Target.createTarget", made)["targetId"]
        attached = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
        return Page(self, attached["sessionId"], context)

    def send(
        self, method: str, parameters: Mapping[str, object], session: str | None = None
    ) -> dict[str, Any]:
        """Ask for something and return its result."""
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        os.write(self._to, json.dumps(request).encode() + b"\0")
        ends = time.monotonic() + DEADLINE_SECONDS
        while True:
            message = self._next(ends, method)
            if message.get("id") == self._number:
                assert "error" not in message, (method, message["error"])
                result: dict[str, Any] = message["result"]
                return result
            self.events.append(message)

    def _next(self, ends: float, method: str) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._by], [], [], max(0.0, ends - time.monotonic()))
            assert ready, f"no answer to {method}"
            more = os.read(self._by, 1 << 20)
            assert more, f"Chromium ended, asked for {method}"
            self._buffer += more
        line, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@contextmanager
def chromium(folder: Path) -> Iterator[Chromium]:
    """Run Chromium with its files in a folder; it has ended after that."""
    assert PROGRAM, "Debian's chromium is missing: tests/desktop/setup.sh installs it"
    their_input, to = os.pipe()
    by, their_output = os.pipe()
    # Bash, since it can give a program descriptors 3 and 4 whatever ours are.
    command = f'exec "$@" 3<&{their_input} 4>&{their_output}'
    log = (folder / "chromium.log").open("wb")
    process = subprocess.Popen(
        ["bash", "-c", command, "bash", PROGRAM, *_FLAGS, f"--user-data-dir={folder / 'profile'}"],
        pass_fds=(their_input, their_output),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        env={**os.environ, "HOME": str(folder), "TZ": "UTC"},
    )
    os.close(their_input)
    os.close(their_output)
    try:
        yield Chromium(process, to, by)
    finally:
        # Its helpers, too, are of its session.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for descriptor in (to, by):
            os.close(descriptor)
        log.close()
