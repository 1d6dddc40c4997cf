"""The tables and queries of templates/athena: read by a parser of Athena's SQL, and run by DuckDB
over reports that the function of the archive wrote.
"""

import json

import duckdb
import pytest
import sqlglot
from archived import archive
from cloudformation import TEMPLATES
from conftest import Emulator
from iam_endpoint import emptied, serving
from saved import ACCOUNT, GATE, details, summary
from sqlglot import exp

ATHENA = TEMPLATES / "athena"
QUERIES = sorted(path.name for path in ATHENA.glob("*.sql") if path.name != "tables.sql")
FIRST, SECOND = ACCOUNT, "444455556666"


class Context:
    def __init__(self, account):
        function = "function:two-person-rule-archive"
        self.invoked_function_arn = f"arn:aws:lambda:eu-west-1:{account}:{function}"


def of(account, *executions):
    """The lists of a pipeline with these executions: id, start, and the users who approved."""
    lists = {
        "pipelineExecutionSummaries": [summary(id, start) for id, start, _ in executions],
        "actionExecutionDetails": [
            action for execution in executions for action in details(*execution)
        ],
    }
    return json.loads(json.dumps(lists).replace(ACCOUNT, account))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A copy of an archive with two accounts and two years. One execution is in two reports."""
    emulator = Emulator()
    two, one = ("alice", "bob"), ("carol", "carol")
    old, spring = ("a", "2024-12-31T23:00:00+00:00", two), ("b", "2026-03-02T10:00:00+00:00", one)
    late = ("c", "2026-03-31T12:00:00+00:00", ("bob", "alice"))
    runs = [
        (FIRST, "payments", of(FIRST, old)),
        (FIRST, "payments", of(FIRST, old, spring)),
        (FIRST, "payments", of(FIRST, spring)),
        (SECOND, "payments", of(SECOND, late)),
        (SECOND, "refunds", of(SECOND, ("d", "2026-04-01T00:00:00+00:00", one))),
    ]
    with (
        serving() as endpoint,
        pytest.MonkeyPatch.context() as patch,
        archive(emulator, emptied(endpoint), patch, GateFunctionName=GATE) as made,
    ):
        function = made.function()
        for account, pipeline, lists in runs:
            patch.setattr(function, "read", lambda *_, lists=lists: lists)
            kept = function.handler({"pipeline": pipeline}, Context(account))["kept"]
            assert [key.split("/")[0] for key in kept] == ["lists", "reports"]
        yield made.copy(tmp_path_factory.mktemp("archive"))
    emulator.stop()


def in_duckdb(statement):
    """DuckDB's own `cardinality` is unsigned, and its sequences are not."""
    return statement.sql(dialect="duckdb").replace("CARDINALITY(", "LEN(")


@pytest.fixture(scope="module")
def database(written):
    """DuckDB with the table and the view. Their columns are those that Athena is told."""
    statements = sqlglot.parse((ATHENA / "tables.sql").read_text(), dialect="athena")
    schema, table, view = statements
    assert (schema.kind, table.kind, view.kind) == ("DATABASE", "TABLE", "VIEW")
    (location,) = table.find_all(exp.LocationProperty)
    assert location.this.name == "s3://BUCKET/reports/"
    columns = {column.name: column.kind.sql(dialect="duckdb") for column in table.this.expressions}
    database = duckdb.connect()
    database.execute("CREATE SCHEMA two_person_rule")
    reports = f"{written}/reports/**/*.json.gz"
    database.execute(
        f"CREATE VIEW two_person_rule.reports AS SELECT * FROM read_json('{reports}', "
        f"format = 'newline_delimited', columns = {columns})"
    )
    database.execute(in_duckdb(view))
    yield database
    database.close()


def rows(database, name):
    (query,) = sqlglot.parse((ATHENA / name).read_text(), dialect="athena")
    return database.execute(in_duckdb(query)).fetchall()


def test_each_execution_is_there_once_with_everything_that_the_table_names(database):
    found = database.execute(
        "SELECT execution.executionId, account, region, pipeline FROM two_person_rule.executions "
        "ORDER BY 1"
    ).fetchall()
    region = "eu-west-1"
    assert found == [
        ("a", FIRST, region, "payments"),
        ("b", FIRST, region, "payments"),
        ("c", SECOND, region, "payments"),
        ("d", SECOND, region, "refunds"),
    ]
    # A member that the report does not have would be NULL everywhere.
    for member in ("status", "verdict", "released"):
        counted = f"SELECT count(execution.{member}) FROM two_person_rule.executions"
        assert database.execute(counted).fetchone() == (4,), member
    for list, members in (
        ("exceptions", ("code", "severity", "message")),
        ("approvals", ("stage", "action", "principal", "counting", "person")),
    ):
        for member in members:
            counted = (
                f"SELECT count(item.{member}) FROM (SELECT unnest(execution.{list}) AS item "
                "FROM two_person_rule.executions)"
            )
            assert database.execute(counted).fetchone()[0] > 0, member


def test_releases_without_two_people(database):
    assert [row[:6] for row in rows(database, "releases-without-two-people.sql")] == [
        (SECOND, "eu-west-1", "refunds", "d", "2026-04-01T00:00:00Z", "unsatisfied"),
        (FIRST, "eu-west-1", "payments", "b", "2026-03-02T10:00:00Z", "unsatisfied"),
    ]


def test_who_approved_most(database):
    found = rows(database, "who-approved-most.sql")
    assert found == [
        ("handle:carol", 4, 2, 2),
        ("handle:alice", 2, 2, 2),
        ("handle:bob", 2, 2, 2),
    ]


def test_exceptions_by_month(database):
    assert rows(database, "exceptions-by-month.sql") == [
        ("2026-04", "error: unsatisfied-release", 1, 1),
        ("2026-04", "error: verdict-differs", 1, 1),
        ("2026-03", "error: unsatisfied-release", 1, 1),
        ("2026-03", "error: verdict-differs", 1, 1),
        ("2026-03", "warning: approvers-differ", 1, 1),
        ("2024-12", "warning: approvers-differ", 1, 1),
    ]


def test_every_query_is_tested():
    assert QUERIES == [
        "exceptions-by-month.sql",
        "releases-without-two-people.sql",
        "who-approved-most.sql",
    ]
