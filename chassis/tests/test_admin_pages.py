"""Admin lists: found by whole ids, else by text; nothing is added, changed or deleted where a page only shows."""

import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.test import Client, RequestFactory

from chassis.admin_pages import ReadOnlyAdmin, SearchedAdmin
from chassis.jobs.models import Job
from tests.parcels.models import Parcel

pytestmark = pytest.mark.django_db


class ParcelsByIdAdmin(SearchedAdmin[Parcel]):
    id_search_fields = ("pk", "owner")


class ParcelsByNameAdmin(SearchedAdmin[Parcel]):
    search_fields = ("name",)


def found(page: type[SearchedAdmin[Parcel]], term: object) -> set[str]:
    request = RequestFactory().get("/")
    shown = page(Parcel, admin.site)
    assert shown.get_search_fields(request)
    rows, _may_repeat = shown.get_search_results(request, Parcel.objects.all(), str(term))
    return {parcel.name for parcel in rows}


def test_a_row_is_found_by_any_of_its_ids_in_full() -> None:
    owner = uuid.uuid4()
    one = Parcel.objects.create(owner=owner, name="one")
    Parcel.objects.create(owner=owner, name="two")
    Parcel.objects.create(owner=uuid.uuid4(), name="three")
    assert found(ParcelsByIdAdmin, f" {one.pk} ") == {"one"}
    assert found(ParcelsByIdAdmin, owner.hex) == {"one", "two"}
    assert found(ParcelsByIdAdmin, uuid.uuid4()) == set()
    assert found(ParcelsByIdAdmin, "one") == set()
    assert found(ParcelsByIdAdmin, " ") == {"one", "two", "three"}


def test_an_id_that_names_no_row_is_looked_for_in_the_text() -> None:
    mentioned = uuid.uuid4()
    one = Parcel.objects.create(owner=mentioned, name="one")
    Parcel.objects.create(owner=mentioned, name=f"for {mentioned}")
    assert found(ParcelsByNameAdmin, mentioned) == {f"for {mentioned}"}
    assert found(ParcelsByNameAdmin, one.pk) == {"one"}
    assert found(ParcelsByNameAdmin, "ONE") == {"one"}


def test_a_page_that_only_shows_refuses_all_else() -> None:
    admin.autodiscover()  # as the addresses do, which nobody may have asked for yet
    job = Job.objects.create(task="nothing")
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", "secret"))
    page: Any = admin.site.get_model_admin(Job)
    assert isinstance(page, ReadOnlyAdmin)
    assert client.get(f"/admin/jobs/job/{job.pk}/change/").status_code == 200
    assert client.post(f"/admin/jobs/job/{job.pk}/change/", {"state": "done"}).status_code == 403
    assert client.post(f"/admin/jobs/job/{job.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/jobs/job/add/").status_code == 403
    assert Job.objects.get().state == "waiting"
