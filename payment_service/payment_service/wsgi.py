import os

from chassis.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payment_service.settings")

application = get_wsgi_application()
