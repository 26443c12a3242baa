"""Who may do what: the tables of docs/permissions.md, walked on the running platform.

First everything that should change nothing, on things that all calls share: refusals and reads, with the databases
looked at before and after. Then what is allowed to change something, each call on things of its own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import requests
import yaml

from local.services import ROOT, SERVICES
from tests.audit import Databases
from tests.callers import Callers
from tests.operations import CALLER, CALLS, Call, Things, new_id
from tests.sessions import HTML, BrowserSession
from tests.shop import Shop, problem_of

COLUMNS = (
    *("anonymous", "unverified", "buyer", "other buyer", "seller", "other seller", "admin"),
    *("service", "other service", "expired", "forged"),
)
NOT_SHOWN = "none"
DONE = {"200", "201", "204"}
CELLS = DONE | {NOT_SHOWN, "400", "401", "403", "404"}
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """An operation of a spec, as far as calling it goes."""

    method: str
    path: str
    is_open: bool
    """Whether the spec says that no token is needed."""

    def address(self, call: Call) -> str:
        ids = iter(call.ids)
        return re.sub(r"{\w+}", lambda _name: next(ids), self.path) + call.query


@dataclass(frozen=True)
class Row:
    service: str
    operation: str
    of_what: str
    scope: str
    cells: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.service} {self.operation}" + (f" ({self.of_what})" if self.of_what else "")

    @property
    def called(self) -> "Operation":
        return operations(self.service)[self.operation]

    def changes_something(self, cell: str) -> bool:
        """Whether a call that gives this cell's answer may leave something changed."""
        return self.called.method != "GET" and cell in DONE


