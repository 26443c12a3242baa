from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "chassis.mail"
    label = "mail"
