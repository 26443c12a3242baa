from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "chassis.identity"
    label = "identity"
    verbose_name = "Identity"
