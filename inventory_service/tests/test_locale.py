from django.conf import settings

from chassis.testing import translation_gaps


def test_every_message_is_translated_and_compiled() -> None:
    assert translation_gaps(settings.BASE_DIR) == []
