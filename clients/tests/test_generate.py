"""What generate.py writes, and what it leaves alone."""

import re
from pathlib import Path

import pytest
from conftest import SAMPLE_SPEC

from generate import SERVICES, GenerationError, generate_all, generate_client


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def write_specs(folder: Path, *, services: tuple[str, ...] = SERVICES) -> None:
    for service in services:
        (folder / f"{service}_service").mkdir(parents=True)
        (folder / f"{service}_service" / "openapi.yaml").write_bytes(SAMPLE_SPEC.read_bytes())


def test_the_code_is_typed_formatted_and_free_of_httpx_and_async(sample_package: Path) -> None:
    written = files(sample_package)
    assert written["py.typed"] == b""
    code = b"\n".join(written.values())
    assert re.search(rb"httpx|\basync\b|\bawait\b", code) is None
    imported = set(re.findall(rb"^ *(?:from|import) ([a-z]\w*)", code, re.MULTILINE))
    assert imported <= {
        *(b"__future__", b"collections", b"datetime", b"enum", b"typing", b"urllib", b"uuid"),
        *(b"attrs", b"requests"),
    }


def test_generating_twice_gives_the_same_bytes(
    sample_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    generate_client(spec=SAMPLE_SPEC, package=tmp_path / "sample_client")
    assert files(tmp_path / "sample_client") == files(sample_package)


def test_a_search_path_without_ruff_gives_the_same_bytes(
    sample_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    generate_client(spec=SAMPLE_SPEC, package=tmp_path / "sample_client")
    assert files(tmp_path / "sample_client") == files(sample_package)


def test_all_clients_are_replaced_without_a_stale_file(
    sample_package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_specs(tmp_path / "specs", services=("auth", "orders"))
    clients = tmp_path / "clients"
    (clients / "auth_client" / "api").mkdir(parents=True)
    (clients / "auth_client" / "api" / "stale.py").write_text("")
    generate_all(services=["auth", "orders"], specs=tmp_path / "specs", clients=clients)
    assert capsys.readouterr().out == "auth_client: generating\norders_client: generating\n"
    assert sorted(path.name for path in clients.iterdir()) == ["auth_client", "orders_client"]
    assert files(clients / "auth_client") == files(sample_package)
    assert files(clients / "orders_client") == files(sample_package)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        pytest.param("openapi: [", "Invalid YAML", id="not YAML"),
        pytest.param("openapi: 3.1.0", "Failed to parse OpenAPI document", id="not a spec"),
        pytest.param(
            SAMPLE_SPEC.read_text().replace("application/problem+json", "application/xml", 1),
            "Unsupported content_type application/xml",
            id="only a warning",
        ),
        pytest.param(
            SAMPLE_SPEC.read_text().replace("name: min_price", "name: timeout"),
            "parcels_list.py is not Python: duplicate argument 'timeout'",
            id="a parameter named as an argument of every call",
        ),
    ],
)
def test_a_bad_spec_is_refused_by_name_and_cause(tmp_path: Path, broken: str, message: str) -> None:
    spec = tmp_path / "openapi.yaml"
    spec.write_text(broken)
    with pytest.raises(GenerationError) as caught:
        generate_client(spec=spec, package=tmp_path / "sample_client")
    assert str(caught.value).startswith(f"{spec}: ")
    assert message in str(caught.value)


def test_one_missing_spec_leaves_all_clients_as_they_were(tmp_path: Path) -> None:
    write_specs(tmp_path, services=("auth",))
    clients = tmp_path / "clients"
    for name in ("auth_client", "orders_client"):
        (clients / name).mkdir(parents=True)
        (clients / name / "old.py").write_text("old = True\n")
    missing = tmp_path / "orders_service" / "openapi.yaml"
    with pytest.raises(GenerationError, match=f"^{re.escape(str(missing))} does not exist"):
        generate_all(services=["auth", "orders"], specs=tmp_path, clients=clients)
    assert files(clients) == {"auth_client/old.py": b"old = True\n", "orders_client/old.py": b"old = True\n"}
