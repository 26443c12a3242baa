"""A service whose database was restored refuses to write until reconcile has finished.

Whether it may write is looked up once per database connection, because a restore ends every connection; while it may
not, again at every write, so that a release takes effect at once.
"""

import threading
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

RECONCILE_SCOPE = "reconcile.write"


class _Clear(threading.local):
    """The connection of this thread that is known to lead to a database which may be written to."""

    connection: Any = None


_clear = _Clear()


def awaits_reconcile() -> bool:
    """Whether the database that this thread is connected to was restored and not released yet.

    Costs a query only on a connection that is not known to be clear. Raises `DatabaseError` when it cannot tell.
    """
    database = connections[DEFAULT_DB_ALIAS]
    if database.connection is None:
        database.ensure_connection()
    if database.connection is _clear.connection:
        return False
    # Django's own cursor would count as a query of the request's and, for a new connection, be too early.
    with database.wrap_database_errors, database.connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM restores_restore WHERE released_at IS NULL)")
        awaiting: bool = cursor.fetchone()[0]
    _clear.connection = None if awaiting else database.connection
    return awaiting


def is_known_to_await() -> bool:
    """Like `awaits_reconcile`, as far as the present connection can tell; the next one is looked at when it is made."""
    try:
        return connections[DEFAULT_DB_ALIAS].connection is not None and awaits_reconcile()
    except (DatabaseError, InterfaceError):
        return False


def forget() -> None:
    """Look again at the next write, on the same connection too. For tests, which never connect anew."""
    _clear.connection = None
