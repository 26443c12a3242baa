"""Who gets which kind of answer."""

import pytest

from chassis.testing import ClientFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/json", JSON),
        ("application/json, */*;q=0.5", JSON),
        ("application/*", JSON),
        ("text/html", "text/html; charset=utf-8"),
        (BROWSER, "text/html; charset=utf-8"),
    ],
)
def test_programs_get_json_and_browsers_a_page(client_for: ClientFactory, accept: str | None, kind: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    answer = client_for().get("/api/v1/parcels", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, kind)


def test_what_nobody_can_write_is_refused(client_for: ClientFactory) -> None:
    assert client_for().get("/api/v1/parcels", headers={"Accept": "image/png"}).status_code == 406


def test_a_format_in_the_address_counts_more_than_the_header(client_for: ClientFactory) -> None:
    answer = client_for().get("/api/v1/parcels?format=api", headers={"Accept": "*/*"})
    assert answer["Content-Type"] == "text/html; charset=utf-8"
