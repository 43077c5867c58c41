"""An hour of a desktop's ordinary life: `python -m tests.benchmarks.ordinary [--seconds 3600]`.

The whole applet runs in a virtual desktop with its default settings and one target: a service of
ours that leaks 20 KB/s under a saw-tooth. Around it lives what is installed of a browser whose tabs
come and go, a compiler, a PostgreSQL server under pgbench, a JavaScript server, and a container.
Prints every notification as it arrives, and at the end what the applet said of whom. What is to be
seen: the service is told of within 15 min, and nothing else in the hour. Asserts nothing.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from tests.desktop.applet import Applet
from tests.desktop.desktop import VirtualDesktop

LEAK_BYTES_PER_SECOND = 20_000
SERVICE = """
import time
kept, cache, last = [], [], time.monotonic()
base = bytearray(30_000_000)
while True:  # leaky-service
    time.sleep(0.5)
    now = time.monotonic()
    kept.append(b"x" * int({rate} * (now - last)))
    last = now
    cache.append(b"y" * 200_000)
    if len(cache) > 60:  # a tooth of 12 MB every 30 s
        cache.clear()
"""
JAVASCRIPT = """
const http = require('http');
http.createServer((request, response) => {
  const rows = Array.from({length: 20000}, (_, n) => ({n, text: 'row ' + n + Math.random()}));
  response.end(JSON.stringify(rows).slice(0, 1000));
}).listen(PORT, '127.0.0.1');
setInterval(() => http.get({port: PORT, host: '127.0.0.1'}, r => r.resume()).on('error', () => {}),
            700);
"""
CONTAINED = """
import random, time
while True:
    work = [bytearray(random.randrange(1, 4) * 1_000_000) for _ in range(random.randrange(4, 30))]
    time.sleep(random.uniform(5, 40))
    del work
    time.sleep(random.uniform(1, 20))
