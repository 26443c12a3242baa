"""State machines: one table of transitions per noun, one function that moves a row.

A table maps each state to the states that may follow it:

    TRANSITIONS = {OrderState.PENDING: {OrderState.CONFIRMED, OrderState.REJECTED}, ...}
"""

from collections.abc import Mapping, Set
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from chassis.errors import DomainError
from chassis.statements import update

Transitions = Mapping[Any, Set[Any]]


class TransitionRefusedError(DomainError):
    """The row is in a state from which the asked one cannot be reached."""

    code = "transition_refused"
    status = 409
    message = _("This is not possible in the present state.")


def sources(table: Transitions, target: Any) -> list[Any]:
    """Return the states from which `target` may be entered."""
    return [state for state, targets in table.items() if target in targets]


def move(row: models.Model, *, to: Any, table: Transitions, field: str = "state", **changes: Any) -> None:
    """Move `row` to the state `to`, writing `changes` with it, in one conditional UPDATE.

    The row in memory follows. Raises `TransitionRefusedError` when the database holds a state that `table` does not
    let go there, whatever the row in memory said.
    """
    where = {"pk": row.pk, f"{field}__in": tuple(sources(table, to))}
    if not update(type(row), where=where, changes={field: to, **changes}):
        present = type(row)._default_manager.filter(pk=row.pk).values_list(field, flat=True).first()
        raise TransitionRefusedError(data={"state": present})
    setattr(row, field, to)
    for name, value in changes.items():
        setattr(row, name, value)
