"""The `tracker` program's processes as a test starts and kills them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
PROGRAM = "import sys; from workers.main import main; sys.exit(main(sys.argv[1:]))"
SECRET = "only-for-the-tests-0123456789abcdef"


class Process:
    """One command of the program, its output in `log`; killed at the end of the block if it still runs."""

    def __init__(self, log: Path, *arguments: str, **environment: str) -> None:
        self.log = log
        self._out = log.open("ab")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            stdout=self._out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**clean, "TRACKER_SECRET_KEY": SECRET, **environment},
            start_new_session=True,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._out.close()

    def kill(self) -> None:
        """SIGKILL to it and all it forked."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self, number: signal.Signals = signal.SIGTERM, within: float = 15) -> int:
        """Ask it to stop; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(within)

    @property
    def said(self) -> str:
        """Everything it wrote so far."""
        return self.log.read_text(encoding="utf-8")


def wait_for(true: Callable[[], object], seconds: float = 30, why: str = "") -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, why or "it never came true"
        time.sleep(0.05)


def serves(url: str) -> bool:
    """True if the program answers there."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
