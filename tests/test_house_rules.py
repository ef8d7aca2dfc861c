"""Rules of the house that a machine can hold. The directions of imports are import-linter's (pyproject.toml)."""

from __future__ import annotations

import ast
import hashlib
import importlib
import os
import pkgutil
import re
import subprocess
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from celery import Celery, current_app
from flask import Flask
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool
from werkzeug.routing import Rule

import workers
from tests import servers
from tools import messages
from tracker.core import schema
from tracker.core.db import Base
from tracker.web import access

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([ROOT / "config.py", *(ROOT / "tracker").rglob("*.py"), *(ROOT / "workers").rglob("*.py")])


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name(path))


def dotted(node: ast.expr) -> str:
    """`a.b.c` as it is written; '' if it is no plain name."""
    match node:
        case ast.Name(id=word):
            return word
        case ast.Attribute(value=value, attr=word):
            return f"{dotted(value)}.{word}"
    return ""


def places(found: Callable[[ast.AST], bool], *, but: tuple[str, ...] = ()) -> list[str]:
    """file:line of every node that `found` picks, outside the files `but`."""
    return [
        f"{name(path)}:{getattr(node, 'lineno', 0)}"
        for path in SOURCES
        if name(path) not in but
        for node in ast.walk(tree(path))
        if found(node)
    ]


def imports(node: ast.AST) -> Iterator[str]:
    """The modules that an import statement names."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module


def tracked() -> list[Path]:
    """Every file of the project: what git tracks or would."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        return [ROOT / each for each in os.fsdecode(listed.stdout).split("\0") if each and (ROOT / each).is_file()]
    # An unpacked archive: everything but what the tools made.
    made = {".venv", "var", "__pycache__", ".git"}
    return [p for p in ROOT.rglob("*") if p.is_file() and not made & set(p.relative_to(ROOT).parts)]


def words(path: Path) -> str | None:
    """A file's text; None if it is none."""
    data = path.read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


# What only one place does.


