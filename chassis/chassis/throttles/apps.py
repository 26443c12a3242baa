from django.apps import AppConfig


class ThrottlesConfig(AppConfig):
    name = "chassis.throttles"
    label = "throttles"
