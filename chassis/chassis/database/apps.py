from django.apps import AppConfig


class DatabaseConfig(AppConfig):
    name = "chassis.database"
    label = "database"
