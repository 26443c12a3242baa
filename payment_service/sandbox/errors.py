"""What the sandbox answers to its one client, `sandbox.provider`."""


class SandboxUnavailableError(Exception):
    """No answer; what was asked may have been done."""


class UnknownIntentError(Exception):
    """The book has no intent of this reference."""


class IntentMismatchError(Exception):
    """The payment has an intent with other parameters."""


class RefusedError(Exception):
    """Refused for good, as `code` says."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
