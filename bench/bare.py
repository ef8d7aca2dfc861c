"""The bare limits: the least that a page, a query, a step, a mail, a document can cost on this machine today.

Nothing of the tracker is in them; its figures are shown beside them.
"""

from __future__ import annotations

import io
import smtplib
import sys
import time
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from xml.sax.saxutils import escape

import psycopg
from flask import Flask

from bench.harness import Figure, Place, free_port, get, mail_sink, median_ms, seconds, served
from tests.servers import plain

ROWS = 50_000
MAILS = 1_000
REPORTS = 60

hello = Flask("hello")


@hello.get("/")
def _hello() -> str:
    return "hello"


def figures(place: Place) -> Iterator[Figure]:
    """All bare limits, in the order of the issue."""
    yield _flask()
    yield from _postgres(place)
    yield _smtp()
    yield Figure("bare DOCX", seconds(_docx), "s", note=f"{REPORTS} reports as raw XML")


def _flask() -> Figure:
    port = free_port()
    gunicorn = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "-b", f"127.0.0.1:{port}"]
    with served([*gunicorn, "bench.bare:hello"], port) as server:
        connection = server.connection()
        return Figure(
            "bare page", median_ms(lambda: get(connection, "/"), 2000, 200), "ms", note="Flask hello, gunicorn"
        )


def _postgres(place: Place) -> Iterator[Figure]:
    with psycopg.connect(plain(place.database())) as connection:
        connection.execute(
            "CREATE TABLE report (id bigint PRIMARY KEY, campaign_id int, state text, group_name text, version int)"
        )
        connection.execute(
            "INSERT INTO report SELECT i, 1, (ARRAY['drafting','submitted','reviewed','consolidated'])[1 + i %% 4],"
            " 'group ' || i %% 5, 1 FROM generate_series(1, %s) i",
            (ROWS,),
        )
        connection.execute("CREATE TABLE event (id bigserial PRIMARY KEY, report_id bigint, step text, at timestamptz)")
        connection.commit()
        connection.execute("ANALYZE report")
        connection.commit()

        def count() -> None:
            connection.execute("SELECT state, count(*) FROM report WHERE campaign_id = 1 GROUP BY state").fetchall()

        yield Figure("bare GROUP BY", median_ms(count), "ms", note=f"over {ROWS} rows")
        connection.commit()

        turn = iter(range(1, ROWS))

        def step() -> None:
            report = next(turn)
            connection.execute("UPDATE report SET version = version + 1 WHERE id = %s AND version = 1", (report,))
            connection.execute("INSERT INTO event (report_id, step, at) VALUES (%s, 'submit', now())", (report,))
            connection.commit()

        yield Figure("bare step", median_ms(step, 500), "ms", note="UPDATE + INSERT + COMMIT")


def _smtp() -> Figure:
    mail = EmailMessage()
    mail["From"], mail["To"] = "theo-doi@tracker.example", "xa@tracker.example"
    mail["Subject"] = "Nhắc nộp báo cáo"
    mail.set_content("Còn 3 ngày làm việc.\n" * 20)
    with mail_sink() as (port, count), smtplib.SMTP("127.0.0.1", port) as client:
        start = time.perf_counter()
        for _ in range(MAILS):
            client.send_message(mail)
        taken = time.perf_counter() - start
        if count() != MAILS:
            raise RuntimeError(f"the sink took {count()} of {MAILS} mails")
    return Figure("bare mails", MAILS / taken, "mails/s", more=True, note="smtplib, one connection, to a sink")


_PARTS = {
    "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/'
    'package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/'
    'package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="word/document.xml"/></Relationships>',
}


def _docx() -> bytes:
    """24 headings and 72 paragraphs a report, three tables of eleven rows: the size of the plan's reports."""

    def paragraph(text: str) -> str:
        return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'

    def table() -> str:
        row = "<w:tr>" + f"<w:tc>{paragraph('1.148')}</w:tc>" * 8 + "</w:tr>"
        return f"<w:tbl>{row * 11}</w:tbl>"

    text = "Cấp ủy đã quán triệt, triển khai nghị quyết đến cán bộ, đảng viên và Nhân dân trên địa bàn. " * 3
    body: list[str] = []
    for unit in range(REPORTS):
        for section in range(24):
            body.append(paragraph(f"{section + 1}. Đơn vị {unit}"))
            body.extend(paragraph(text) for _ in range(3))
        body.extend(table() for _ in range(3))
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    document = f'<w:document xmlns:w="{namespace}"><w:body>{"".join(body)}</w:body></w:document>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name, content in _PARTS.items():
            package.writestr(name, content)
        package.writestr("word/document.xml", document)
    return out.getvalue()