"""
PAGE = """<script>
const kept = Array.from({length: 200000}, (_, n) => 'entry ' + n);
document.write(kept.slice(0, 3000).join(' '));
setInterval(() => { document.title = new Array(50000).fill(Math.random()).join().length }, 900);
</script>"""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TABS_MOST = 6
JAVASCRIPT_PORT = 18_081
BROWSER_PORT = 18_082
CONTAINER_ID = "5b1e" * 16

Chore = Callable[[], object]
"""What a person or a timer does now and then."""


class Life:
    """Everything that runs beside the applet. Ended when left."""

    def __init__(self, folder: Path, display: dict[str, str]) -> None:
        self.folder = folder
        self.env = os.environ | display
        self.chores: list[tuple[float, Chore]] = []
        """How often, in seconds, on average; and what."""
        self.left_out: list[str] = []
        self._stack = ExitStack()
        self._random = random.Random(7)
        self._due: dict[int, float] = {}
        self._tabs: list[str] = []
        self._build: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._run([sys.executable, "-c", SERVICE.format(rate=LEAK_BYTES_PER_SECOND)])
        for begin in (self._browse, self._compile, self._keep_data, self._serve, self._contain):
            begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def step(self) -> None:
        """Do the chores that are due."""
        now = time.monotonic()
        for number, (mean_seconds, chore) in enumerate(self.chores):
            if now >= self._due.setdefault(number, now):
                self._due[number] = now + self._random.uniform(0.5, 1.5) * mean_seconds
                with suppress(OSError, http.client.HTTPException):
                    chore()

    def _browse(self) -> None:
        browser = next(filter(shutil.which, BROWSERS), None)
        if browser is None:
            self.left_out.append("a browser")
            return
        page = self.folder / "page.html"
        page.write_text(PAGE)
        options = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-allow-origins=*")
        profile = f"--user-data-dir={self.folder / 'profile'}"
        port = f"--remote-debugging-port={BROWSER_PORT}"
        self._run([browser, "--headless=new", *options, profile, port, page.as_uri()])

        def open_or_close() -> None:
            if self._tabs and self._random.random() < len(self._tabs) / TABS_MOST:
                self._ask(f"/json/close/{self._tabs.pop(self._random.randrange(len(self._tabs)))}")
            else:
                opened = json.loads(self._ask(f"/json/new?{page.as_uri()}", "PUT"))
                self._tabs.append(str(opened["id"]))

        self.chores.append((30.0, open_or_close))

    def _ask(self, path: str, method: str = "GET") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", BROWSER_PORT, timeout=5)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def _compile(self) -> None:
        if not shutil.which("gcc"):
            self.left_out.append("a compiler")
            return
        source = self.folder / "program.c"
        lines = (f"int f{n}(int x) {{ return x * {n} + x % {n + 1}; }}" for n in range(8000))
        source.write_text("\n".join(lines))

        def build() -> None:
            if self._build is None or self._build.poll() is not None:
                self._build = self._run(["gcc", "-O2", "-c", str(source), "-o", os.devnull])

        self.chores.append((45.0, build))

    def _keep_data(self) -> None:
        programs = Path("/usr/lib/postgresql")
        found = sorted(programs.glob("*/bin/postgres")) if programs.is_dir() else []
        if not found or not shutil.which("pgbench"):
            self.left_out.append("a database")
            return
        # PostgreSQL refuses to be run by root.
        user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        data = self.folder / "data"
        data.mkdir()
        os.chown(data, user.pw_uid, user.pw_gid)
        self.folder.chmod(0o755)
        bin_folder = found[-1].parent
        initdb = [str(bin_folder / "initdb"), "-D", str(data), "-U", "bench", "--no-sync"]
        subprocess.run(initdb, user=user.pw_uid, check=True, capture_output=True)
        options = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={data}")
        self._run([str(found[-1]), "-D", str(data), *options], user=user.pw_uid)
        bench = ["pgbench", "-h", str(data), "-U", "bench", "postgres"]
        while subprocess.run([*bench, "-i", "-q"], capture_output=True, check=False).returncode:
            time.sleep(0.5)
        self.chores.append((60.0, lambda: self._run([*bench, "-c", "4", "-T", "20", "-R", "40"])))

    def _serve(self) -> None:
        if not shutil.which("node"):
            self.left_out.append("a JavaScript server")
            return
        self._run(["node", "-e", JAVASCRIPT.replace("PORT", str(JAVASCRIPT_PORT))])

    def _contain(self) -> None:
        """A process in a group named as Docker names its containers."""
        controllers = [Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/unified")]
        root = next((each for each in controllers if os.access(each, os.W_OK)), None)
        if root is None:
            self.left_out.append("a container")
            return
        group = root / "docker" / CONTAINER_ID
        group.mkdir(parents=True, exist_ok=True)
        contained = self._run([sys.executable, "-c", CONTAINED])
        (group / "cgroup.procs").write_text(str(contained.pid))

        def remove() -> None:
            contained.kill()
            contained.wait()
            with suppress(OSError):
                group.rmdir()
                group.parent.rmdir()

        self._stack.callback(remove)

    def _run(self, command: Sequence[str], user: int | None = None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, env=self.env, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

        def end() -> None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

        self._stack.callback(end)
        return process


def main() -> None:
    """Live for so long, and tell what was told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        VirtualDesktop() as desktop,
        Life(Path(folder), desktop.env) as life,
    ):
        print(f"left out: {', '.join(life.left_out) or 'nothing'}", flush=True)
        home = Path(folder, "home")
        applet = Applet(desktop, home, '[[targets]]\nname = "service"\nmatch = "leaky-service"\n')
        applet.start()
        try:
            live(applet, life, options.seconds)
            tell(applet)
        finally:
            applet.command("quit")


def live(applet: Applet, life: Life, seconds: float) -> None:
    """Print each line that the applet logs, with the minute."""
    log, shown = applet.home / "memtray.log", 0
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < seconds:
        life.step()
        with suppress(FileNotFoundError):
            lines = log.read_text().splitlines()
            for line in lines[shown:]:
                print(f"{elapsed / 60:5.1f} min  {line}", flush=True)
            shown = len(lines)
        time.sleep(0.5)


def tell(applet: Applet) -> None:
    """Print the applet's own account of everything at the end."""
    told = json.loads(applet.command("status", "--json").stdout)
    for each in [*told["targets"], *told["applications"][:15]]:
        print(
            f"  {each['name']:<30} {each['verdict']:<8} {each['shape']:<20} "
            f"{each['leak_score']:.2f}  {each['evidence']}"
        )
    print("  Memtray itself:", told["app"])


if __name__ == "__main__":
    main()
