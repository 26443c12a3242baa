from django.apps import AppConfig


class RestoresConfig(AppConfig):
    name = "chassis.restores"
    label = "restores"
    verbose_name = "Restores"
