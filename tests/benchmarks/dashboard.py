"""What the dashboard costs: `python -m tests.benchmarks.dashboard [--glances FILE] [--days 90]`.

Prints figures, and beside them those of Glances in server mode where its program is named (made by
`python -m venv V && V/bin/pip install 'glances[web]'`: V/bin/glances). Ten tracked programs change
all the time; viewers read whatever they are sent. CPU time and memory are the processes' own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import gzip
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.web.serving import Served, WebSocketClient, loaded_at_once, serving, settled
from tests.windows.past import DAY, courses, write_past

STARTS, SECONDS, VIEWERS, TARGETS = 5, 30.0, 100, 10
GLANCES_PORT = 61298
CHANGING = """
import random, sys, time
kept = []
while True:
    kept = [bytes(random.randrange(1, 64) * 65536) for _ in range(8)]
    time.sleep(0.3)
"""
POLLED = ("/api/4/all", "/api/4/all/views")
"""What the page of Glances fetches at each update."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--glances", type=Path)
    parser.add_argument("--days", type=int, default=90)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print("Memtray")
        _measure_start(lambda: _first_answer_of_memtray(home / "start"))
        with _changing_programs(), serving(home / "live", settings=_targets()) as served:
            _measure_memory(served)
            settled(served)
            _measure_memtray(served)
        _measure_history(home / "past", options.days)
    if options.glances:
        print("Glances")
        _measure_start(lambda: _first_answer_of_glances(options.glances))
        with _changing_programs(), _glances(options.glances) as process:
            _measure_glances(process)


def _targets() -> str:
    return "".join(
        f"[[targets]]\nname = 'changing {number}'\nmatch = 'changing_{number}_'\n"
        for number in range(TARGETS)
    )


@contextlib.contextmanager
def _changing_programs() -> Iterator[None]:
    with contextlib.ExitStack() as opened:
        for number in range(TARGETS):
            command = [sys.executable, "-c", CHANGING, f"changing_{number}_"]
            process = opened.enter_context(subprocess.Popen(command))
            opened.callback(process.kill)
        yield


def _measure_start(first_answer: Callable[[], tuple[float, float]]) -> None:
    times, cpu_times = zip(*(first_answer() for _ in range(STARTS)), strict=True)
    median, cpu = statistics.median(times), statistics.median(cpu_times)
    print(f"  start to first answer: {median:.2f} s ({min(times):.2f} to {max(times):.2f})")
    print(f"  CPU until then: {cpu:.2f} s ({min(cpu_times):.2f} to {max(cpu_times):.2f})")


def _first_answer_of_memtray(home: Path) -> tuple[float, float]:
    """Return the seconds until then, and those of CPU."""
    began = time.monotonic()
    with serving(home) as served:
        assert served.ask("/").status == 200
        return time.monotonic() - began, _cpu_seconds(served.process.pid)


def _first_answer_of_glances(program: Path) -> tuple[float, float]:
    began = time.monotonic()
    with _glances(program) as process:
        return time.monotonic() - began, _cpu_seconds(process.pid)