@cache
def operations(service: str) -> dict[str, Operation]:
    spec = yaml.load((ROOT / f"{service}_service" / "openapi.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return {
        item[method]["operationId"]: Operation(method.upper(), path, {} in item[method]["security"])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    }


def tables(heading: str) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """The tables below a heading of docs/permissions.md, by the heading of their own."""
    text = (ROOT / "docs" / "permissions.md").read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    for section in text.split("\n### ")[1:]:
        name = section.partition("\n")[0].strip()
        lines = [line for line in section.splitlines() if line.startswith("|")]
        head, _dashes, *body = [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]
        yield name, [dict(zip(head, row, strict=True)) for row in body]


def rows_of(service: str) -> list[Row]:
    return [row for row in table_rows() if row.service == service]


@cache
def table_rows() -> list[Row]:
    return [
        Row(service, row["operation"], row["of what"], row["scope"], {name: row[name] for name in COLUMNS})
        for service, rows in tables("Operations")
        for row in rows
    ]


# What is refused


UNRELATED_TABLES = {
    *("jobs_schedule", "identity_publishedkeys", "gateways_servicetoken", "django_session"),
}
"""Written as time passes, whoever calls."""


def contents(databases: Databases, service: str) -> dict[str, tuple[int, int]]:
    """How many rows each table of a service holds, and a digest of them all.

    Of jobs, that they are there: they are asked for by what was changed, and go on by themselves. Periodic ones are
    asked for by nobody.
    """
    names = [
        row["tablename"]
        for row in databases.read(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        if row["tablename"] not in UNRELATED_TABLES
    ]
    assert "jobs_job" in names
    counts = [
        f"SELECT '{name}' AS name, count(*) AS rows, coalesce(sum(hashtextextended({columns}, 0)), 0) AS digest"
        f" FROM {name} AS content {where}"
        for name in names
        for columns, where in [
            ("content.id::text", "WHERE task NOT IN (SELECT task FROM jobs_schedule)")
            if name == "jobs_job"
            else ("content::text", "")
        ]
    ]
    found = databases.read(service, " UNION ALL ".join(counts))
    return {row["name"]: (int(row["rows"]), int(row["digest"])) for row in found}


def touched_by(service: str) -> list[str]:
    """Whose data a call to that service could change."""
    return [each.name for each in SERVICES] if service == "aggregator" else [service]


class Walk:
    """Calls as the callers of the table do, and notes in `wrong` what does not fit."""

    def __init__(self, shop: Shop, callers: Callers) -> None:
        self.shop = shop
        self.callers = callers
        self.wrong: list[str] = []

    def report(self) -> str:
        return "\n".join(self.wrong)

    def attempt(self, row: Row, cell: str, call: Call, *, name: str, token: str | None) -> None:
        """Makes the call, of which the table says `cell`, as the caller of that name and token."""
        answer = self.send(row, call, token)
        fault = what_does_not_fit(answer, cell, self.shown_to(name, call))
        if not fault and cell in {"400", "403", "404"}:
            fault = self.as_if_it_did_not_exist(row, call, token)
        if fault:
            self.wrong.append(f"{row} by {name}: {fault}")

    def send(self, row: Row, call: Call, token: str | None) -> requests.Response:
        operation = row.called
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        key = {"Idempotency-Key": new_id()} if operation.method == "POST" else {}
        address = operation.address(call).removeprefix("/")
        api = self.shop.api(row.service)
        return api.call(operation.method, address, json=call.body, headers=headers | key)

    def shown_to(self, name: str, call: Call) -> str:
        if call.shows == CALLER:
            return self.callers.people[name].id if name in self.callers.people else ""
        return call.shows

    def as_if_it_did_not_exist(self, row: Row, call: Call, token: str | None) -> str:
        """How the refusal differs from that of an id that nothing has, or nothing."""
        other = call.of_nothing()
        if (other.ids, other.body) == (call.ids, call.body):
            return ""
        told, expected = (said(self.send(row, each, token), each) for each in (call, other))
        return "" if told == expected else f"tells that it exists: {told}; of an unknown id: {expected}"


def what_does_not_fit(answer: requests.Response, cell: str, shows: str) -> str:
    """What is wrong with the answer, or nothing."""
    if answer.status_code != (200 if cell == NOT_SHOWN else int(cell)):
        return f"{cell} expected, got {answer.status_code} {answer.text[:300]}"
    if answer.status_code >= 400:
        problem_of(answer)
    if cell == "401" and not answer.headers.get("WWW-Authenticate", "").startswith("Bearer"):
        return "401 without WWW-Authenticate"
    if cell == NOT_SHOWN:
        return f"shows {shows}" if shows in answer.text else ""
    if answer.ok and answer.request.method == "GET" and shows not in answer.text:
        return f"does not show {shows}: {answer.text[:300]}"
    return ""


def said(answer: requests.Response, call: Call) -> tuple[int, dict[str, Any], dict[str, str]]:
    """All that the answer says but for what is new in each."""
    body = {name: str(value).replace(call.about, "its id") for name, value in answer.json().items()}
    headers = {name: value for name, value in answer.headers.items() if name not in {"Date", "X-Request-ID"}}
    return answer.status_code, {**body, "request_id": ""}, headers


SERVICE_NAMES = tuple(service.name for service in SERVICES)


@pytest.fixture(scope="module")
def callers(running_shop: Shop) -> Callers:
    return Callers(running_shop, scopes=sorted({row.scope for row in table_rows()} - {""}))


def test_the_tables_have_every_operation_of_every_spec_and_no_other() -> None:
    for service in SERVICE_NAMES:
        rows = [(row.operation, row.of_what) for row in table_rows() if row.service == service]
        assert {operation for operation, _of_what in rows} == set(operations(service))
        assert sorted(rows) == sorted(CALLS[service])
    assert {cell for row in table_rows() for cell in row.cells.values()} == CELLS


def test_every_operation_is_allowed_to_somebody() -> None:
    allowed = {(row.service, row.operation) for row in table_rows() if DONE & set(row.cells.values())}
    assert allowed == {(service, name) for service in SERVICE_NAMES for name in operations(service)}


def test_the_specs_say_what_needs_no_token() -> None:
    wrong = [
        str(row)
        for row in table_rows()
        if operations(row.service)[row.operation].is_open is (row.cells["anonymous"] == "401")
    ]
    assert wrong == []


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_what_is_refused_changes_nothing_and_tells_nothing(shop: Shop, callers: Callers, service: str) -> None:
    walk, databases, things = Walk(shop, callers), Databases(shop), Things(callers)
    calls = [(row, CALLS[service][row.operation, row.of_what](things)) for row in rows_of(service)]
    before = {name: contents(databases, name) for name in touched_by(service)}
    for row, call in calls:
        for column, cell in row.cells.items():
            if row.changes_something(cell):
                continue
            for name, token in callers.tokens(column, row.scope).items():
                walk.attempt(row, cell, call, name=name, token=token)
        after = {name: contents(databases, name) for name in before}
        walk.wrong += [
            f"{row}: what is refused or only read changed {table} of {name}"
            for name in before
            for table in before[name]
            if before[name][table] != after[name][table]
        ]
        before = after
    assert walk.wrong == [], walk.report()


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_what_is_allowed_is_done(shop: Shop, callers: Callers, service: str) -> None:
    walk = Walk(shop, callers)
    for row in rows_of(service):
        make = CALLS[service][row.operation, row.of_what]
        for column, cell in row.cells.items():
            if not row.changes_something(cell):
                continue
            for name, token in callers.tokens(column, row.scope).items():
                walk.attempt(row, cell, make(Things(callers, who=name)), name=name, token=token)
    assert walk.wrong == [], walk.report()


# In a browser

IN_A_BROWSER = ("buyer", "seller", "admin")


@pytest.fixture(scope="module")
def browsers(running_shop: Shop, callers: Callers) -> dict[tuple[str, str], BrowserSession]:
    """A session of each person at each service."""
    sessions = {}
    for service in SERVICE_NAMES:
        for name in IN_A_BROWSER:
            session = BrowserSession(running_shop.platform.url(service))
            assert session.log_in(callers.people[name]).headers["Location"] == "/api/v1/"
            sessions[service, name] = session
    return sessions


Browsers = Mapping[tuple[str, str], BrowserSession]


def submit(
    session: BrowserSession, row: Row, call: Call, *, token: bool = True, accept: str = "application/json"
) -> requests.Response:
    headers = {"Idempotency-Key": new_id(), "Accept": accept}
    if token:
        headers["X-CSRFToken"] = session.csrf_token
    return session.call(row.called.method, row.called.address(call), json=call.body, headers=headers)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_a_session_may_do_what_its_accounts_token_may(
    shop: Shop, callers: Callers, browsers: Browsers, service: str
) -> None:
    walk, shared = Walk(shop, callers), Things(callers)
    for row in rows_of(service):
        make = CALLS[service][row.operation, row.of_what]
        # One of them looks at the page that the browsable API makes of the answer.
        reader = next((name for name in IN_A_BROWSER if row.cells[name] in DONE), "buyer")
        for name in IN_A_BROWSER:
            cell = row.cells[name]
            call = make(Things(callers, who=name) if row.changes_something(cell) else shared)
            accept = HTML if name == reader else "application/json"
            answer = submit(browsers[service, name], row, call, accept=accept)
            shows = walk.shown_to(name, call)
            # Even where nothing is left to say, a reader is sent a page.
            if answer.status_code != (200 if cell == NOT_SHOWN or (cell == "204" and name == reader) else int(cell)):
                walk.wrong.append(f"{row} by the {name}'s session: {cell} expected, got {answer.status_code}")
            elif row.called.method == "GET" and answer.ok and (shows in answer.text) is (cell == NOT_SHOWN):
                walk.wrong.append(f"{row} by the {name}'s session: {cell} expected of {shows}")
    assert walk.wrong == [], walk.report()


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_a_session_changes_nothing_without_the_token_of_its_form(
    shop: Shop, callers: Callers, browsers: Browsers, service: str
) -> None:
    """Another site can make a browser send a request, but not know that token."""
    databases, things, wrong = Databases(shop), Things(callers), []
    rows = [
        row
        for row in rows_of(service)
        # What looks at no token looks at no session either: there is nothing that another site could borrow.
        if row.called.method != "GET" and row.cells["forged"] == "401"
    ]
    calls = [(row, CALLS[service][row.operation, row.of_what](things)) for row in rows]
    before = {name: contents(databases, name) for name in touched_by(service)}
    for row, call in calls:
        for name in IN_A_BROWSER:
            answer = submit(browsers[service, name], row, call, token=False)
            if answer.status_code != 403:
                wrong.append(f"{row} by the {name}'s session: {answer.status_code}")
    assert wrong == []
    assert {name: contents(databases, name) for name in before} == before


LOGIN, ENTERS, REFUSED, NOT_TRIED = "login", "enters", "refused", "-"
ADMIN_LOGIN = "/admin/login/"


def page_rows() -> list[dict[str, str]]:
    ((_name, rows),) = tables("Pages")
    return rows


def lists_of_the_admin(admin: BrowserSession) -> list[str]:
    found = re.findall(r'<th scope="row"[^>]*>\s*<a href="(/admin/\w+/\w+/)"', admin.get("/admin/").text)
    assert len(found) >= 3
    return sorted(set(found))


def rows_of_the_admin(admin: BrowserSession, lists: list[str]) -> list[str]:
    """The page of the first row of each list."""
    found = [re.search(rf'<a href="({path}[^"/?]+/change/)', admin.get(path).text) for path in lists]
    return [each[1] for each in found if each is not None]


def page_requests(admin: BrowserSession) -> dict[str, list[tuple[str, str, dict[str, str] | None]]]:
    """What is sent to try each row of the table: method, address and form."""
    lists = lists_of_the_admin(admin)
    rows = rows_of_the_admin(admin, lists)
    chosen = {path.rsplit("/", 3)[0] + "/": path.rsplit("/", 3)[1] for path in rows}
    deletion = [
        ("POST", path, {"action": "delete_selected", "_selected_action": chosen.get(path, "1"), "post": "yes"})
        for path in lists
    ]
    return {
        "/admin/": [("GET", "/admin/", None)],
        "each list of the admin": [("GET", path, None) for path in lists],
        "each row's page in the admin": [("GET", path, None) for path in rows],
        "each form of the admin, sent": [*deletion, *(("POST", path, {"_save": "Save"}) for path in rows)],
        "/api/v1/": [("GET", "/api/v1/", None)],
        "/api/docs/, /api/schema/": [("GET", "/api/docs/", None), ("GET", "/api/schema/", None)],
        "/livez, /readyz": [("GET", "/livez", None), ("GET", "/readyz", None)],
    }


def outcome(answer: requests.Response) -> str:
    if answer.status_code == 302 and answer.headers["Location"].startswith(ADMIN_LOGIN):
        return LOGIN
    return str(answer.status_code)


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_pages_open_for_whom_the_table_says(shop: Shop, callers: Callers, browsers: Browsers, service: str) -> None:
    base, databases, wrong = shop.platform.url(service), Databases(shop), []
    sessions = {name: browsers[service, name] for name in IN_A_BROWSER} | {"anonymous": BrowserSession(base)}
    sessions["anonymous"].get("/login/")
    requests_of = page_requests(sessions["admin"])
    before = contents(databases, service)
    for row in page_rows():
        for method, path, form in requests_of.get(row["page"], []):
            for name, session in sessions.items():
                if row[name] == NOT_TRIED:
                    continue
                data = None if form is None else form | {"csrfmiddlewaretoken": session.csrf_token}
                found = outcome(session.call(method, path, data=data))
                if found != row[name]:
                    wrong.append(f"{method} {path} by {name}: {row[name]} expected, got {found}")
                if form is not None and (found := outcome(session.call(method, path, data=form))) != "403":
                    wrong.append(f"{method} {path} by {name}, without its token: 403 expected, got {found}")
    assert wrong == []
    assert contents(databases, service) == before


@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_login_forms_let_in_whom_the_table_says(shop: Shop, callers: Callers, service: str) -> None:
    expected, found = {}, {}
    for row in page_rows():
        path = row["page"].removesuffix(", sent")
        if path not in {"/login/", ADMIN_LOGIN}:
            continue
        for name in ("anonymous", *IN_A_BROWSER):
            person, session = callers.people.get(name), BrowserSession(shop.platform.url(service))
            form = {"username": person.email, "password": person.login.password} if person else {"username": "x@y.zz"}
            answer = session.post(path, data={"password": "not theirs", **form})
            entered = answer.status_code == 302 and session.get("/api/v1/").status_code == 200
            expected[path, name] = row[name]
            found[path, name] = ENTERS if entered else REFUSED
    assert found == expected
    assert len(found) == 8


def test_the_tables_name_every_page_that_is_tried(browsers: Browsers) -> None:
    logins = {"/login/, sent", f"{ADMIN_LOGIN}, sent"}
    assert {row["page"] for row in page_rows()} == logins | set(page_requests(browsers["auth", "admin"]))
