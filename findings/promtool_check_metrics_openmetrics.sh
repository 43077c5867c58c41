#!/bin/sh
# promtool 2.42.0 (Debian 12): `promtool check metrics` refuses valid OpenMetrics, though the same
# program makes blocks of it and the Prometheus beside it scrapes it.
#
# Expected: a check of what a server offers under /metrics, or a word that the form is not supported.
# Seen: `text format parsing error in line 5: unknown metric type "info"`. The check has the parser of
# the older text form alone (expfmt), which knows counter, gauge, histogram, summary and untyped;
# `tsdb create-blocks-from openmetrics` has the one that scrapes. Where a file holds gauges and
# counters only, the check says nothing against it.
# Way out: read it back with prometheus_client's OpenMetrics parser.
#
# Needs apt-get and dpkg-deb. Exits 0 while that is so, 1 when it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    prometheus_client==0.23.1
(cd "$folder" && apt-get download -qq prometheus 2>/dev/null && dpkg-deb -x prometheus_*.deb root)
promtool=$folder/root/usr/bin/promtool
version=$("$promtool" --version 2>&1 | sed -n 's/^promtool, version \([0-9.]*\).*/\1/p')

"$folder/env/bin/python" - >"$folder/metrics.txt" <<'PROGRAM'
from prometheus_client import CollectorRegistry, Gauge, Info
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

registry = CollectorRegistry()
Gauge("app_memory_bytes", "Memory in use.", registry=registry).set(1e6)
Info("app_build", "Which build it is.", registry=registry).info({"version": "1"})
text = generate_latest(registry).decode()
assert len(list(text_string_to_metric_families(text))) == 2
print(text, end="")
PROGRAM
sed '/^app_/s/$/ 1764500000/' "$folder/metrics.txt" >"$folder/timed.txt"

check=$("$promtool" check metrics <"$folder/metrics.txt" 2>&1) && checked=0 || checked=$?
"$promtool" tsdb create-blocks-from openmetrics "$folder/timed.txt" "$folder/blocks" \
    >"$folder/blocks.txt" 2>&1 && read_it=0 || read_it=$?

echo "promtool $version: check metrics exits $checked ($check); create-blocks-from exits $read_it"
if [ "$checked" -ne 0 ] && [ "$read_it" -eq 0 ] && [ -n "$(ls "$folder/blocks")" ]; then
    echo "as found: one of them reads OpenMetrics, the other does not"
else
    echo "changed: they agree now"
    exit 1
fi
