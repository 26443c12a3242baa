import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg2  # type: ignore[import-untyped]
import pytest

from local.errors import LocalError
from local.ports import free_ports
from local.postgres import Postgres, kept_secret


def server_in(folder: Path) -> Postgres:
    return Postgres(name="shop", folder=folder, port=free_ports(1)[0], log=folder / "postgres.log", throw_away=True)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    made = server_in(tmp_path / "postgres")
    yield made
    made.stop()


def answer(url: str, query: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


def test_each_role_has_its_own_database_and_cannot_enter_another(server: Postgres) -> None:
    server.start()
    orders, payment = server.provide("orders"), server.provide("payment")
    assert answer(orders, "SELECT current_user || '@' || current_database()") == "orders@orders"
    with pytest.raises(psycopg2.OperationalError, match="permission denied for database"):
        psycopg2.connect(orders.removesuffix("orders") + "payment")
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(payment.replace("payment:", "payment:x"))


def test_passwords_can_be_read_by_their_owner_only(server: Postgres) -> None:
    server.start()
    server.provide("orders")
    for name in ("superuser.password", "orders.password"):
        assert stat.S_IMODE((server.folder / name).stat().st_mode) == 0o600


def test_providing_again_keeps_password_and_rows(server: Postgres) -> None:
    server.start()
    url = server.provide("orders")
    answer(url, "CREATE TABLE kept AS SELECT 7 AS seven")
    assert server.provide("orders") == url
    assert answer(url, "SELECT seven FROM kept") == 7


def test_rows_survive_a_killed_server(server: Postgres) -> None:
    server.start()
    url = server.provide("orders")
    answer(url, "CREATE TABLE kept AS SELECT 7 AS seven")
    assert server.process.pid is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.start()
    assert answer(url, "SELECT seven FROM kept") == 7


def test_a_lock_file_naming_an_unrelated_process_does_not_stop_the_start(server: Postgres) -> None:
    server.start()
    url = server.provide("orders")
    lock = server.data / "postmaster.pid"
    content = lock.read_text().splitlines()
    server.process.kill()
    lock.write_text("\n".join([str(os.getpid()), *content[1:]]) + "\n")
    server.start()
    assert answer(url, "SELECT 1") == 1


def test_a_server_left_by_a_killed_runner_is_replaced(server: Postgres) -> None:
    server.start()
    url = server.provide("orders")
    successor = Postgres(
        name="shop", folder=server.folder, port=server.port, log=server.folder / "second.log", throw_away=True
    )
    successor.start()
    try:
        assert not server.process.running
        assert answer(url, "SELECT 1") == 1
    finally:
        successor.stop()


def test_a_half_made_data_folder_is_made_again(server: Postgres) -> None:
    half_made = server.folder / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    server.start()
    assert answer(server.provide("orders"), "SELECT 1") == 1
    assert not half_made.exists()


def test_text_is_unicode_and_sorts_the_same_everywhere(server: Postgres) -> None:
    server.start()
    url = server.provide("orders")
    assert answer(url, "SELECT lower('ÉCRAN')") == "écran"
    assert answer(url, "SELECT current_setting('timezone')") == "UTC"


def test_a_folder_without_postgresql_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))
    with pytest.raises(LocalError, match=r"POSTGRES_BIN=.* holds no PostgreSQL that runs here"):
        server_in(tmp_path)


def test_an_old_postgresql_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "postgres"
    program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 15.4'\n")
    program.chmod(0o755)
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))
    with pytest.raises(LocalError, match="17 or newer"):
        server_in(tmp_path)


def test_a_secret_is_drawn_once(tmp_path: Path) -> None:
    first = kept_secret(tmp_path / "deep" / "secret")
    assert kept_secret(tmp_path / "deep" / "secret") == first
    assert kept_secret(tmp_path / "other") != first
