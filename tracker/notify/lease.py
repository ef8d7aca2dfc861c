"""Who holds a claim: a token that names this process, and whether that process still lives.

How long a claim is good for and what happens when it ends is mailer.py's.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import lru_cache
from pathlib import Path

_PROC = Path("/proc")


def new_token() -> str:
    """A token for one claim: machine, process, its birth, and something random."""
    pid = os.getpid()
    return f"{_machine()}:{pid}:{_born(pid)}:{secrets.token_hex(8)}"


def is_dead(token: str) -> bool:
    """True if the holder ran on this machine and surely runs no more; False if it lives or cannot be known."""
    parts = token.split(":")
    if len(parts) != 4 or parts[0] != _machine() or not parts[1].isdigit():
        return False
    return _born(int(parts[1])) != parts[2]


@lru_cache(maxsize=1)
def _machine() -> str:
    """This boot of this machine and this world of process ids; nothing that tells outsiders which it is."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text()
        return hashlib.sha256(f"{boot}{os.readlink(_PROC / 'self/ns/pid')}".encode()).hexdigest()[:12]
    except OSError:
        return secrets.token_hex(6)


def _born(pid: int) -> str:
    """When a process began, in the kernel's ticks; "" if it is gone or a zombie."""
    try:
        after_name = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if after_name[0] in {"Z", "X"} else after_name[19]
