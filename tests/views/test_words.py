"""What stands on a page is a word of the viewer's language, never a code of ours."""

from matchmaker.services.timetable import TIMETABLE
from matchmaker.tasks import HANDLERS
from matchmaker.views.words import JOBS


def test_every_kind_of_job_has_a_name_and_no_name_is_left_over():
    assert set(JOBS) == set(HANDLERS)
    assert len(set(JOBS.values())) == len(JOBS)


def test_what_comes_again_by_itself_can_be_done():
    assert {entry.kind for entry in TIMETABLE} <= set(HANDLERS)
