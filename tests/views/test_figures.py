"""钱主任 opens the dashboard, the rows behind it, reports, targets and activities; the same on both databases."""

import datetime as dt
import io
import re
from html import unescape

import openpyxl
import pytest

from matchmaker.services import reports
from matchmaker.services.clock import HERE
from matchmaker.services.figures.table import FIGURES
from models import Activity, Event, Goal, Target, now
from tests import history
from tests.builders import need
from tests.views.conftest import browser, words_of

LINK = re.compile(r'<a[^>]* href="(/figures/[^"]+)"[^>]*>([^<]*)</a>')
BOTH = pytest.mark.parametrize("sessions", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def told(session, people):
    return history.make(session, 7, now())


def rows_behind(client, address):
    """How many rows there are, page by page."""
    found = 0
    while address:
        page = client.get(unescape(address))
        assert page.status_code == 200, address
        found += page.text.partition("<tbody>")[2].count("<tr>")
        more = re.search(r'rel="next" href="([^"]*)"', page.text)
        address = more[1] if more else None
    return found


def test_rows_behind_a_figure_tell_the_viewers_time(app, people, session):
    """钱主任 reads from Berlin what was held at 01:00 in Beijing."""
    at = dt.datetime(2026, 3, 10, 1, tzinfo=HERE)
    session.add(need(owner=people.enterprise, published_at=at, created_at=at))
    session.add(Event(at=at, action="post.published", subject="post", subject_id=1, after={"state": "published"}))
    session.commit()
    head = browser(app, people.head)
    asked = "needs_published?period=year&on=2026-03-10"
    assert "2026-03-10 01:00" in head.get(f"/figures/{asked}").text
    head.set_cookie("zone", "Europe/Berlin")
    assert "2026-03-09 18:00" in head.get(f"/figures/{asked}").text
    assert "2026-03-09 18:00" in head.get(f"/figures/{asked.replace('?', '.csv?')}").text


@BOTH
def test_a_number_leads_to_as_many_rows_as_it_says(app, people, told):
    head = browser(app, people.head)
    counted = 0
    for scope in ("period=year", "period=quarter&region=220100&demo=no"):
        page = head.get(f"/dashboard?{scope}").text
        links = [(address, said) for address, said in LINK.findall(page)
                 if FIGURES[re.match(r"/figures/(\w+)", address)[1]].how == "count"]
        numbers = [(address, said.split()[0]) for address, said in links if re.match(r"[\d,]+( |$)", said)]
        for address, said in numbers[::9]:
            assert rows_behind(head, address) == int(said.replace(",", "")), address
            counted += int(said.replace(",", ""))
    assert counted > 20


@BOTH
def test_every_page_and_file_of_figures_is_made(app, people, told):
    head = browser(app, people.head)
    wanted = ["/dashboard?by=institute", "/dashboard?period=custom&from=2024-02-29&to=2026-12-31", "/figures"]
    wanted += [f"/figures/{key}?period=quarter" for key in FIGURES]
    wanted += [f"/reports/{name}" for name in reports.KINDS]
    wanted += [f"/dashboard/charts/{name}.csv" for name in ("months", "posts", "funnel", "groups", "load")]
    assert [path for path in wanted if head.get(path).status_code != 200] == []
    for name in reports.KINDS:
        book = openpyxl.load_workbook(io.BytesIO(head.get(f"/reports/{name}.xlsx").data))
        assert book.worksheets[0]["A1"].value == reports.KINDS[name].title
    assert head.get("/reports/agency.docx").data.startswith(b"PK")


@BOTH
def test_targets_and_activities_are_kept_through_their_pages(app, people, told):
    head, year = browser(app, people.head), now().year
    typed = {"name": "示例登记项数", "figure": "registered_count", "gathered": "sum", "active": "yes"}
    assert head.post("/targets/goals/new", data=typed).status_code == 302
    assert head.post("/targets/goals/new", data=typed).status_code == 400, "the name is taken"
    assert head.post("/targets/goals/new", data=typed | {
        "name": "示例服务收入", "figure": "", "unit": "万元"}).status_code == 302
    for number, amount in (("1", "40"), ("2", "100")):
        set_ = {"year": year, "area": "all:", "amount": amount}
        assert head.post(f"/targets/goals/{number}/targets", data=set_).status_code == 302
    entry = {"on": f"{year}-01-02", "value": "12.5", "area": "all:", "note": ""}
    assert head.post("/targets/goals/2/entries", data=entry).status_code == 302
    page = words_of(head.get(f"/targets/?year={year}").text)
    assert "示例登记项数" in page
    assert "12.5 万元" in page
    assert "示例登记项数" in words_of(head.get("/reports/progress").text)
    held = {"kind": "training", "title": "示例培训", "held_on": f"{year}-01-02", "participants": "30"}
    assert head.post("/activities/new", data=held).status_code == 302
    assert "示例培训" in head.get("/activities/?kind=training").text
    with app.extensions["sessions"].read() as reading:
        activity = reading.query(Activity).filter_by(title="示例培训").one()
        assert (reading.query(Goal).count(), reading.query(Target).count(), activity.participants) == (2, 2, 30)
    address = f"/activities/{activity.id}"
    assert head.post(address, data=held | {"participants": "31", "version": 1}).status_code == 302
    late = head.post(address, data=held | {"participants": "32", "version": 1})
    assert "他人刚刚修改了这次活动" in late.text
    assert head.post(f"{address}/remove").status_code == 302
