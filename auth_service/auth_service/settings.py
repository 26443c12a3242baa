from pathlib import Path

from chassis.settings import service_settings

BASE_DIR = Path(__file__).resolve().parent.parent

globals().update(service_settings(service="auth", base_dir=BASE_DIR, apps=[]))
