"""The child process of guard.py: sets its own limits, does one task on standard input, answers on standard output.

It reads no setting and opens no network connection; refusals go back as JSON with exit status 3.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable

from tracker.core.errors import Refusal
from tracker.core.text import N_
from tracker.documents.guard import REFUSED, TASKS, Limits


def main() -> int:
    """Exit status: 0 answered, 3 refused (JSON on standard output), else broken down."""
    task = sys.argv[1]
    _limit(TASKS[task])
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    name = str(json.loads(head)["name"])
    try:
        answer = _TASKS[task](data, name)
    except Refusal as refusal:
        return _refuse(refusal.code, refusal.message, refusal.params)
    except (MemoryError, RecursionError):
        message = N_(
            "Tệp «%(name)s» quá nặng hoặc quá phức tạp để đọc. Bỏ bớt hình ảnh, bảng ẩn rồi lưu lại và tải lên."
        )
        return _refuse("too_heavy", message, {"name": name})
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return 0


def _refuse(code: str, message: str, params: dict[str, object]) -> int:
    answer = {"code": code, "message": message, "params": {key: str(value) for key, value in params.items()}}
    sys.stdout.buffer.write(json.dumps(answer).encode())
    sys.stdout.buffer.flush()
    return REFUSED


def _limit(limits: Limits) -> None:
    if limits.memory:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _blocks(data: bytes, name: str) -> bytes:
    from tracker.documents.reader import blocks_here
    from tracker.documents.richblocks import pack_blocks

    return pack_blocks(blocks_here(data, name))


def _rich(data: bytes, name: str) -> bytes:
    from tracker.documents.reader import rich_here
    from tracker.documents.richblocks import pack_rich

    return pack_rich(rich_here(data, name))


def _rows(data: bytes, name: str) -> bytes:
    from tracker.documents.sheet import rows_here

    return json.dumps(rows_here(data, name), ensure_ascii=False).encode()


def _pdf(data: bytes, name: str) -> bytes:
    from tracker.documents.pdf import compile_here

    return compile_here(data)


_TASKS: dict[str, Callable[[bytes, str], bytes]] = {"blocks": _blocks, "rich": _rich, "rows": _rows, "pdf": _pdf}

if __name__ == "__main__":
    sys.exit(main())
