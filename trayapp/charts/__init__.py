"""What windows and exports both draw with; matplotlib is loaded in child processes only."""
