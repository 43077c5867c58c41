"""The kinds of tray that Memtray serves itself: one file each."""
