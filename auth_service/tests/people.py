"""What tests know of the people in them."""

from typing import Any

from chassis.testing import published_keys
from keys.services import published_key_set

EMAIL = "ada@example.com"
PASSWORD = "difference engine no. 2"


def trusted_keys() -> dict[str, Any]:
    return {"keys": [*published_key_set()["keys"], *published_keys()["keys"]]}
