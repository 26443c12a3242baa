from django.apps import AppConfig
from django.db.backends.signals import connection_created


class RestoresConfig(AppConfig):
    name = "chassis.restores"
    label = "restores"
    verbose_name = "Restores"

    def ready(self) -> None:
        from chassis.restores.guard import on_new_connection  # noqa: PLC0415 - models are loaded by now

        # Only a new connection can lead to another database than the last look at it.
        connection_created.connect(on_new_connection, dispatch_uid="chassis.restores")
