"""Django's PostgreSQL backend, which asks a kept connection nothing before each request, and knows what it prepared."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """Looks at the socket instead of sending `SELECT 1`.

    Nothing arrives on an idle connection but a server's farewell, or the end of the stream when the server died. A
    host that vanished without a word is found out by neither way, but by the socket's time-outs.
    """

    prepared: set[str]
    """Names of the statements that the present connection holds ready: see `chassis.statements`."""

    def connect(self) -> None:
        self.prepared = set()
        super().connect()

    def close_if_unusable_or_obsolete(self) -> None:
        """Called where a request has ended; the next one looks at the socket, also where this one met an error."""
        super().close_if_unusable_or_obsolete()
        self.health_check_done = False

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        socket = select.poll()
        socket.register(self.connection.fileno(), select.POLLIN)
        return super().is_usable() if socket.poll(0) else True
