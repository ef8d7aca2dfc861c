"""Schemathesis reads the API's own description and asks for everything in it, likely and unlikely, from a fixed seed.

Who may see what is tests/test_access_matrix.py's; here the answers must be what the description says, and never a 5xx.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.access_world import NOW, build
from tracker.core import clock
from tracker.core.db import db

SEED = 271
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "ignored_auth", "negative_data_rejection",
)  # fmt: skip


@pytest.mark.postgresql
@pytest.mark.parametrize(("who", "phases"), [("lead", "coverage,fuzzing"), ("reporter", "fuzzing")])
def test_every_answer_is_what_the_description_says(
    app: Flask, live: str, tmp_path: Path, who: str, phases: str
) -> None:
    world = build(app)
    clock.start_at(NOW)
    db.session.remove()
    config = tmp_path / "schemathesis.toml"
    known = ("campaign_id", "report_id", "assembly_id")
    config.write_text(
        "[parameters]\n"
        + "".join(f'"path.{name}" = {world.ids[name]}\n' for name in known)
        + "".join(
            f'[[operations]]\ninclude-name = "PUT /reports/{{report_id}}/{part}/{{number}}"\n'
            f'parameters = {{ "path.number" = "{number}" }}\n'
            for part, number in (("sections", "I.1"), ("tables", "1"))
        )
    )
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config), "run",
        f"{live}/api/v1/openapi.json", "--header", f"Authorization: Bearer test-token-{world.people[who].user_id}",
        "--checks", ",".join(CHECKS), "--phases", phases, "--max-examples", "6", "--seed", str(SEED),
        "--workers", "1", "--no-color", "--continue-on-failure", "--generation-database", "none",
    ]  # fmt: skip
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, env=os.environ.copy())
    assert said.returncode == 0, said.stdout[-6000:] + said.stderr[-1000:]
