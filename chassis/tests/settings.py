"""A service of no domain, to test the chassis with."""

from pathlib import Path

from chassis.settings import service_settings

globals().update(
    service_settings(service="chassis", base_dir=Path(__file__).parent, apps=["tests.parcels"])
    | {"ROOT_URLCONF": "tests.urls", "WSGI_APPLICATION": None}
)
THROTTLES = {"parcel": "3/min"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
