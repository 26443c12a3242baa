from pathlib import Path

from django.conf import settings

from chassis.testing import translation_gaps


def test_every_message_is_translated_and_compiled() -> None:
    assert translation_gaps(Path(settings.LOCALE_PATHS[-1]).parent) == []
