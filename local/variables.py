"""`make variables`: the tables of docs/operations/configure.md, from the places that read the environment.

Which variables there are, where they are read and what they are without being set is found in the code and in the files
of docker/; what they mean stands in docs/operations/variables.toml. A variable without a meaning, or a meaning
without a variable, is an error: so the page is never behind.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.errors import LocalError
from local.processes import warn
from local.services import ROOT, SERVICES

PAGE = ROOT / "docs" / "operations" / "configure.md"
MEANINGS = ROOT / "docs" / "operations" / "variables.toml"
DOCKER = ROOT / "docker"
READ_BY_COMPOSE = [DOCKER / f"compose{part}.yaml" for part in ("", ".backup", ".demo", ".logs")]
SCRIPTS = [DOCKER / "rollout.sh", DOCKER / "backup" / "restore.sh"]
IN_EXAMPLE = re.compile(r"^#?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
IN_COMPOSE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::([-?])((?:[^{}]|\$\{[^{}]*\})*))?\}")


@dataclass
class Variable:
    """One variable of the environment: who reads it, and its value where it is not set."""

    name: str
    default: str
    where: set[str] = field(default_factory=set)


def write_page() -> int:
    """Write both tables into the page; raises LocalError where code and meanings disagree."""
    meanings = tomllib.loads(MEANINGS.read_text())
    text = PAGE.read_text()
    for section, found in (("services", in_code()), ("compose", in_compose())):
        text = _replaced(text, section, _table(section, found, meanings.get(section, {})))
    PAGE.write_text(text)
    return 0


def in_code() -> dict[str, Variable]:
    """All that the services read, by name."""
    found: dict[str, Variable] = {}
    folders = {"all": ROOT / "chassis" / "chassis"} | {service.name: service.folder for service in SERVICES}
    for where, folder in folders.items():
        for path in sorted(folder.rglob("*.py")):
            if "tests" in path.relative_to(folder).parts or path.name.startswith("testing"):
                continue
            for name, default in _read_in(ast.parse(path.read_text())):
                found.setdefault(name, Variable(name, default)).where.add(where)
    return found


def _read_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The names and defaults of `env.str("X", default=…)`, `required("X", …)` and `os.environ.get("X", …)`."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        name, function = node.args[0].value, ast.unparse(node.func)
        if not isinstance(name, str) or not re.fullmatch("[A-Z][A-Z0-9_]*", name):
            continue
        if function == "required":
            yield name, "required in production"
        elif function.startswith("env."):
            yield name, next((_shown(k.value) for k in node.keywords if k.arg == "default"), "required")
        elif function == "os.environ.get":
            yield name, _shown(node.args[1]) if len(node.args) > 1 else "–"


def _shown(node: ast.expr) -> str:
    """A default as a reader would write it; an expression is for variables.toml to put into words."""
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return "?"
    if value in ("", [], {}, None):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def in_compose() -> dict[str, Variable]:
    """All that compose's files take from docker/.env and the scripts from the environment, by name."""
    found: dict[str, Variable] = {}

    def note(name: str, default: str, where: str) -> None:
        known = found.setdefault(name, Variable(name, default))
        known.where.add(where)
        if default == "required":
            known.default = default

    for path in [*READ_BY_COMPOSE, *SCRIPTS]:
        where = str(path.relative_to(DOCKER))
        lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
        for name, default in _filled_in("\n".join(lines)):
            note(name, default, where)
    for match in IN_EXAMPLE.finditer((DOCKER / "example.env").read_text()):
        # What no file reads is compose's own.
        if match[1] not in found or match[1].startswith("COMPOSE_"):
            note(match[1], "–", "docker compose")
    return found


def _filled_in(text: str) -> Iterator[tuple[str, str]]:
    """The names and defaults of `${X:-default}`, `${X:?message}` and `${X}`, and of those within a default."""
    for match in IN_COMPOSE.finditer(text):
        name, kind, default = match[1], match[2], match[3] or ""
        plain = IN_COMPOSE.sub(lambda inner: inner[1], default)
        yield name, "required" if kind == "?" else f"`{plain}`" if plain else "–"
        for inner in IN_COMPOSE.finditer(default):
            yield inner[1], "required" if inner[2] == "?" else "–"


def _table(section: str, found: dict[str, Variable], meanings: dict[str, dict[str, str]]) -> str:
    unexplained = sorted(set(found) - set(meanings))
    unread = sorted(set(meanings) - set(found))
    problems = [f"{name} is read, and has no meaning" for name in unexplained]
    problems += [f"{name} has a meaning, and is read nowhere" for name in unread]
    problems += [
        f"{name} needs a `default` in words"
        for name, variable in found.items()
        if variable.default == "`?`" or (variable.default == "?" and "default" not in meanings.get(name, {}))
    ]
    if problems:
        raise LocalError(f"docs/operations/variables.toml, [{section}]: " + "; ".join(problems) + ".")
    rows = []
    for name in sorted(found):
        variable, meaning = found[name], meanings[name]
        cells = [f"`{name}`", meaning.get("default", variable.default), meaning["means"]]
        cells.insert(1, "all" if "all" in variable.where else ", ".join(sorted(variable.where, key=_place)))
        rows.append(f"| {' | '.join(cells)} |")
    head = ["variable", "where", "default", "means"]
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *rows])


def _place(where: str) -> tuple[bool, str]:
    """compose.yaml before what is laid over it."""
    return where != "compose.yaml", where


def _replaced(text: str, section: str, table: str) -> str:
    begin, end = f"<!-- {section}: written by make variables -->", f"<!-- {section}: end -->"
    if begin not in text or end not in text:
        raise LocalError(f"{PAGE.relative_to(ROOT)} lacks the lines {begin} and {end}.")
    before, _begin, rest = text.partition(begin)
    _old, _end, after = rest.partition(end)
    return f"{before}{begin}\n{table}\n{end}{after}"


if __name__ == "__main__":
    try:
        sys.exit(write_page())
    except LocalError as error:
        warn(str(error))
        sys.exit(1)
