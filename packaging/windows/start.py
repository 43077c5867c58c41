"""What the frozen programs run: a command of Memtray's, or one of its child processes."""

import sys

if __name__ == "__main__":
    if sys.argv[1:3] == ["-m", "trayapp"]:
        # Children are started as `sys.executable -m trayapp …`, and this is sys.executable.
        del sys.argv[1:3]
    from trayapp.cli.main import main

    sys.exit(main())
