"""How the platform is: which services are ready, and how many sagas wait for a person."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from django.conf import settings
from django.db import DatabaseError

from sagas.models import Saga
from sagas.selectors import stuck_sagas
from sagas.states import SagaState

PROBE_SECONDS = (0.5, 1.5)


def platform_status() -> dict[str, Any]:
    """Probe all services side by side; this answer needs none of them."""
    urls = {
        "auth": settings.AUTH_URL,
        "inventory": settings.INVENTORY_URL,
        "orders": settings.ORDERS_URL,
        "payment": settings.PAYMENT_URL,
    }
    with ThreadPoolExecutor(len(urls)) as pool:
        states = dict(zip(urls, pool.map(_probe, urls.values()), strict=True))
    services = [{"name": name, "status": status} for name, status in states.items()]
    try:
        sagas: dict[str, int | None] = {
            "running": Saga.objects.filter(state=SagaState.RUNNING).count(),
            "stuck": stuck_sagas().count(),
        }
    except DatabaseError:
        sagas = {"running": None, "stuck": None}
    services.insert(0, {"name": "aggregator", "status": "up" if sagas["stuck"] is not None else "down"})
    healthy = sagas["stuck"] == 0 and all(service["status"] == "up" for service in services)
    return {"status": "ok" if healthy else "degraded", "services": services, "sagas": sagas}


def _probe(url: str) -> str:
    # Not through the services' sessions: a probe must not wait behind their calls, nor trip their breakers.
    try:
        with requests.Session() as session:
            session.trust_env = False
            return "up" if session.get(f"{url}/readyz", timeout=PROBE_SECONDS).status_code == 200 else "down"
    except requests.RequestException:
        return "down"
