"""Makes the delivery task known to the worker."""

from chassis.mail.delivery import deliver_mail

__all__ = ["deliver_mail"]
