"""Somebody in a browser: a cookie jar, login forms, and the CSRF token that every form sends back."""

from typing import Any

import requests

from tests.shop import TIMEOUT, Person

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


class BrowserSession:
    """A browser at one service. Redirects are not followed: where one leads to is what tests look at."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Accept"] = HTML

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, *, data: dict[str, str]) -> requests.Response:
        """Sends a form of a page, with the token that the page came with."""
        self.get(path)
        return self.call("POST", path, data={**data, "csrfmiddlewaretoken": self.csrf_token})

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._http.request(method, f"{self.base}{path}", allow_redirects=False, timeout=TIMEOUT, **options)

    @property
    def csrf_token(self) -> str:
        return next((cookie.value or "" for cookie in self._http.cookies if cookie.name.endswith("_csrf")), "")

    def log_in(self, person: Person, *, path: str = "/login/") -> requests.Response:
        return self.post(path, data={"username": person.email, "password": person.login.password, "next": "/api/v1/"})

    def log_in_to_admin(self, person: Person) -> None:
        answer = self.log_in(person, path="/admin/login/")
        assert answer.status_code == 302, answer.text[:2000]