@contextlib.contextmanager
def _glances(program: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Glances, once it answers."""
    quiet = subprocess.DEVNULL
    bind = ["-w", "--bind", "127.0.0.1", "--port", str(GLANCES_PORT)]
    with subprocess.Popen([program, *bind], stdout=quiet, stderr=quiet) as process:
        try:
            while True:
                with contextlib.suppress(OSError):
                    _fetch("/api/4/status")
                    break
                time.sleep(0.01)
            yield process
        finally:
            process.terminate()


def _fetch(path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{GLANCES_PORT}{path}", headers=headers or {}
    )
    try:
        with urllib.request.build_opener().open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _measure_memory(served: Served) -> None:
    """With a page that shows *Now*, which has asked for nothing else yet."""
    loaded_at_once(served)
    served.session()
    with WebSocketClient(served) as viewer:
        while not viewer.next().get("system"):
            pass
        for _ in range(10):
            viewer.next()
        print(f"  memory of the server with a viewer: {_resident_mb(served.process.pid):.1f} MB")


def _measure_memtray(served: Served) -> None:
    status = served.ask("/api/status").json
    resident = int(status["app"]["pid"])
    time.sleep(10)
    alone = _private_mib(resident)
    with WebSocketClient(served) as viewer:
        while not viewer.next().get("system"):
            pass
        viewer.next()
        ends, sizes = time.monotonic() + SECONDS, []
        while time.monotonic() < ends:
            sizes.append(len(viewer.next_text().encode()))
        watched = _private_mib(resident)
        resident_mb = _resident_mb(served.process.pid)
        print(f"  memory after the history was asked for, too: {resident_mb:.1f} MB")
        print(f"  an update: {statistics.mean(sizes):.0f} B on average, {max(sizes)} B at most")
    print(f"  private memory of Memtray itself: {alone:.1f} MiB, with a viewer {watched:.1f} MiB")
    _print_page([*loaded_at_once(served).values()])
    before = _cpu_seconds(served.process.pid), _cpu_seconds(resident)
    asyncio.run(_watch(served))
    after = _cpu_seconds(served.process.pid), _cpu_seconds(resident)
    shares = [100 * (new - old) / SECONDS for old, new in zip(before, after, strict=True)]
    print(f"  {VIEWERS} viewers: {shares[0]:.1f} % of a core, Memtray itself {shares[1]:.1f} %")
    host = served.ask("/api/status", {"Host": "example.org"}).status
    origin = served.ask("/api/status", {"Origin": "http://example.org"}).status
    print(f"  foreign Host: {host}, foreign Origin: {origin}")


def _measure_glances(process: subprocess.Popen[bytes]) -> None:
    time.sleep(10)
    print(f"  memory of the server: {_resident_mb(process.pid):.1f} MB")
    sizes = [sum(len(_fetch(path)[1]) for path in POLLED) for _ in range(5)]
    print(f"  an update: {statistics.mean(sizes):.0f} B polled")
    index = _fetch("/")[1]
    found = re.findall(rb"""(?:src|href)=["']/?(static/[^"']+)""", index)
    _print_page([index, *(_fetch(f"/{path.decode()}")[1] for path in found)])
    before = _cpu_seconds(process.pid)
    updates = asyncio.run(_poll())
    share = 100 * (_cpu_seconds(process.pid) - before) / SECONDS
    print(f"  {VIEWERS} viewers: {share:.1f} % of a core, {updates / SECONDS:.1f} updates/s of 100")
    host, _body = _fetch("/api/4/status", {"Host": "example.org"})
    origin, _body = _fetch("/api/4/status", {"Origin": "http://example.org"})
    print(f"  foreign Host: {host}, foreign Origin: {origin}")


def _print_page(files: list[bytes]) -> None:
    packed, whole = sum(len(gzip.compress(file)) for file in files), sum(map(len, files))
    print(f"  page with all it loads: {whole} B in {len(files)} files, {packed} B packed")


async def _watch(served: Served) -> None:
    """Be so many viewers for a while."""
    key = base64.b64encode(os.urandom(16)).decode()
    request = (
        f"GET /ws HTTP/1.1\r\nHost: {served.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {served.token}\r\n\r\n"
    )

    async def view() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request.encode())
        try:
            while await reader.read(65536):
                pass
        finally:
            writer.close()

    viewers = [asyncio.create_task(view()) for _ in range(VIEWERS)]
    await asyncio.sleep(SECONDS)
    for viewer in viewers:
        viewer.cancel()
    await asyncio.gather(*viewers, return_exceptions=True)


async def _poll() -> int:
    """Be so many pages of Glances, each of which fetches once a second; return how many came."""
    ends, updates = time.monotonic() + SECONDS, 0

    async def view() -> None:
        nonlocal updates
        while time.monotonic() < ends:
            began = time.monotonic()
            for path in POLLED:
                reader, writer = await asyncio.open_connection("127.0.0.1", GLANCES_PORT)
                writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
                await reader.read()
                writer.close()
            updates += 1
            await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))

    tasks = [asyncio.create_task(view()) for _ in range(VIEWERS)]
    await asyncio.wait(tasks, timeout=SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return updates


def _measure_history(home: Path, days: int) -> None:
    """Ask for a chart of ten of a hundred targets over months."""
    home.mkdir()
    now = time.time()
    write_past(home / "history.sqlite3", 100, days, end=now)
    names = list(courses(100))[:10]
    with serving(home) as served:
        settled(served)
        wanted = urllib.parse.urlencode([("target", name) for name in names])
        path = f"/api/metrics?from={now - days * DAY:.0f}&to={now:.0f}&{wanted}&points=300"
        served.ask(path)
        before, times = _cpu_seconds(served.process.pid), []
        for _ in range(5):
            began = time.monotonic()
            answer = served.ask(path, {"Accept-Encoding": "gzip"})
            times.append(time.monotonic() - began)
        cpu = (_cpu_seconds(served.process.pid) - before) / 5
        plain = len(gzip.decompress(answer.body))
        print(
            f"  a chart of 10 of 100 targets over {days} days: {len(answer.body)} B packed, "
            f"{plain} B plain, {cpu:.2f} s of CPU, {statistics.median(times):.2f} s"
        )


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _private_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(kib) for kib in re.findall(r"Private_\w+: +(\d+) kB", text)) / 1024


if __name__ == "__main__":
    main()
