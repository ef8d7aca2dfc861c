"""The API's description, OpenAPI 3.1, served at /api/v1/openapi.json. A test holds it to the routes."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(needed: tuple[str, ...] = (), /, **properties: Any) -> Json:
    return {"type": "object", "properties": properties, "required": list(needed or properties)}


def _nullable(schema: str, **more: Any) -> Json:
    return {"type": [schema, "null"], **more}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


STRING: Json = {"type": "string"}
INTEGER: Json = {"type": "integer"}
BOOLEAN: Json = {"type": "boolean"}
INSTANT: Json = {"type": "string", "format": "date-time"}
STATES = ["drafting", "submitted", "reviewed", "consolidated"]
STATE: Json = {"type": "string", "enum": STATES}
STEPS = ["submit", "withdraw", "send_back", "accept", "reopen", "consolidate", "release"]
NOTICES = ["pending", "sending", "sent", "failed", "ambiguous", "cancelled", "no_recipient"]
CELL: Json = {
    "oneOf": [
        {"type": "integer", "minimum": 0},
        {"type": "null"},
        {"type": "string", "enum": ["nothing_to_report", "not_applicable"]},
    ]
}
CELLS: Json = {
    "type": "object",
    "description": "row -> column key -> cell",
    "additionalProperties": {"type": "object", "additionalProperties": CELL},
}
COUNTS: Json = _object(**{state: INTEGER for state in STATES})
UNIT: Json = _object(code=STRING, name=STRING)

SCHEMAS: Json = {
    "Problem": _object(
        ("type", "title", "status", "code", "detail"),
        type=STRING,
        title=STRING,
        status=INTEGER,
        code=STRING,
        detail=STRING,
        version=INTEGER,
        missing=_list({"type": "object"}),
        problems=_list({"type": "object"}),
    ),
    "Campaigns": _object(items=_list(_object(id=INTEGER, number=STRING, title=STRING, open=BOOLEAN))),
    "Campaign": {
        "type": "object",
        "description": "The plan as opened: PlanSpec with the campaign's decisions in it.",
        "required": ["id", "open", "number", "title", "milestones", "outline", "tables"],
    },
    "Board": _object(
        as_of=INSTANT,
        total=INTEGER,
        by_state=COUNTS,
        overdue=INTEGER,
        late=INTEGER,
        groups=_list(_object(group=STRING, total=INTEGER, by_state=COUNTS, overdue=INTEGER)),
    ),
    "Reports": _object(
        items=_list(
            _object(
                id=INTEGER,
                unit=UNIT,
                state=STATE,
                version=INTEGER,
                due_before=INSTANT,
                completeness={"type": "number", "minimum": 0, "maximum": 1},
            )
        ),
        next=_nullable("string"),
    ),
    "Report": _object(
        (
            "id",
            "unit",
            "state",
            "version",
            "due_before",
            "completeness",
            "sections",
            "tables",
            "steps",
        ),
        id=INTEGER,
        campaign=INTEGER,
        unit=UNIT,
        group=STRING,
        state=STATE,
        version=INTEGER,
        due_before=INSTANT,
        resubmit_by=_nullable("string", format="date"),
        submitted_at=_nullable("string", format="date-time"),
        completeness={"type": "number", "minimum": 0, "maximum": 1},
        sections=_list(_object(number=STRING, title=STRING, html=STRING, nothing_to_report=BOOLEAN, required=BOOLEAN)),
        tables=_list(_object(number=STRING, nothing_to_report=BOOLEAN, cells=CELLS)),
        steps=_list({"type": "string", "enum": STEPS}),
    ),
    "SectionText": _object(
        ("version",), html={"type": "string", "maxLength": 200000}, nothing_to_report=BOOLEAN, version=INTEGER
    ),
    "TableCells": _object(("version",), cells=CELLS, nothing_to_report=BOOLEAN, version=INTEGER),
    "Version": _object(version=INTEGER),
    "StepWanted": _object(
        ("step", "version"),
        step={"type": "string", "enum": STEPS},
        note=_nullable("string"),
        resubmit_by=_nullable("string", format="date"),
        version=INTEGER,
    ),
    "Extension": _object(due_before=INSTANT, reason=STRING),
    "History": _object(
        items=_list(
            _object(
                ("step", "from", "to", "by", "at", "note"),
                step=STRING,
                **{"from": STATE},
                to=STATE,
                by=_nullable("string"),
                at=INSTANT,
                note=_nullable("string"),
                resubmit_by=_nullable("string", format="date"),
                version=INTEGER,
            )
        )
    ),
    "Attachment": _object(id=INTEGER, name=STRING, sha256=STRING),
    "ReportSpec": {
        "description": "A Word report split along the outline; nothing is saved.",
        **_object(
            campaign=STRING,
            unit=_nullable("string", description="code of the unit whose name stands in the head"),
            sections=_list(
                _object(
                    number=STRING,
                    html=STRING,
                    text=STRING,
                    matched_by={"type": "string", "enum": ["number", "title", "position"]},
                    confidence={"type": "number", "minimum": 0, "maximum": 1},
                )
            ),
            unplaced=_list(_object(html=STRING, text=STRING, after=_nullable("string"))),
            tables=_list(
                _object(
                    number=STRING,
                    cells=CELLS,
                    doubtful=_list(_object(row=STRING, column=STRING, raw=STRING, reason=STRING)),
                    disagrees=_list(
                        _object(row=STRING, column=STRING, typed=_nullable("number"), computed=_nullable("number"))
                    ),
                )
            ),
            missing=_object(sections=_list(STRING), rows=_list(_object(table=STRING, row=STRING))),
            warnings=_list(_object(code=STRING, where=STRING, text=STRING)),
        ),
    },
    "AssemblyWanted": _object(("provisional",), provisional=BOOLEAN, include_submitted=BOOLEAN),
    "Assembly": _object(
        ("id", "state", "progress", "included", "missing"),
        id=INTEGER,
        state={"type": "string", "enum": ["waiting", "running", "done", "failed"]},
        progress={"type": "number", "minimum": 0, "maximum": 1},
        included=_list({"type": "object"}),
        missing=_list(STRING),
    ),
    "Notices": _object(items=_list({"type": "object"}), next=_nullable("string")),
}


def _parameter(name: str, where: str, schema: Json, *, required: bool = False) -> Json:
    return {"name": name, "in": where, "required": required, "schema": schema}


KEY = _parameter("Idempotency-Key", "header", {"type": "string", "minLength": 1, "maxLength": 200})
CURSOR = _parameter("cursor", "query", STRING)
LIMIT = _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 200})


def _call(
    summary: str,
    gives: Json | str,
    *,
    takes: str | Json | None = None,
    status: int = 200,
    query: tuple[Json, ...] = (),
    refusals: tuple[int, ...] = (),
) -> Json:
    content = {"application/json": {"schema": _ref(gives)}} if isinstance(gives, str) else gives
    call: Json = {
        "summary": summary,
        "parameters": [*query, *((KEY,) if takes is not None else ())],
        "responses": {
            str(status): {"description": "done", "content": content},
            **{
                str(code): {
                    "description": "refused",
                    "content": {"application/problem+json": {"schema": _ref("Problem")}},
                }
                for code in (401, 404, 429, *refusals)
            },
        },
    }
    if takes is not None:
        body = {"application/json": {"schema": _ref(takes)}} if isinstance(takes, str) else takes
        call["requestBody"] = {"required": True, "content": body}
    return call


_BYTES: Json = {"schema": {"type": "string", "format": "binary"}}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_DOCX: Json = {f"{_OFFICE}.wordprocessingml.document": _BYTES}
_FILES: Json = {
    **_DOCX,
    f"{_OFFICE}.spreadsheetml.sheet": _BYTES,
    "application/pdf": _BYTES,
    "application/json": {"schema": {"type": "object"}},
}
_UPLOAD: Json = {
    "multipart/form-data": {
        "schema": _object(
            file={"type": "string", "format": "binary"},
            purpose={"type": "string", "enum": ["split", "attachment"]},
        )
    }
}
WRITE = (400, 403, 409, 413, 415, 422)

PATHS: Json = {
    "/campaigns": {"get": _call("Campaigns", "Campaigns")},
    "/campaigns/{campaign_id}": {"get": _call("What a campaign asks", "Campaign")},
    "/campaigns/{campaign_id}/board": {"get": _call("Totals by state and by group", "Board")},
    "/campaigns/{campaign_id}/reports": {
        "get": _call(
            "Reports in protocol order",
            "Reports",
            query=(
                _parameter("state", "query", {"type": "string", "enum": [*STATES, ""]}),
                _parameter("group", "query", STRING),
                _parameter("overdue", "query", BOOLEAN),
                _parameter("q", "query", STRING),
                CURSOR,
                LIMIT,
            ),
            refusals=(422,),
        )
    },
    "/campaigns/{campaign_id}/notices": {
        "get": _call(
            "The send ledger",
            "Notices",
            query=(_parameter("status", "query", {"type": "string", "enum": [*NOTICES, ""]}), CURSOR, LIMIT),
            refusals=(422,),
        )
    },
    "/campaigns/{campaign_id}/assemblies": {
        "post": _call("Ask for an assembly", "Assembly", takes="AssemblyWanted", status=202, refusals=WRITE)
    },
    "/assemblies/{assembly_id}": {"get": _call("An assembly and its progress", "Assembly")},
    "/assemblies/{assembly_id}/files/{format}": {
        "get": _call("A file of a finished assembly", _FILES, refusals=(409,))
    },
    "/reports/{report_id}": {"get": _call("One report", "Report")},
    "/reports/{report_id}/sections/{number}": {
        "put": _call("Write a section", "Version", takes="SectionText", refusals=WRITE)
    },
    "/reports/{report_id}/tables/{number}": {
        "put": _call("Write cells of a table", "Version", takes="TableCells", refusals=WRITE)
    },
    "/reports/{report_id}/files": {
        "post": {
            **_call("Attach a file, or split a Word report", "Attachment", takes=_UPLOAD, status=201, refusals=WRITE),
        }
    },
    "/reports/{report_id}/steps": {"post": _call("Take a step", "Report", takes="StepWanted", refusals=WRITE)},
    "/reports/{report_id}/history": {"get": _call("What happened", "History")},
    "/reports/{report_id}/document": {"get": _call("The report as .docx", _DOCX)},
    "/reports/{report_id}/extension": {"post": _call("Give more time", "Report", takes="Extension", refusals=WRITE)},
}
PATHS["/reports/{report_id}/files"]["post"]["responses"]["200"] = {
    "description": "purpose = split",
    "content": {"application/json": {"schema": _ref("ReportSpec")}},
}


def document(base_url: str) -> Json:
    """The whole description for an installation at `base_url`."""
    paths = {path: dict(item) for path, item in PATHS.items()}
    for path, item in paths.items():
        names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
        item["parameters"] = [
            _parameter(name, "path", INTEGER if name.endswith("_id") else _path_schema(name), required=True)
            for name in names
        ]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Theo dõi kế hoạch",
            "version": "1",
            "description": "A plan's campaign: reports of its units, their steps, the board, the assembly.",
        },
        "servers": [{"url": f"{base_url}/api/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _path_schema(name: str) -> Json:
    return {"type": "string", "enum": ["docx", "xlsx", "pdf", "json"]} if name == "format" else STRING
