import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from local import run
from local.errors import LocalError
from local.platform import Platform, Ports, lock_folder


def test_a_port_in_use_is_named_with_its_holder_and_the_variable_that_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.platform.PORT_GRACE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        free = Ports.free()
        platform = Platform(tmp_path, ports=replace(free, web={**free.web, "orders": port}))
        with pytest.raises(LocalError) as caught, platform:
            pass
    message = str(caught.value)
    assert message.startswith(f"Port {port} is in use by pid {os.getpid()} (")
    assert message.endswith("): end that, or choose another with ORDERS_PORT.")
    assert "\n" not in message


def test_a_second_platform_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    handle = lock_folder(tmp_path)
    (tmp_path / "run.pid").write_text("4711\n")
    with (
        pytest.raises(LocalError, match=r"The platform already runs in .* \(pid 4711\)\.$"),
        Platform(tmp_path, ports=Ports.free()),
    ):
        pass
    assert (tmp_path / "run.pid").exists()
    os.close(handle)


def test_reset_refuses_while_the_platform_runs_and_empties_the_folder_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "VAR", tmp_path)
    (tmp_path / "mail").mkdir()
    (tmp_path / "demo.json").write_text("{}")
    handle = lock_folder(tmp_path)
    with pytest.raises(LocalError, match="already runs"):
        run.reset()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["demo.json", "mail"]
    os.close(handle)
    run.reset()
    assert list(tmp_path.iterdir()) == []


def test_ports_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_PORT", "9001")
    monkeypatch.setenv("ORDERS_DATABASE_PORT", "9503")
    ports = Ports.usual()
    assert (ports.web["auth"], ports.web["orders"]) == (9001, 8003)
    assert (ports.databases["auth"], ports.databases["orders"]) == (5501, 9503)
    monkeypatch.setenv("AUTH_PORT", "70000")
    with pytest.raises(LocalError, match="AUTH_PORT=70000 is not a port"):
        Ports.usual()
