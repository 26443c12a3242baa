"""Messages for people exist in French too."""

from pathlib import Path

import chassis
from chassis.testing import translation_gaps


def test_every_message_has_its_translation() -> None:
    assert translation_gaps(Path(chassis.__file__).parent) == []


def test_gaps_are_found(tmp_path: Path) -> None:
    place = tmp_path / "locale" / "fr" / "LC_MESSAGES"
    place.mkdir(parents=True)
    (place / "django.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Empty"\nmsgstr ""\n\nmsgid "{count} left"\nmsgstr "{nombre} restants"\n\nmsgid "Here"\nmsgstr "Ici"\n'
    )
    compiled = Path(chassis.__file__).parent / "locale/fr/LC_MESSAGES/django.mo"
    (place / "django.mo").write_bytes(compiled.read_bytes())
    (tmp_path / "words.py").write_text('_("Empty"), gettext_lazy("{count} left"), _("Here"), _("Nowhere")\n')
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% load i18n %}{% translate "In a page" %}\n')
    assert translation_gaps(tmp_path) == [
        f"{place / 'django.mo'} is not its .po, compiled",
        "words.py:1: no fr for 'Empty'",
        "templates/page.html:1: no fr for 'In a page'",
        "words.py:1: no fr for 'Nowhere'",
        "words.py:1: other placeholders in the fr for '{count} left'",
    ]
