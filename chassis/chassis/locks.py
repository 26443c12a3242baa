"""Locks on names, for what has no row that could be locked yet.

PostgreSQL's advisory locks, held to the end of the transaction by whichever process took them. The first name says what
for, so that the same id locked for two purposes is two locks; names hold no line breaks.
"""

import hashlib

from django.db import connection
from django.db.transaction import TransactionManagementError


def lock_for_transaction(*names: object) -> None:
    """Wait until no other transaction holds `names`, and hold them to the end of this one.

    Raises `OperationalError` where that takes longer than the database's `lock_timeout`.
    """
    _ask("SELECT pg_advisory_xact_lock(%s)", names)


def try_lock_for_transaction(*names: object) -> bool:
    """Hold `names` to the end of this transaction, or return False at once where another transaction does."""
    return bool(_ask("SELECT pg_try_advisory_xact_lock(%s)", names))


def _ask(statement: str, names: tuple[object, ...]) -> object:
    if not connection.in_atomic_block:
        raise TransactionManagementError("Outside a transaction a lock would end with the statement that takes it.")
    digest = hashlib.sha256("\n".join(str(name) for name in names).encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(statement, [int.from_bytes(digest[:8], signed=True)])
        answer: object = cursor.fetchone()[0]
    return answer
