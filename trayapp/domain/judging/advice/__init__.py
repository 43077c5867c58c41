"""What to do about memory, what it will give back, and why: pure, so that it replays.

Every kind of advice is a file in `kinds`, with one line in its tuple. What it goes by is a `Case`;
how much it will give back comes from measurements alone (`savings`).
"""
