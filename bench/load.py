"""Four kept-alive connections that send reports and accept them as fast as they are answered.

Its own process: takes the reports of each connection as JSON on stdin, prints the steps a second of each third.
"""

from __future__ import annotations

import json
import sys
import time
from http.client import HTTPConnection
from threading import Thread
from typing import Any

from bench.steps import step_of

PARTS = 3


def work(port: int, reports: list[dict[str, Any]], ends: list[float]) -> None:
    """One connection: every report is sent by its reporter, then accepted by the lead office."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for report in reports:
        version = step_of(connection, report["id"], "submit", report["version"], report["user_id"])
        ends.append(time.perf_counter())
        step_of(connection, report["id"], "accept", version, f"lead-{101 + report['id'] % 100}")
        ends.append(time.perf_counter())


def main(port: int) -> None:
    """Run until every connection has done its reports."""
    lots: list[list[dict[str, Any]]] = json.load(sys.stdin)
    ends: list[list[float]] = [[] for _ in lots]
    threads = [Thread(target=work, args=(port, lot, ends[n])) for n, lot in enumerate(lots)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments = sorted(moment for part in ends for moment in part)
    if len(moments) != 2 * sum(map(len, lots)):
        sys.exit("a connection failed")
    moments = moments[len(moments) // 10 :]  # the first are the warm-up
    size = len(moments) // PARTS
    thirds = [moments[n * size : (n + 1) * size] for n in range(PARTS)]
    print(json.dumps([(len(third) - 1) / (third[-1] - third[0]) for third in thirds]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
