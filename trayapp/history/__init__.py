"""The store: one SQLite file, three tiers, one writer, many readers."""