def test_only_core_db_commits() -> None:
    def commits(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"

    assert places(commits, but=("tracker/core/db.py",)) == []


CLOCKS = {"now", "utcnow", "today"}


def test_only_core_clock_reads_the_clock() -> None:
    def reads(node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        called = dotted(node.func)
        owner, _, word = called.rpartition(".")
        return (owner.split(".")[-1] in {"datetime", "date"} and word in CLOCKS) or called in {
            "time.time",
            "time.time_ns",
            "time.localtime",
            "time.gmtime",
        }

    assert places(reads, but=("tracker/core/clock.py",)) == []
    assert places(lambda node: isinstance(node, ast.ImportFrom) and node.module == "time"
                  and any(alias.name in {"time", "time_ns"} for alias in node.names)) == []  # fmt: skip


def test_only_config_reads_the_environment() -> None:
    def reads(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            return any(alias.name in {"environ", "environb", "getenv"} for alias in node.names)
        return isinstance(node, ast.Attribute) and dotted(node) in {"os.environ", "os.environb", "os.getenv"}

    assert places(reads, but=("config.py",)) == []


def test_services_queries_models_and_rules_know_no_web() -> None:
    inner = [path for path in SOURCES if path.name in {"service.py", "queries.py", "models.py", "rules.py"}]
    assert len(inner) > 10
    web = {"flask", "flask_babel", "flask_login", "flask_wtf", "wtforms", "celery", "redis", "config"}
    assert [
        f"{name(path)}: {module}"
        for path in inner
        for node in ast.walk(tree(path))
        for module in imports(node)
        if module.split(".")[0] in web
    ] == []


def test_no_import_inside_a_function_dodges_a_circle() -> None:
    def hidden(path: Path) -> Iterator[str]:
        for outer in ast.walk(tree(path)):
            if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(outer):
                    for module in imports(node):
                        if module.split(".")[0] in {"tracker", "workers", "config"}:
                            yield f"{name(path)}:{outer.name}: {module}"

    # Programs load only what the one command or task needs; nothing imports them, so there is no circle to dodge.
    programs = {"tracker/cli.py", "tracker/documents/child.py", "workers/main.py"}
    assert [each for path in SOURCES if name(path) not in programs for each in hidden(path)] == []


# What a file looks like.


def test_no_file_is_an_attic() -> None:
    assert [name(p) for p in SOURCES if p.stem in {"utils", "util", "helpers", "misc", "common"}] == []
    sizes = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {path: lines for path, lines in sizes.items() if lines > 500} == {}


def test_every_module_says_what_lives_in_it() -> None:
    assert [name(path) for path in SOURCES if path.read_bytes().strip() and not ast.get_docstring(tree(path))] == []


def test_packages_load_nothing() -> None:
    assert [name(path) for path in SOURCES if path.name == "__init__.py" and tree(path).body[1:]] == []
    assert [
        name(path)
        for path in SOURCES
        if path.name == "__init__.py" and tree(path).body and ast.get_docstring(tree(path)) is None
    ] == []


def test_all_text_is_in_normal_form() -> None:
    def wrong(path: Path) -> bool:
        content = words(path)
        return content is not None and not unicodedata.is_normalized("NFC", content)

    # Scanned and hostile input is kept as it came.
    assert [name(p) for p in tracked() if not name(p).startswith("tests/data/") and wrong(p)] == []


def test_no_file_names_a_registry() -> None:
    # Put together here, so that this file does not name them either.
    dot = "."
    hosts = [
        f"pypi{dot}org", f"pythonhosted{dot}org", f"npmjs{dot}org", f"yarnpkg{dot}com", f"jsdelivr{dot}net",
        f"unpkg{dot}com", f"cdnjs{dot}cloudflare", f"proxy{dot}golang", f"crates{dot}io", f"deb{dot}debian{dot}org",
    ]  # fmt: skip
    wanted = re.compile("|".join(map(re.escape, hosts)) + r"|--(?:extra-)?index-url|\"resolved\":", re.IGNORECASE)
    # The option that keeps the index out of the lock files is no index.
    own = f"--no-emit-{'index'}-url"
    found = []
    for path in tracked():
        content = words(path)
        if content is not None and path != Path(__file__):
            found += [f"{name(path)}: {hit[0]}" for hit in wanted.finditer(content.replace(own, ""))]
    assert found == []


# What has to fit together.


def test_vendored_files_are_what_their_list_says() -> None:
    listed = (ROOT / "static" / "VENDOR").read_text(encoding="utf-8")
    lines = listed.splitlines()
    sums = {}
    for path in sorted((ROOT / "static").rglob("*")):
        if path.is_file():
            sums[path.relative_to(ROOT / "static").as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
    foreign = [each for each in sums if each.startswith("vendor/")]
    assert foreign
    assert [e for e in foreign if not any(sums[e] in line and Path(e).name in line for line in lines)] == []
    assert sorted(set(re.findall(r"\b[0-9a-f]{64}\b", listed)) - set(sums.values())) == []


def test_every_sentence_is_in_both_catalogues() -> None:
    assert messages.problems(messages.extract()) == []


@pytest.mark.sqlite
def test_every_template_compiles(app: Flask) -> None:
    found = app.jinja_env.list_templates()
    assert len(found) > 3
    for template in found:
        app.jinja_env.get_template(template)


# Doors.


@pytest.mark.sqlite
def test_every_route_says_who_may_open_it(app: Flask) -> None:
    assert access.faults(app) == []


def address(rule: Rule) -> str:
    """The path of a route with something in every place of it."""
    return re.sub(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>", lambda hit: "1" if hit[1] in {"int", "float"} else "x", rule.rule)


@pytest.mark.sqlite
def test_a_stranger_gets_nowhere_but_through_public_doors(app: Flask) -> None:
    asked = 0
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if rule.endpoint in access.PUBLIC:
                continue
            answer = app.test_client().open(address(rule), method=method)
            asked += 1
            where = answer.headers.get("Location", "")
            turned_away = answer.status_code == 401 or (answer.status_code in {302, 303} and "next=" in where)
            assert turned_away, f"{method} {rule.rule}: {answer.status_code} {where}"
    assert asked


# Mails.


class Kinds:
    """The kinds of mail that a module puts into the outbox, followed to where they are written out."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.module = tree(path)
        self.functions = [n for n in ast.walk(self.module) if isinstance(n, ast.FunctionDef)]

    def all(self) -> set[str]:
        found = self._given_to("queue", "kind", 0, set())
        for outer in [self.module, *self.functions]:
            for node in self._own(outer):
                if isinstance(node, ast.Call) and node.args and dotted(node.args[0]) == "OutboxMail":
                    found |= self._in_rows(node, outer)
        return found

    def _in_rows(self, call: ast.Call, outer: ast.AST) -> set[str]:
        """insert_once(OutboxMail, {"kind": …}) and its like."""
        return {
            kind
            for row in ast.walk(call)
            if isinstance(row, ast.Dict)
            for key, value in zip(row.keys, row.values, strict=True)
            if isinstance(key, ast.Constant) and key.value == "kind"
            for kind in self._value(value, outer, set())
        }

    def _given_to(self, function: str, parameter: str, position: int, seen: set[str]) -> set[str]:
        found: set[str] = set()
        for outer in [self.module, *self.functions]:
            for node in self._own(outer):
                if not (isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == function):
                    continue
                named = [k.value for k in node.keywords if k.arg == parameter]
                value = named[0] if named else node.args[position] if len(node.args) > position else None
                found |= self._value(value, outer, seen) if value is not None else set()
        return found

    def _value(self, value: ast.expr, outer: ast.AST, seen: set[str]) -> set[str]:
        """The strings that an expression can be."""
        match value:
            case ast.Constant(value=str(kind)):
                return {kind}
            case ast.IfExp(body=one, orelse=other):
                return self._value(one, outer, seen) | self._value(other, outer, seen)
            case ast.Dict(values=values):
                return {kind for each in values for kind in self._value(each, outer, seen)}
            case ast.Subscript(value=ast.Name() as table):
                return self._value(table, outer, seen)
            case ast.Name(id=word):
                if isinstance(outer, ast.FunctionDef):
                    local = [v for name, v in self._assigned(self._own(outer)) if name == word]
                    if local:
                        return {kind for each in local for kind in self._value(each, outer, seen)}
                    arguments = [a.arg for a in [*outer.args.posonlyargs, *outer.args.args]]
                    every = [*arguments, *(a.arg for a in outer.args.kwonlyargs)]
                    if word in every and f"{outer.name}:{word}" not in seen:
                        position = arguments.index(word) if word in arguments else len(every)
                        return self._given_to(outer.name, word, position, {*seen, f"{outer.name}:{word}"})
                for name_, v in self._assigned(self.module.body):
                    if name_ == word:
                        return self._value(v, self.module, seen)
                for node in self.module.body:
                    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tracker."):
                        for alias in node.names:
                            if (alias.asname or alias.name) == word:
                                other = Kinds(ROOT / f"{node.module.replace('.', '/')}.py")
                                return other._value(ast.Name(alias.name), other.module, seen)
        raise AssertionError(f"{name(self.path)}:{value.lineno}: write the kind of mail out, so that it can be checked")

    @staticmethod
    def _assigned(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
        for node in nodes:
            match node:
                case ast.Assign(targets=[ast.Name(id=word)], value=value):
                    yield word, value
                case ast.AnnAssign(target=ast.Name(id=word), value=ast.expr() as value):
                    yield word, value

    @staticmethod
    def _own(outer: ast.AST) -> Iterator[ast.AST]:
        """The nodes of a function (or module) without those of the functions in it."""
        waiting = list(ast.iter_child_nodes(outer))
        while waiting:
            node = waiting.pop()
            yield node
            if not isinstance(node, ast.FunctionDef):
                waiting.extend(ast.iter_child_nodes(node))


def kinds_of_mail() -> set[str]:
    """Every kind that any room queues."""
    return {kind for path in SOURCES if path.parts[-2:] != ("notify", "service.py") for kind in Kinds(path).all()}


def test_every_kind_of_mail_has_its_words() -> None:
    kinds = kinds_of_mail()
    assert kinds
    emails = ROOT / "templates" / "emails"
    parts = (".subject.txt", ".txt", ".html")
    assert [kind + part for kind in sorted(kinds) for part in parts if not (emails / (kind + part)).exists()] == []
    written = {path.name.removesuffix(".subject.txt") for path in emails.glob("*.subject.txt")}
    assert written - kinds == set(), "words for mails that nobody sends"


# The timetable.


def test_every_task_of_the_timetable_exists() -> None:
    modules = [importlib.import_module(f"workers.{each.name}") for each in pkgutil.iter_modules(workers.__path__)]
    things = [thing for module in modules for thing in vars(module).values()]
    apps = [current_app, *(thing for thing in things if isinstance(thing, Celery))]
    tables = [app.conf.beat_schedule for app in apps]
    tables += [thing for thing in things if isinstance(thing, Mapping)]
    wanted = {
        entry["task"]
        for table in tables
        for entry in table.values()
        if isinstance(entry, Mapping) and "task" in entry and "schedule" in entry
    }
    assert wanted, "no timetable"
    assert wanted - {task for app in apps for task in app.tasks} == set()


# The schema.


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """A function that gives the URL of a new and empty database of the kind given."""
    made: list[str] = []

    def make() -> str:
        if request.param == "sqlite":
            made.append(f"sqlite:///{tmp_path / f'{len(made)}.db'}")
        else:
            made.append(servers.database(request.getfixturevalue("postgres_server")))
        return made[-1]

    return make


both = pytest.mark.parametrize("empty", ["sqlite", "postgresql"], indirect=True)


def shape(engine: Engine) -> dict[str, object]:
    """Tables with columns, keys, checks and indexes, as the database itself tells them."""
    found: dict[str, object] = {}
    reader = inspect(engine)
    for table in sorted(set(reader.get_table_names()) - {"alembic_version"}):
        columns = {(c["name"], str(c["type"]), c["nullable"]) for c in reader.get_columns(table)}
        unique = {tuple(u["column_names"]) for u in reader.get_unique_constraints(table)}
        checks = {(c["name"], re.sub(r"\s+", " ", c["sqltext"])) for c in reader.get_check_constraints(table)}
        foreign = {(*f["constrained_columns"], f["referred_table"]) for f in reader.get_foreign_keys(table)}
        indexes = {(i["name"], tuple(i["column_names"]), bool(i["unique"])) for i in reader.get_indexes(table)}
        found[table] = (columns, unique, checks, foreign, indexes)
    return found


@both
def test_the_migrations_build_what_the_models_say(empty: Callable[[], str]) -> None:
    migrated = create_engine(empty(), poolclass=NullPool)
    schema.upgrade(migrated.url.render_as_string(hide_password=False))
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    # Alembic does not compare CHECK constraints.
    created = create_engine(empty(), poolclass=NullPool)
    Base.metadata.create_all(created)
    assert shape(migrated) == shape(created)


@both
@pytest.mark.parametrize("change", ["UPDATE audit_entry SET verb = 'other'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_audit_trail(empty: Callable[[], str], change: str) -> None:
    url = empty()
    schema.upgrade(url)
    engine = create_engine(url, poolclass=NullPool)
    row = "('2023-05-11 02:00:00', '', 'submit', 'report:1', '{}')"
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO audit_entry (at, actor_name, verb, about, detail) VALUES {row}"))
    with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
        connection.execute(text(change))


@both
def test_an_upgrade_of_what_is_current_changes_nothing(empty: Callable[[], str]) -> None:
    url = empty()
    schema.upgrade(url)
    engine = create_engine(url, poolclass=NullPool)
    before = shape(engine)
    schema.upgrade(url)
    assert shape(engine) == before
    assert schema.current(engine) == schema.head()


def test_migrations_are_numbered_in_one_line() -> None:
    files = sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert [file[:5] for file in files] == [f"{n:04d}_" for n in range(1, len(files) + 1)]
    for file in files:
        assert re.fullmatch(r"\d{4}_[a-z0-9]+(_[a-z0-9]+)+\.py", file), file
