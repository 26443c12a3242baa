"""The catalogue of mistakes stays true to the code that it breaks."""

import pytest

from local.services import ROOT
from tests.mutations.catalogue import MUTATIONS, Edit

EDITS = [edit for mutation in MUTATIONS for edit in mutation.edits]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.path)
def test_each_mistake_can_still_be_made(edit: Edit) -> None:
    assert (ROOT / edit.path).read_text().count(edit.before) == 1
    assert edit.after != edit.before


def test_there_are_twelve_of_different_names() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 12
