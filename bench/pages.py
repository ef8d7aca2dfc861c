"""How long a page takes over one kept-alive connection, and whether that grows with the number of units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bench.harness import Figure, Place, get, median_ms
from bench.town import bearer, town, web

SIZES = (1_000, 10_000, 50_000)
LIST_OF = 100


def figures(place: Place) -> Iterator[Figure]:
    """Counts, list, report, each as a program and as a browser asks for it."""
    lists: dict[tuple[str, int], float] = {}
    for size in SIZES:
        found = town(place, size)
        lead = found.lead()
        report = found.rows("SELECT id FROM report WHERE state = 'submitted' ORDER BY id LIMIT 1")[0]["id"]
        drafting = found.drafting(1)[0]
        reads_all, browser = bearer("lead-1"), found.cookie(lead)
        board = f"/campaigns/{found.campaign_id}/board"
        with web(place, found) as server:
            connection = server.connection()

            def asked(path: str, headers: dict[str, str], connection: Any = connection) -> float:
                return median_ms(lambda: get(connection, path, headers), 150, 30)

            counts = 10 if size == SIZES[-1] else 5
            yield _page(f"board counts, API, {size:,}", asked(f"/api/v1{board}", reads_all), counts, "bare GROUP BY")
            lists["API", size] = asked(
                f"/api/v1/campaigns/{found.campaign_id}/reports?limit={LIST_OF}", bearer("lead-2")
            )
            yield _page(f"list of {LIST_OF}, API, {size:,}", lists["API", size], 8)
            lists["page", size] = asked(board, browser)
            note = f"target: the issue's {counts} for counts and 8 for the list, added up; it names none for the page"
            yield _page(f"board page, counts + {LIST_OF} rows, {size:,}", lists["page", size], counts + 8, note=note)
            yield _page(f"a report, API, {size:,}", asked(f"/api/v1/reports/{report}", bearer("lead-3")), 10)
            own = found.cookie(drafting["user_id"])
            yield _page(f"a report's page, {size:,}", asked(f"/reports/{drafting['id']}", own), 10)
            yield _page(f"its section, {size:,}", asked(f"/reports/{drafting['id']}/sections/I.1", own), 10)
            yield _page(f"its table, {size:,}", asked(f"/reports/{drafting['id']}/tables/1", own), 10)
    for kind in ("API", "page"):
        yield Figure(
            f"list of {LIST_OF}, {kind}, 50,000 over 1,000", lists[kind, SIZES[-1]] / lists[kind, SIZES[0]], "x", 1.5
        )


def _page(name: str, taken: float, target: float, bare: str = "bare page", note: str = "") -> Figure:
    return Figure(name, taken, "ms", target, bare=bare, note=note)
