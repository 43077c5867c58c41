"""The command line: one file per family of verbs; knows every other room."""
