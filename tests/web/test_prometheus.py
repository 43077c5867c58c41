"""The metrics page scraped by a real Prometheus, where one is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.desktop import wait_until
from tests.web.serving import serving, settled

PROGRAM = shutil.which("prometheus")
NAME = 'a "quoted\\ name'
SETTINGS = """
[[targets]]
name = 'a "quoted\\ name'
match = "pytest"
"""
CONFIGURATION = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: memtray
    authorization:
      credentials_file: {home}/web-token-read-only
    static_configs:
      - targets: ["{host}"]
"""


@pytest.mark.skipif(PROGRAM is None, reason="needs Debian's prometheus")
def test_prometheus_reads_every_figure_with_the_read_only_token(tmp_path: Path) -> None:
    """Set up as the manual says."""
    assert PROGRAM
    with serving(tmp_path / "home", settings=SETTINGS) as served:
        told = settled(served)
        file, log = tmp_path / "prometheus.yml", tmp_path / "log"
        file.write_text(CONFIGURATION.format(home=served.home, host=served.host))
        options = (
            f"--config.file={file}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            # Any port that is free; what it is, the log says.
            "--web.listen-address=127.0.0.1:0",
        )
        with log.open("w") as stream:
            process = subprocess.Popen([PROGRAM, *options], stderr=stream, env={**os.environ})
        try:
            address = wait_until(lambda: _address_of(process.pid), what="its port", timeout=60)

            def values(query: str) -> list[Any]:
                asked = urllib.parse.urlencode({"query": query})
                place = f"http://{address}/api/v1/query?{asked}"
                try:
                    with urllib.request.urlopen(place, timeout=60) as answer:
                        found: list[Any] = json.load(answer)["data"]["result"]
                except OSError:
                    # Not ready yet.
                    return []
                return found

            total = wait_until(
                lambda: values("memtray_system_memory_total_bytes"), what="a scrape", timeout=60
            )
            assert float(total[0]["value"][1]) == told["system"]["total_bytes"]
            assert [one["value"][1] for one in values('up{job="memtray"}')] == ["1"]
            states = values("memtray_target_verdict")
            assert {one["metric"]["name"] for one in states} == {NAME}
            assert sum(float(one["value"][1]) for one in states) == 1
            assert values("memtray_samples_total")
        finally:
            process.terminate()
            process.wait()


def _address_of(pid: int) -> str | None:
    """Where a program listens; None: nowhere yet."""
    inodes = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(one.readlink()))
        except FileNotFoundError:
            continue
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
            return f"127.0.0.1:{int(fields[1].partition(':')[2], 16)}"
    return None
