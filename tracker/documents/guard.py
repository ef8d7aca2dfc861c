"""Runs heavy or dangerous document work in a child process with limits on memory, time and files.

What the child does is in child.py; which file may come in at all is decided by reader.py and package.py.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tracker.core.errors import Invalid
from tracker.core.text import N_

log = logging.getLogger(__name__)

# Nothing of this process's settings: the child knows no secret, no database, no mail server.
_ENVIRONMENT = {"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"}
_ROOT = Path(__file__).resolve().parents[2]
REFUSED = 3
"""Exit status of a child that answers with a refusal."""
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: address space in bytes (0: no limit), processor seconds, and answer bytes."""

    memory: int = 768 * MIB
    seconds: int = 20
    answer: int = 64 * MIB


TASKS: dict[str, Limits] = {
    "blocks": Limits(),
    "rich": Limits(),
    "rows": Limits(),
    # Our own text, not a stranger's file: the child only gives its memory back to the machine.
    "pdf": Limits(memory=0, seconds=120, answer=256 * MIB),
}


def run(task: str, data: bytes, name: str = "") -> bytes:
    """The answer of `task` on `data`, worked out in a child process; `name` is the file's own name.

    Raises Invalid with the child's refusal, or "too_heavy" if a limit stopped it, or "unreadable" if it broke down.
    """
    limits = TASKS[task]
    command = [sys.executable, "-X", "utf8", "-m", "tracker.documents.child", task]
    head = json.dumps({"name": name}).encode() + b"\n"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module, the task one of TASKS
            command,
            input=head + data,
            capture_output=True,
            cwd=_ROOT,
            env=_ENVIRONMENT,
            timeout=limits.seconds + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_heavy(name) from None
    if done.returncode == 0 and len(done.stdout) <= limits.answer:
        return done.stdout
    if done.returncode == REFUSED:
        answer = json.loads(done.stdout)
        raise Invalid(answer["code"], answer["message"], **answer["params"])
    log.warning(
        "document child %s ended with %s: %s", task, done.returncode, done.stderr[-500:].decode("utf-8", "replace")
    )
    if done.returncode < 0 or done.returncode == 0:
        raise _too_heavy(name)
    raise Invalid(
        "unreadable",
        N_("Không đọc được tệp «%(name)s»: nội dung bị hỏng. Mở tệp, lưu lại thành tệp mới rồi tải lên."),
        name=name,
    )


def _too_heavy(name: str) -> Invalid:
    return Invalid(
        "too_heavy",
        N_("Tệp «%(name)s» quá nặng hoặc quá phức tạp để đọc. Bỏ bớt hình ảnh, bảng ẩn rồi lưu lại và tải lên."),
        name=name,
    )
