"""Requests that a machine makes up from each spec, valid and not: no server error, and no answer that the spec lacks.

First the boundaries of what each operation takes, which are always the same; then as many drawn at random as there is
time for: the seed decides those. Half of what is drawn differs in one place from a call that is known to be good, for
what is all nonsense is refused before anything is done with it.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.schemas import APIOperation

from chassis.testing_contract import ContractError, contract_of
from local.services import ROOT, SERVICES
from tests.callers import Callers
from tests.fuzz.mangling import DRAWN, MANGLERS
from tests.operations import CALLS, Call, Things, new_id
from tests.shop import TIMEOUT, answer_of

DRAWN_PER_MINUTE = 10
"""Drawn requests of each operation for each minute, beside its boundaries."""

WHO = ("anonymous", "buyer", "seller", "admin", "service")
MODES = list(GenerationMode)

AnyCase: TypeAlias = Case[Any]
Operation: TypeAlias = APIOperation[Any, Any, Any, Any]


def operations(service: str) -> Iterator[tuple[str, Operation]]:
    """Every operation of the service's spec, by its id."""
    schema = schemathesis.openapi.from_path(ROOT / f"{service}_service" / "openapi.yaml")
    schema.config.generation.with_security_parameters = False  # the callers say who they are
    for methods in schema.values():
        for operation in methods.values():
            yield operation.definition.raw["operationId"], operation


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    only = metafunc.config.getoption("--service")
    chosen = [
        pytest.param(service.name, name, operation, id=f"{service.name} {name}")
        for service in SERVICES
        if only in {"", service.name}
        for name, operation in operations(service.name)
    ]
    metafunc.parametrize(("service", "name", "operation"), chosen)


@pytest.fixture(scope="session")
def shared(callers: Callers) -> Things:
    """What all calls look at that change nothing."""
    return Things(callers)


def good_call(service: str, name: str, things: Things) -> Call:
    """A call of that operation on something that is there."""
    return next(make(things) for (operation, _what), make in CALLS[service].items() if operation == name)


def near(body: Any, drawn: SearchStrategy[AnyCase]) -> SearchStrategy[AnyCase]:
    """What is drawn, its body as the good one but for one member."""

    @strategies.composite
    def cases(draw: strategies.DrawFn) -> AnyCase:
        case = draw(drawn)
        if isinstance(body, dict) and isinstance(case.body, dict):
            name = draw(strategies.sampled_from(sorted({*body, *case.body})))
            rest = {key: value for key, value in body.items() if key != name}
            case.body = rest | ({name: case.body[name]} if name in case.body else {})
        return case

    return cases()


def usual_members(bodies: Sequence[Any]) -> dict[str, str]:
    """What stands in a boundary's body but for what makes it one: the commonest value of each member, as JSON."""
    values: dict[str, Counter[str]] = defaultdict(Counter)
    for body in bodies:
        for name, value in body.items() if isinstance(body, dict) else ():
            values[name][json.dumps(value)] += 1
    return {name: counted.most_common(1)[0][0] for name, counted in values.items()}


def amended(body: Any, usual: Mapping[str, str], good: Any) -> Any:
    """The good body, with what is unusual in the other."""
    if not isinstance(body, dict) or not isinstance(good, dict):
        return body
    kept = {name: value for name, value in good.items() if name in body or name not in usual}
    return kept | {name: value for name, value in body.items() if json.dumps(value) != usual[name]}


class Sender:
    """Sends requests of one operation, and holds the answers against its service's contract."""

    def __init__(self, callers: Callers, service: str, operation: Operation, call: Call, repeat: str) -> None:
        self._callers = callers
        self._operation = operation
        self._base = callers.shop.platform.url(service)
        self._contract = contract_of(ROOT / f"{service}_service")
        self._ids = dict(zip(re.findall(r"{(\w+)}", operation.path), call.ids, strict=True))
        self._body = call.body
        self._query = call.query
        self._repeat = repeat
        self._session = requests.Session()
        self._session.trust_env = False
        self.statuses: Counter[int] = Counter()
        """Of the operation's own answers, without those to other methods."""

    def send_good(self, caller: str) -> int:
        """Send the good call. Returns the status."""
        path = self._operation.path.format(**self._ids)
        key = {"Idempotency-Key": new_id()} if self._operation.method == "post" else {}
        url = f"{self._base}{path}{self._query}"
        options = {"method": self._operation.method, "url": url, "json": self._body, "headers": key}
        return self._send(caller, "", options)

    def send(self, case: AnyCase, caller: str, *, known: bool, mangler: str = "") -> int:
        """Send what was drawn; where `known`, about what is there. Returns the status."""
        place = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
        if known and place is not None and place.mode == GenerationMode.POSITIVE:
            case.path_parameters |= self._ids
        if known and case.method.lower() == "post":
            case.headers.setdefault("Idempotency-Key", new_id())
        options = case.as_transport_kwargs(base_url=self._base)
        del options["headers"]["X-Schemathesis-TestCaseId"]
        return self._send(caller, mangler, options)

    def _send(self, caller: str, mangler: str, options: Mapping[str, Any]) -> int:
        request = self._session.prepare_request(requests.Request(**options))
        (token,) = self._callers.tokens(caller, "").values()
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        MANGLERS[mangler](request)
        answer = self._session.send(request, timeout=TIMEOUT, allow_redirects=False)
        if request.method == self._operation.method.upper():
            self.statuses[answer.status_code] += 1
        try:
            self._contract.check(answer_of(answer))
        except ContractError as error:
            request.headers.pop("Authorization", None)
            raise ContractError(
                f"{error}\n\nSent by {caller}{mangler and f', with {mangler}'}:\n{request.method} {request.url}\n"
                f"{dict(request.headers)}\n{request.body!r}\n\nAgain: {self._repeat}"
            ) from None
        return answer.status_code


def test_every_answer_is_promised(
    service: str, name: str, operation: Operation, callers: Callers, shared: Things, pytestconfig: pytest.Config
) -> None:
    seed, minutes = pytestconfig.getoption("--seed"), pytestconfig.getoption("--minutes")
    call = good_call(service, name, shared if operation.method == "get" else Things(callers))
    repeat = f"make fuzz SERVICE={service} SEED={seed} MINUTES={minutes:g}"
    sender = Sender(callers, service, operation, call, repeat)

    statuses = {caller: sender.send_good(caller) for caller in WHO}
    served = [caller for caller, status in statuses.items() if status < 300]
    assert served, f"the good call is good for nobody: {statuses}"
    let_in = [caller for caller, status in statuses.items() if status not in {401, 403}]

    boundaries = list(
        operation.schema.iter_coverage_cases(
            operation, generation_modes=MODES, generation_config=operation.schema.config.generation
        )
    )
    usual = usual_members([case.body for case in boundaries])
    senders = [*served * 3, *let_in]
    for position, case in enumerate(boundaries):
        known = position % 4 > 0
        if known:
            case.body = amended(case.body, usual, call.body)
        sender.send(case, senders[position % len(senders)], known=known)

    spread = strategies.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES])

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=max(5, round(DRAWN_PER_MINUTE * minutes)),
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(
        case=spread | near(call.body, spread),
        caller=strategies.sampled_from([*served * 4, *let_in, *WHO]),
        known=strategies.sampled_from([True, True, False]),
        mangler=strategies.sampled_from(DRAWN),
    )
    def drawn(case: AnyCase, caller: str, known: bool, mangler: str) -> None:
        sender.send(case, caller, known=known, mangler=mangler)

    drawn()
    print(f"{service} {name}, as {', '.join(served)}: {dict(sorted(sender.statuses.items()))}")
