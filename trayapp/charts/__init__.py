"""The parts that windows and exports both draw with; matplotlib only in child processes."""
