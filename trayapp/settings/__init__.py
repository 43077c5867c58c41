"""Everything that a person can set: one TOML file, read into typed records.

`records.py` declares each setting once, and from that come parsing, messages, the commented file of
the first start and the settings window.
"""
