"""Why an audit cannot judge."""


class UnreadableError(Exception):
    """Something that an audit compares cannot be read: `source` (a service, or the record) has it; `why` says more."""

    def __init__(self, source: str, why: str) -> None:
        super().__init__(f"{source}: {why}")
        self.source = source
        self.why = why
