"""References: the short name of an order that people read out, such as `K7Q2-M9TX-4B`.

Ten characters of Crockford's base 32 (https://www.crockford.com/base32.html): 50 of the id's random bits.
"""

import uuid
from collections.abc import Iterator

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
RANDOM_BITS = 62
"""The last bits of a UUID of any version hold nothing but chance (or a digest)."""

_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", " ": "", "-": ""})


def candidates(order_id: uuid.UUID) -> Iterator[str]:
    """Yield the references an order may take, best first: the next serves when another order has the first."""
    for shift in range(RANDOM_BITS - 5 * LENGTH + 1):
        bits = order_id.int >> shift
        yield _grouped("".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(LENGTH))))


def parse_reference(text: str) -> str | None:
    """Return the reference that somebody typed, read as Crockford says, or None if it cannot be one."""
    characters = text.upper().translate(_READ_AS)
    if len(characters) != LENGTH or not set(characters) <= set(ALPHABET):
        return None
    return _grouped(characters)


def _grouped(characters: str) -> str:
    return f"{characters[:4]}-{characters[4:8]}-{characters[8:]}"
