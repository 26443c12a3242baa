"""Identifiers.

Rows are named by UUIDv7 (RFC 9562): ordered by time, so that an index grows at its end. Where knowing the id gives
access, as for an anonymous cart, the id is a random UUIDv4 instead. Ids that a caller must be able to make again
after a crash are UUIDv5 of something it still knows.
"""

import uuid

import uuid6


def uuid7() -> uuid.UUID:
    """Return a new time-ordered id, as the plain `uuid.UUID` that Django and psycopg2 know how to store."""
    return uuid.UUID(int=uuid6.uuid7().int)
