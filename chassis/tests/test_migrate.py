"""Migrations when several processes start them at once, on a database that is empty, or not there yet."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest
from django.db import connection

from chassis.database.management.commands.migrate import LOCK

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The address of a database of its own, without a table."""
    own = connection.settings_dict
    name = f"empty_{uuid.uuid4().hex}"
    create(name)
    yield f"postgres://{own['USER']}:{own['PASSWORD']}@{own['HOST']}:{own['PORT']}/{name}"
    drop(name)


def create(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")


def drop(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def start_migrate(url: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "manage.py", "migrate", "--no-input", *arguments],
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    session = psycopg2.connect(url)
    try:
        with session.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())
    finally:
        session.close()


def test_several_at_once_all_succeed_and_each_migration_runs_once(empty_database: str) -> None:
    started = [start_migrate(empty_database) for _ in range(3)]
    ended = [(*process.communicate(timeout=120), process.returncode) for process in started]
    assert [code for _, _, code in ended] == [0, 0, 0], ended
    applied = rows(empty_database, "SELECT app, name, count(*) FROM django_migrations GROUP BY app, name")
    assert ("parcels", "0001_initial", 1) in applied
    assert {count for _, _, count in applied} == {1}
    # One did all the work; the others found it done.
    assert sorted("No migrations to apply" in out for out, _, _ in ended) == [False, True, True]


def test_one_that_waits_too_long_says_so_and_changes_nothing(empty_database: str) -> None:
    holder = psycopg2.connect(empty_database)
    with holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    waiting = start_migrate(empty_database, "--wait", "0.5")
    _, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert "Another process has been migrating this database" in errors
    assert rows(empty_database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    holder.close()
    # The lock went with its session.
    after = start_migrate(empty_database, "--wait", "5")
    assert after.communicate(timeout=60) is not None
    assert after.returncode == 0


def test_the_lock_is_given_back_to_a_session_that_lives_on(empty_database: str) -> None:
    from django.core.management import call_command

    call_command("migrate", "--check", verbosity=0)
    session = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        assert cursor.fetchone() == (True,)
    session.close()


def test_a_database_that_is_not_there_yet_is_waited_for(empty_database: str) -> None:
    name = empty_database.rpartition("/")[2]
    drop(name)
    waiting = start_migrate(empty_database, "--wait", "60")
    assert waiting.stderr is not None
    said = waiting.stderr.readline()
    assert said.startswith("Waiting for the database: ")
    assert name in said
    time.sleep(1.5)
    create(name)
    # Said once, however often it was tried.
    assert (waiting.stderr.read(), waiting.wait(60)) == ("", 0)
    assert rows(empty_database, "SELECT count(*) FROM django_migrations WHERE app = 'parcels'") != [(0,)]


def test_a_database_that_does_not_come_ends_the_wait_with_its_reason(empty_database: str) -> None:
    nowhere = empty_database.replace(f":{connection.settings_dict['PORT']}/", ":1/")
    waiting = start_migrate(nowhere, "--wait", "1")
    _, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert "The database cannot be reached after 1 s: " in errors
    assert "Connection refused" in errors
