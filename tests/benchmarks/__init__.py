"""Commands that print what things cost; no tests."""
