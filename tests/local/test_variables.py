"""The tables of docs/operations/configure.md: complete, and in words."""

import ast
from pathlib import Path

import pytest

from local import variables
from local.errors import LocalError


def test_what_the_code_reads_is_found_with_its_default() -> None:
    source = """
env.str("ONE", default="a")
env.bool("TWO", default=True)
env.list("THREE", default=[])
env.int("FOUR", default=5 if production else 0)
required("FIVE", development="b")
os.environ.get("SIX", "7")
os.environ.get("SEVEN")
env.str("not one", default="")
other("EIGHT")
"""
    assert dict(variables._read_in(ast.parse(source))) == {
        "ONE": "`a`",
        "TWO": "`true`",
        "THREE": "–",
        "FOUR": "?",
        "FIVE": "required in production",
        "SIX": "`7`",
        "SEVEN": "–",
    }


def test_the_page_names_what_only_some_services_read() -> None:
    found = variables.in_code()
    assert found["PAYMENT_PROVIDER"].where == {"payment"}
    assert found["SECRET_KEY"].where == {"all"}
    assert "STORED_COMMENTED_OUT" not in found
    compose = variables.in_compose()
    assert compose["SHOP_HOST"].default == "required"
    assert compose["WEB_THREADS"].default == "`8`"


def test_everything_below_docker_that_reads_a_variable_is_looked_at() -> None:
    found = {name: (variable.where, variable.default) for name, variable in variables.in_compose().items()}
    assert found["BACKUP_S3"] == ({"compose.backup.yaml"}, "–")
    assert found["DEMO_MAIL"] == ({"compose.demo.yaml"}, "`./mail`")
    assert found["READY_SECONDS"] == ({"rollout.sh"}, "`120`")
    assert found["COMPOSE"] == ({"rollout.sh", "backup/restore.sh"}, "`docker compose`")
    assert found["COMPOSE_PROFILES"] == ({"docker compose"}, "–")
    assert found["SHOP_URL"] == ({"compose.yaml"}, "required")
    assert set(variables.READ_BY_COMPOSE) == set(variables.DOCKER.glob("compose*.yaml"))


@pytest.mark.parametrize(
    ("meanings", "said"),
    [
        ("[services]\n", "ALLOWED_HOSTS is read, and has no meaning"),
        ('[services]\nNO_SUCH_THING.means = "x"\n', "NO_SUCH_THING has a meaning, and is read nowhere"),
    ],
)
def test_a_gap_between_code_and_meanings_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, meanings: str, said: str
) -> None:
    (tmp_path / "variables.toml").write_text(meanings)
    monkeypatch.setattr(variables, "MEANINGS", tmp_path / "variables.toml")
    before = variables.PAGE.read_text()
    with pytest.raises(LocalError, match=said):
        variables.write_page()
    assert variables.PAGE.read_text() == before
