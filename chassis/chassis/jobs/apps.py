from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "chassis.jobs"
    label = "jobs"
    verbose_name = "Background jobs"

    def ready(self) -> None:
        """Import every app's `tasks.py`, so that a worker knows all tasks by name, and `metrics.py`."""
        autodiscover_modules("tasks", "metrics")
