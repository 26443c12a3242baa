from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = "Payments"

    def ready(self) -> None:
        """Register the system checks."""
        from payments import checks  # noqa: F401, PLC0415 - needs loaded apps
