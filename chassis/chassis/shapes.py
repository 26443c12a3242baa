"""What is parsed and shown by a serializer, without building the serializer anew for each request.

A serializer makes a copy of each of its fields, and a model's looks at the model for them: often the dearest part of an
answer. One that needs nothing of the request can be shared, since parsing and showing keep nothing in it.
"""

from typing import Any

from rest_framework.serializers import BaseSerializer


def parsed(serializer: type[BaseSerializer[Any]], data: Any) -> dict[str, Any]:
    """Return what is valid in `data`. Raises `ValidationError` as `is_valid(raise_exception=True)` does."""
    if data is None:
        serializer(data=None).is_valid(raise_exception=True)
    values: dict[str, Any] = _shared(serializer).run_validation(data)
    return values


def shown(serializer: type[BaseSerializer[Any]], instance: Any) -> dict[str, Any]:
    """Return an instance as the serializer shows it."""
    answer: dict[str, Any] = _shared(serializer).to_representation(instance)
    return answer


_built: dict[type[BaseSerializer[Any]], BaseSerializer[Any]] = {}


def _shared(serializer: type[BaseSerializer[Any]]) -> BaseSerializer[Any]:
    if serializer not in _built:
        _built[serializer] = serializer()
    return _built[serializer]
