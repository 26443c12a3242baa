"""What a saga is made of: a table of steps, each with its call and how it is called off."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chassis.errors import DomainError

Call = Callable[["SagaContext"], Mapping[str, Any]]


@dataclass(frozen=True)
class SagaContext:
    """What a step may know: the saga's identity and what was written down so far."""

    id: Any
    account_id: Any
    data: Mapping[str, Any]
    failure: Mapping[str, Any] | None = None
    """Why it is called off, if it is: the problem that its caller will get."""


@dataclass(frozen=True)
class Step:
    """One call to a service, repeatable under an id derived from the saga's.

    `call` returns what is to be remembered. It raises `DomainError` when the service refused for good, and anything of
    `chassis.errors.UnavailableError` when what happened is unknown. `compensate` calls the step off, also when it never
    arrived; None for steps past the pivot.
    """

    name: str
    call: Call
    compensate: Call | None = None


@dataclass(frozen=True)
class Pivot(Step):
    """The step that decides. Its `compensate` raises `PivotPassedError` when the step had its effect after all."""


class PivotPassedError(Exception):
    """Calling off came too late: the pivot's effect stands, and the saga must go on to its end."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__("the pivot is passed")
        self.result = dict(result)


@dataclass(frozen=True)
class Definition:
    """A kind of saga: its steps in order, with one pivot among them.

    `completed` and `failed` build the answer (status and body) that its caller gets, and gets again.
    """

    kind: str
    steps: tuple[Step, ...]
    undecided_for: timedelta
    completed: Callable[[SagaContext], tuple[int, dict[str, Any]]]
    failed: Callable[[SagaContext, Mapping[str, Any]], tuple[int, dict[str, Any]]]
    expired: Callable[[], DomainError]
    pivot: int = field(init=False)

    def __post_init__(self) -> None:
        (pivot,) = (position for position, step in enumerate(self.steps) if isinstance(step, Pivot))
        if any(step.compensate is None for step in self.steps[: pivot + 1]):
            raise TypeError(f"{self.kind}: a step up to the pivot has no compensation")
        object.__setattr__(self, "pivot", pivot)


definitions: dict[str, Definition] = {}


def register(definition: Definition) -> None:
    """Make a kind of saga known to the engine."""
    definitions[definition.kind] = definition
