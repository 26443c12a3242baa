"""Which frontends' scripts may call the API: nobody's, but for the origins that a setting names."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

SERVICE = Path(__file__).resolve().parent.parent
SHOP, STRANGER = "https://shop.test", "https://evil.test"
ASK = """
import json, sys
import django
django.setup()
from django.test import Client
headers = json.loads(sys.argv[3])
answer = Client().generic(sys.argv[1], sys.argv[2], headers=headers)
print(json.dumps([answer.status_code, dict(answer.headers)]))
"""


def ask(method: str, path: str, origin: str, **settings: str) -> tuple[int, dict[str, Any]]:
    """The status and the headers that say something about other origins, of an aggregator with those settings."""
    headers = {"Origin": origin}
    if method == "OPTIONS":
        headers |= {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        }
    done = subprocess.run(  # noqa: S603 - all of it is written here
        [sys.executable, "-c", ASK, method, path, json.dumps(headers)],
        cwd=SERVICE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "aggregator_service.settings", **settings},
        capture_output=True,
        text=True,
        check=True,
    )
    status, said = json.loads(done.stdout.splitlines()[-1])
    return status, {
        name.lower().removeprefix("access-control-"): value
        for name, value in said.items()
        if name.lower().startswith("access-control-")
    }


def test_without_the_setting_no_other_origin_is_let_in() -> None:
    assert ask("GET", "/api/v1/nothing", SHOP) == (404, {})


def test_an_origin_that_is_named_may_call_and_read_what_it_needs() -> None:
    named = {"CORS_ALLOWED_ORIGINS": f"{SHOP},https://app.test"}
    exposed = "ETag, Idempotent-Replayed, Location, Retry-After, X-Request-ID"
    assert ask("GET", "/api/v1/nothing", SHOP, **named) == (404, {"allow-origin": SHOP, "expose-headers": exposed})
    status, said = ask("OPTIONS", "/api/v1/checkouts", SHOP, **named)
    assert (status, said["allow-origin"], said["max-age"]) == (200, SHOP, "86400")
    assert {"authorization", "idempotency-key", "if-match", "x-request-id"} <= set(said["allow-headers"].split(", "))
    assert said["allow-methods"] == "DELETE, GET, OPTIONS, PATCH, POST, PUT"
    assert "allow-credentials" not in said


def test_a_stranger_s_script_and_pages_that_are_no_api_stay_closed() -> None:
    named = {"CORS_ALLOWED_ORIGINS": SHOP}
    assert "allow-origin" not in ask("GET", "/api/v1/nothing", STRANGER, **named)[1]
    assert ask("GET", "/livez", SHOP, **named) == (200, {})


def test_cookies_are_let_in_by_setting_only() -> None:
    named = {"CORS_ALLOWED_ORIGINS": SHOP, "CORS_ALLOW_CREDENTIALS": "true"}
    assert ask("GET", "/api/v1/nothing", SHOP, **named)[1]["allow-credentials"] == "true"
