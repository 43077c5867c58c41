#!/bin/sh
# pyperf 2.9.0 on Linux: the `command_max_rss` of `pyperf command` is the peak of pyperf's own
# worker, not of the command, for every command that is smaller than a Python process.
#
# Expected: the peak resident set of `sleep`, 1 to 2 MiB. Seen (Linux 6.18, Python 3.11): 12.2 MiB.
# pyperf takes it from getrusage(2) of its children. The kernel keeps the peak of the memory that a
# process gives up at execve(2) (setmax_mm_hiwater_rss in exec_mmap), which between fork and exec is
# its parent's. So peaks of small programs that a large one starts, by ru_maxrss, are the large
# one's.
# Way out: a small parent between the two, or VmHWM in /proc/PID/status, which starts anew at exec.
#
# Exits 0 while that is so, 1 when it has changed.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pyperf==2.9.0

"$folder/env/bin/python" -m pyperf command --processes 1 --values 1 --warmups 0 --loops 1 \
    --quiet --output "$folder/out.json" -- sleep 0.2 >/dev/null
told=$("$folder/env/bin/python" -c '
import json, sys
print(json.load(open(sys.argv[1]))["metadata"]["command_max_rss"] // 1024)' "$folder/out.json")

sleep 5 &
child=$!
sleep 0.5
true_peak=$(awk '/^VmHWM:/ { print $2 }' "/proc/$child/status")
kill "$child"

echo "sleep: VmHWM $true_peak KiB; pyperf 2.9.0 says $told KiB ($(uname -sr))"
if [ "$told" -gt $((3 * true_peak)) ]; then
    echo "as found: the figure is that of the process which started it"
else
    echo "changed: the figure is the command's own now"
    exit 1
fi
