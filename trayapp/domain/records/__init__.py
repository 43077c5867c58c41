"""What is known: samples, series, sizes and levels, as plain records."""
