"""Starts Memtray from one file: unpacks it once into the person's cache, and runs it from there.

Written so that older Pythons, too, get as far as the line that says which ones it is for.
"""

import os
import shutil
import stat
import sys
import tempfile
import zipfile
import zlib

KEPT_VERSIONS = 2


def cache_folder():
    """Return this user's folder for what can be made again."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "memtray", "pyz")


def is_ours(folder):
    """Return whether nobody else can have put anything there."""
    told = os.lstat(folder)
    if not stat.S_ISDIR(told.st_mode):
        return False
    return os.name != "posix" or (told.st_uid == os.getuid() and not told.st_mode & 0o022)


def unpacked(archive, digest, version):
    """Return the folder with this Python's packages; whole, or not there at all."""
    cache = cache_folder()
    os.makedirs(cache, mode=0o700, exist_ok=True)
    if not is_ours(cache):
        raise SystemExit("memtray: %s belongs to somebody else; set XDG_CACHE_HOME" % cache)
    folder = os.path.join(cache, "%s-%s" % (digest, version))
    if os.path.isdir(folder) and is_ours(folder):
        return folder
    print("memtray: unpacking into %s ..." % folder, file=sys.stderr)
    work = tempfile.mkdtemp(dir=cache)
    try:
        for kind in ("any", version):
            start = "packages/%s/" % kind
            for name in archive.namelist():
                if name.startswith(start):
                    target = os.path.join(work, *name[len(start) :].split("/"))
                    os.makedirs(os.path.dirname(target), exist_ok=True)
                    with archive.open(name) as source, open(target, "wb") as file:
                        shutil.copyfileobj(source, file)
        try:
            os.rename(work, folder)
        except OSError:
            if not os.path.isdir(folder):
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    forget_old(cache, folder)
    return folder


def forget_old(cache, folder):
    """Remove what versions before the last two have left."""
    others = [os.path.join(cache, name) for name in os.listdir(cache)]
    others = [each for each in others if each != folder and os.path.isdir(each)]
    for each in sorted(others, key=os.path.getmtime, reverse=True)[KEPT_VERSIONS - 1 :]:
        shutil.rmtree(each, ignore_errors=True)


def main():
    version = "%d.%d" % sys.version_info[:2]
    try:
        with zipfile.ZipFile(sys.argv[0]) as archive:
            if not any(name.startswith("packages/%s/" % version) for name in archive.namelist()):
                known = {name.split("/")[1] for name in archive.namelist() if "/" in name} - {"any"}
                raise SystemExit(
                    "memtray: this file is for Python %s, not %s"
                    % (", ".join(sorted(known)), version)
                )
            folder = unpacked(archive, archive.read("digest").decode("ascii"), version)
    except (OSError, zipfile.BadZipFile, zlib.error) as error:
        raise SystemExit("memtray: cannot be unpacked: %s" % error) from None
    # Start at login must go on working when this version has been forgotten.
    os.environ["MEMTRAY_FILE"] = os.path.abspath(sys.argv[0])
    command = [sys.executable, folder, *sys.argv[1:]]
    if os.name == "posix":
        os.execv(sys.executable, command)
    import subprocess

    raise SystemExit(subprocess.call(command))


main()
