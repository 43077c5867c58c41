"""`python -m trayapp` is the same as `memtray`."""

from __future__ import annotations

import sys

from trayapp.cli.main import main

sys.exit(main())
