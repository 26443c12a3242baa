"""What the runner says instead of a traceback."""


class LocalError(Exception):
    """Something the person at the keyboard can understand and act on, in one line (log lines may follow)."""
