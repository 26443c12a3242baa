"""Requests that a machine makes up from each spec, valid and not: no server error, and no answer that the spec lacks.

First the boundaries of what each operation takes, which are always the same; then as many drawn at random as there is
time for: the seed decides those.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import strategies
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.hypothesis.examples import generate_one
from schemathesis.schemas import APIOperation

from chassis.testing_contract import ContractError, contract_of
from local.services import ROOT, SERVICES
from tests.fuzz.callers import CALLERS, World
from tests.fuzz.mangling import DRAWN, MANGLERS
from tests.shop import TIMEOUT, answer_of

EXAMPLES_PER_MINUTE = 10
"""Drawn requests of each operation for each minute, beside its boundaries."""

MODES = list(GenerationMode)


AnyCase: TypeAlias = Case[Any]
Operation: TypeAlias = APIOperation[Any, Any, Any, Any]


def operations(service: str) -> Iterator[Operation]:
    """Every operation of the service's spec, those last that take away what the others want to find."""
    schema = schemathesis.openapi.from_path(ROOT / f"{service}_service" / "openapi.yaml")
    schema.config.generation.with_security_parameters = False  # the callers say who they are
    found = [operation for methods in schema.values() for operation in methods.values()]
    yield from sorted(found, key=lambda operation: operation.method == "delete")


def near_examples(operation: Operation, drawn: SearchStrategy[AnyCase]) -> SearchStrategy[AnyCase]:
    """The operation's examples with one member of the body as drawn: refused, if at all, for that one's sake."""
    examples = strategies.one_of(operation.get_strategies_from_examples())

    @strategies.composite
    def near(draw: strategies.DrawFn) -> AnyCase:
        case, other = draw(examples), draw(drawn)
        if isinstance(case.body, dict) and isinstance(other.body, dict):
            name = draw(strategies.sampled_from(sorted({*case.body, *other.body})))
            rest = {key: value for key, value in case.body.items() if key != name}
            case.body = rest | ({name: other.body[name]} if name in other.body else {})
        return case

    return near()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    only = metafunc.config.getoption("--service")
    chosen = [
        pytest.param(service.name, operation, id=f"{service.name} {operation.label}")
        for service in SERVICES
        if only in {"", service.name}
        for operation in operations(service.name)
    ]
    metafunc.parametrize(("service", "operation"), chosen)


class Sender:
    """Sends requests of one operation, and holds the answers against its service's contract."""

    def __init__(self, world: World, service: str, repeat: str) -> None:
        self._world = world
        self._base = world.shop.platform.url(service)
        self._contract = contract_of(ROOT / f"{service}_service")
        self._repeat = repeat
        self._session = requests.Session()
        self._session.trust_env = False
        self.statuses: Counter[int] = Counter()

    def send(self, case: AnyCase, caller: str, *, known: bool = True, mangler: str = "") -> int:
        """Return the answer's status. Raises `ContractError`, saying how to send the same request again."""
        if known:
            self._name_what_exists(case)
        options = case.as_transport_kwargs(base_url=self._base)
        headers = {**options.pop("headers"), **self._world.headers(caller)}
        del headers["X-Schemathesis-TestCaseId"]
        request = self._session.prepare_request(requests.Request(**options, headers=headers))
        MANGLERS[mangler](request)
        answer = self._session.send(request, timeout=TIMEOUT, allow_redirects=False)
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

    def _name_what_exists(self, case: AnyCase) -> None:
        """Put ids of existing things where the spec takes an id: nonsense there would only ever find nothing."""
        path = case.meta.components.get(ParameterLocation.PATH) if case.meta else None
        if path is not None and path.mode == GenerationMode.POSITIVE:
            case.path_parameters |= self._existing(case.path_parameters, case.path)
        if isinstance(case.body, dict):
            case.body = {**case.body, **self._existing(case.body)}

    def _existing(self, values: Mapping[str, Any], path: str = "") -> dict[str, str]:
        found = {name: self._world.existing(name, path) for name, value in values.items() if isinstance(value, str)}
        return {name: value for name, value in found.items() if value is not None}


def test_every_answer_is_promised(
    service: str, operation: Operation, world: World, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("--seed")
    minutes = pytestconfig.getoption("--minutes")
    sender = Sender(world, service, f"make fuzz SERVICE={service} SEED={seed} MINUTES={minutes:g}")
    boundaries = operation.schema.iter_coverage_cases(
        operation, generation_modes=MODES, generation_config=operation.schema.config.generation
    )
    first = next(itertools.chain(map(generate_one, operation.get_strategies_from_examples()), boundaries))
    let_in = [caller for caller in CALLERS if sender.send(first, caller) not in {401, 403}]
    for position, case in enumerate(boundaries):
        sender.send(case, let_in[position % len(let_in)], known=position % 4 > 0)

    spread = strategies.one_of([operation.as_strategy(generation_mode=mode) for mode in MODES])

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=max(5, round(EXAMPLES_PER_MINUTE * minutes)),
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(
        case=spread | near_examples(operation, spread),
        caller=strategies.sampled_from([*let_in * 4, *CALLERS]),
        known=strategies.booleans(),
        mangler=strategies.sampled_from(DRAWN),
    )
    def drawn(case: AnyCase, caller: str, known: bool, mangler: str) -> None:
        sender.send(case, caller, known=known, mangler=mangler)

    drawn()
    print("STAT", service, operation.label, let_in, dict(sender.statuses))
