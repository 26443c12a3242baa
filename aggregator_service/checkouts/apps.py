from django.apps import AppConfig


class CheckoutsConfig(AppConfig):
    name = "checkouts"

    def ready(self) -> None:
        """Make the checkout known to the saga engine."""
        from checkouts.saga import CHECKOUT  # noqa: PLC0415 - models must be loaded first
        from sagas.steps import register  # noqa: PLC0415

        register(CHECKOUT)
