from django.apps import AppConfig


class PlatformStatusConfig(AppConfig):
    name = "platform_status"
