"""Files that answers have written, in the judge's working folder, where tests look for them.

They come as bytes, only of kinds that are read as plain data, and never in the place of a file of the unit's own, or of one
that the judge's own cells have written: those that have come are known by their time, and keep it until the judge writes one.
"""

import os
from pathlib import Path

from gdcourse.grading.judge.remote import Remote
from gdcourse.grading.limits import CARRIED_BYTES, CARRIED_FILES
from gdcourse.grading.wire.files import PLAIN

CAME = 946_684_800  # the time that a file gets which has come: the year 2000


class Folder:
    """The working folder. own: names of the unit's own files in it."""

    def __init__(self, own: frozenset[str], path: str = ".") -> None:
        self.own, self.path = own, Path(path)
        self.theirs: set[str] = set()

    def fetch(self, remote: Remote) -> None:
        """Let the files of a student's process be here as they are there."""
        left, found = CARRIED_BYTES, {}
        for name, content in list(remote.files().items())[:CARRIED_FILES]:
            if is_plain(name) and name not in self.own and type(content) is bytes and len(content) <= left:
                found[name] = content
                left -= len(content)
        self.theirs = {name for name in self.theirs if self._as_it_came(name)}
        for name in self.theirs - set(found):
            (self.path / name).unlink()
        for name, content in found.items():
            self._write(name, content)

    def _as_it_came(self, name: str) -> bool:
        path = self.path / name
        return path.is_file() and not path.is_symlink() and path.stat().st_mtime == CAME

    def _write(self, name: str, content: bytes) -> None:
        path = self.path / name
        try:
            if name not in self.theirs and os.path.lexists(path):
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except OSError:  # a folder is a file of the unit's own, or the name is too long
            return
        with open(fd, "wb") as file:
            file.write(content)
        os.utime(path, (CAME, CAME))
        self.theirs.add(name)


def is_plain(name: object) -> bool:
    """Is this the name of a file below a folder, of a kind that holds plain data?"""
    if type(name) is not str or not name or len(name) > 200 or any(ord(c) < 32 for c in name):
        return False
    path = Path(name)
    inside = not path.is_absolute() and ".." not in path.parts and str(path) == name and len(path.parts) < 5
    return inside and path.suffix.lower() in PLAIN
