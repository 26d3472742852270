"""What Windows does with files, played on Linux: the calls that the cache makes behave as they do there.

Text mode turns line feeds into two bytes, a file that is open is neither replaced nor deleted, a rename never
replaces, folders are not opened, and neither links, modes, inodes nor long or reserved names are to be had.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
import stat
import threading
from pathlib import Path

from dtanalytics import disk

SYSTEMS = ("linux", "windows", "no hard links")
_BINARY = 1 << 28
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
_LONGEST = 259


class Windows:
    """Patches of ``os`` and ``open``; ``held`` counts the open handles of each file."""

    def __init__(self, patch) -> None:
        self.held = {}
        self.one_at_a_time = threading.Lock()
        self.text = set()
        self.read_only = set()
        self.real = {name: getattr(os, name) for name in
                     ("open", "close", "write", "fsync", "replace", "rename", "unlink", "mkdir", "lstat", "fstat")}  # fmt: skip
        self.real_open = io.open
        patch.setattr(os, "O_BINARY", _BINARY, raising=False)
        for name in ("O_NOFOLLOW", "O_DIRECTORY", "register_at_fork", "fork"):
            patch.delattr(os, name, raising=False)
        for name in self.real:
            patch.setattr(os, name, getattr(self, name))
        patch.setattr(os, "remove", self.unlink)
        patch.setattr(os, "link", self.link)
        patch.setattr(builtins, "open", self.open_file)
        patch.setattr(io, "open", self.open_file)
        patch.setattr(disk, "_WINDOWS", True)

    def open(self, path, flags, mode=0o777, *, dir_fd=None):
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        if flags & os.O_CREAT:
            check_name(path)
        handle = self.real["open"](path, flags & ~_BINARY, mode, dir_fd=dir_fd)
        self.held[handle] = os.path.realpath(path)
        if not flags & (os.O_WRONLY | os.O_RDWR):
            self.read_only.add(handle)
        if not flags & _BINARY:
            self.text.add(handle)
        return handle

    def fsync(self, handle):
        if handle in self.read_only:
            raise OSError(errno.EBADF, "Bad file descriptor")
        return self.real["fsync"](handle)

    def close(self, handle):
        self.read_only.discard(handle)
        self.held.pop(handle, None)
        self.text.discard(handle)
        return self.real["close"](handle)

    def write(self, handle, data):
        content = bytes(data)
        written = content.replace(b"\n", b"\r\n") if handle in self.text else content
        self.real["write"](handle, written)
        return len(content)

    def open_file(
        self,
        file,
        mode="r",
        buffering=-1,
        encoding=None,
        errors=None,
        newline=None,
        closefd=True,
        opener=None,
    ):
        if "b" not in mode:
            encoding = encoding or "cp1252"
            newline = newline if newline is not None or "r" in mode else "\r\n"
        if isinstance(file, str | os.PathLike) and not set(mode).isdisjoint("wax"):
            check_name(file)
        opened = self.real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if isinstance(file, str | os.PathLike):
            self.held[opened] = os.path.realpath(file)
        return opened

    def is_held(self, path):
        """Tell whether somebody has a file open."""
        for opened in [one for one in self.held if getattr(one, "closed", False)]:
            del self.held[opened]
        return os.path.realpath(path) in self.held.values()

    def replace(self, source, target, **_):
        check_name(target)
        if self.is_held(source) or self.is_held(target):
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(target))
        return self.real["replace"](source, target)

    def rename(self, source, target, **_):
        with self.one_at_a_time:
            return self._rename(source, target)

    def _rename(self, source, target):
        if os.path.lexists(target):
            raise FileExistsError(
                errno.EEXIST, "Cannot create a file when that file already exists", str(target)
            )
        return self.replace(source, target)

    def unlink(self, path, *, dir_fd=None):
        if self.is_held(path):
            raise PermissionError(errno.EACCES, "The process cannot access the file", str(path))
        return self.real["unlink"](path, dir_fd=dir_fd)

    def mkdir(self, path, _mode=0o777, *, dir_fd=None):  # modes mean nothing there
        check_name(path)
        return self.real["mkdir"](path, 0o777, dir_fd=dir_fd)

    def lstat(self, path, *, dir_fd=None):
        return without_inode(self.real["lstat"](path, dir_fd=dir_fd))

    def fstat(self, handle):
        return without_inode(self.real["fstat"](handle))

    @staticmethod
    def link(*_, **__):
        raise OSError(errno.EINVAL, "Incorrect function")


def check_name(path) -> None:
    """Refuse the names that Windows refuses."""
    for name in Path(path).parts[1:]:
        if re.search(r'[<>:"|?*\x00-\x1f]', name) or _RESERVED.fullmatch(name) or name[-1] in " .":
            raise OSError(errno.EINVAL, "The filename, directory name, or volume label syntax is incorrect")
    if len(os.fspath(path)) > _LONGEST:
        raise FileNotFoundError(errno.ENOENT, "The system cannot find the path specified", str(path))


def without_inode(state):
    """A disk that numbers no files; ``stat_result`` takes its other fields by name."""
    fields = list(state)
    fields[stat.ST_INO] = 0
    names = ("st_atime", "st_mtime", "st_ctime", "st_atime_ns", "st_mtime_ns", "st_ctime_ns")
    return os.stat_result(fields, {name: getattr(state, name) for name in names})


def play(system: str, patch) -> Windows | None:
    """Let this process see the files of another system."""
    if system == "windows":
        return Windows(patch)
    if system == "no hard links":
        patch.setattr(os, "link", Windows.link)
    return None
