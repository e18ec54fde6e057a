"""Reports are opened again as files, and say what the dashboard says; targets are logged, and end where they are likely
to end."""

import datetime as dt
from decimal import Decimal

import docx
import openpyxl
import pytest
from sqlalchemy import select

from matchmaker.services import activities, progress, report_files, reports, targets
from matchmaker.services.activities import Held
from matchmaker.services.figures import counting, files, showing
from matchmaker.services.figures import period as periods
from matchmaker.services.figures.board import contract_months
from matchmaker.services.figures.counting import Within
from matchmaker.services.figures.scope import Scope
from matchmaker.services.figures.table import FIGURES
from matchmaker.services.problems import Conflict, NotAllowed, NotFound, Problem
from matchmaker.services.targets import Area, Definition
from models import Contract, Event, GoalEntry
from models.vocabulary import Role
from tests import history
from tests.builders import user

NOW = dt.datetime(2026, 3, 5, 2, 0, tzinfo=dt.UTC)
YEAR = Scope(periods.year(2025), NOW)


@pytest.fixture
def told(session):
    return history.make(session, 7, NOW)


@pytest.fixture
def boss(session):
    session.add(found := user(Role.HEAD, "示例主任"))
    session.flush()
    return found


@pytest.mark.parametrize("name", reports.KINDS)
def test_both_files_say_what_the_page_says(session, told, boss, tmp_path, name):
    goal = targets.define(session, boss, Definition("示例登记金额", "registered_amount", "", "sum", ""))
    targets.set_target(session, boss, goal, 2025, Area(), Decimal(90_000_000))
    report = reports.make(session, YEAR, name)
    for form in reports.FORMATS:
        report_files.write(report, tmp_path / f"report.{form}")
    document = docx.Document(str(tmp_path / "report.docx"))
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert report.heading in [paragraph.text for paragraph in document.paragraphs]
    for table, grid in zip(report.tables, document.tables, strict=True):
        assert [cell.text for cell in grid.rows[0].cells] == list(table.columns)
        written = [[cell.text for cell in row.cells] for row in grid.rows[1:]]
        assert written == [[cell.text for cell in row] for row in table.rows]
        sheet = book[table.title]
        assert [sheet.cell(1, 1).value, sheet.cell(2, 1).value] == [report.title, report.heading]
        stored = [["" if one.value is None else one.value for one in row] for row in sheet.iter_rows(min_row=5)]
        assert stored == [[cell.text if cell.number is None else cell.number for cell in row] for row in table.rows]
        assert not any(one.data_type == "f" for row in sheet.iter_rows() for one in row)


def test_each_number_of_a_report_is_that_of_the_rows_it_links_to(session, told, boss):
    scope = {"broker": None, "agency": None, "conversion": None}
    for name in scope:
        for table in reports.make(session, YEAR, name).tables:
            for cell in (cell for row in table.rows for cell in row if cell.link and cell.number is not None):
                words = dict(cell.link)
                least = words.get("least")
                within = Within(words.get("by"), words.get("code"), Decimal(least) if least else None)
                year = YEAR.before() if words["on" if "on" in words else "from"].startswith("2024") else YEAR
                broker = words.get("broker")
                asked = year.of_area("broker", broker) if broker else year
                value = counting.value(session, words["key"], asked, within)
                assert showing.shown(FIGURES[words["key"]], value) == cell.number, (name, words)


def test_ways_of_conversion_add_up_to_all_contracts(session, told):
    table = reports.make(session, YEAR, "conversion").tables[0]
    *ways, total = [[cell.number for cell in row[1:]] for row in table.rows]
    assert [round(sum(column), 2) for column in zip(*ways, strict=True)] == pytest.approx(total)
    assert total[0] == counting.value(session, "contracts_count", YEAR)
    assert 0 < total[5] < total[3] < total[0], "some, not all, reach a million; fewer a hundred million"


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_tables_behind_charts_and_figures_come_as_files(session, told, tmp_path, form):
    chart = contract_months(session, YEAR)
    files.chart_table(chart, tmp_path / f"chart.{form}")
    files.figure_rows(session, "contracts_amount", YEAR, counting.ALL, tmp_path / f"rows.{form}")
    if form == "xlsx":
        book = openpyxl.load_workbook(tmp_path / "chart.xlsx").active
        assert [cell.value for cell in book[1]] == list(chart.headings)
        assert book.max_row == 13
        rows = openpyxl.load_workbook(tmp_path / "rows.xlsx").active
        amounts = [row[-1].value for row in rows.iter_rows(min_row=2)]
        total = counting.value(session, "contracts_amount", YEAR)
        assert sum(amounts) == pytest.approx(float(total) / 10_000, abs=1)
    else:
        assert (tmp_path / "chart.csv").read_text("utf-8-sig").startswith('"月份"')
        assert len((tmp_path / "rows.csv").read_text("utf-8-sig").splitlines()) == 1 + counting.value(
            session, "contracts_count", YEAR)


def _contract(day, amount):
    return Contract(state="signed", project_name="示例", type="joint", signed_on=day, amount=Decimal(amount))


def _target(session, boss, figure="contracts_count", amount=100, unit=""):
    goal = targets.define(session, boss, Definition("示例指标", figure, unit, "sum", ""))
    return targets.set_target(session, boss, goal, 2026, Area(), Decimal(amount))


def _asked():
    return Scope(periods.year(2026), dt.datetime(2026, 4, 10, 2, tzinfo=dt.UTC))


def test_without_a_year_before_the_year_goes_on_as_it_began(session, boss):
    """100 days of 365 are gone."""
    target = _target(session, boss)
    session.add_all([_contract(dt.date(2026, 2, day), 1) for day in range(1, 11)])
    session.flush()
    [one] = progress.of_year(session, _asked(), 2026)
    assert (one.target, one.done, one.percent, one.way, one.forecast) == (target, 10, 10, "linear", 36)
    assert not one.on_course


def test_with_a_year_before_the_year_goes_as_that_one_went(session, boss):
    """A quarter of last year's contracts were signed by this day."""
    _target(session, boss, amount=40)
    days = [dt.date(2025, 3, 1), dt.date(2025, 6, 1), dt.date(2025, 9, 1), dt.date(2025, 12, 1)]
    session.add_all([_contract(day, 1) for day in days] + [_contract(dt.date(2026, 1, day), 1) for day in range(1, 11)])
    session.flush()
    [one] = progress.of_year(session, _asked(), 2026)
    assert (one.done, one.way, one.forecast, one.on_course) == (10, "seasonal", 40, True)


def test_what_does_not_add_up_is_not_projected(session, boss, told):
    _target(session, boss, "response_days", 7)
    [one] = progress.of_year(session, Scope(periods.year(2026), NOW), 2026)
    assert (one.way, one.forecast) == ("as_is", one.done)
    assert progress.percent(14.0, Decimal(7), fewer=True) == 50


def test_values_entered_by_hand_are_added_up_and_taken_back(session, boss):
    goal = targets.define(session, boss, Definition("示例服务收入", "", "万元", "sum", ""))
    targets.set_target(session, boss, goal, 2026, Area(), Decimal(100))
    broker, other = user(Role.BROKER), user(Role.BROKER)
    session.add_all([broker, other])
    session.flush()
    first = targets.enter(session, broker, goal, Area(), GoalEntry(
        entered_for=dt.date(2026, 3, 31), value=Decimal("12.5"), note="一季度"))
    targets.enter(session, other, goal, Area("field", "energy"), GoalEntry(
        entered_for=dt.date(2026, 4, 1), value=Decimal(30), note=""))
    targets.enter(session, broker, goal, Area(), GoalEntry(
        entered_for=dt.date(2025, 12, 31), value=Decimal(99), note=""))
    [one] = progress.of_year(session, _asked(), 2026)
    assert one.done == Decimal("42.5")
    assert one.reads[0] == "100 万元"
    with pytest.raises(NotAllowed):
        targets.drop_entry(session, other, first.id)
    targets.drop_entry(session, broker, first.id)
    assert progress.of_year(session, _asked(), 2026)[0].done == 30


def test_only_the_head_sets_targets_and_each_change_is_told(session, boss):
    broker = user(Role.BROKER)
    session.add(broker)
    session.flush()
    target = _target(session, boss)
    with pytest.raises(NotAllowed):
        targets.set_target(session, broker, target.goal, 2026, Area(), Decimal(1))
    targets.set_target(session, boss, target.goal, 2026, Area(), Decimal(120))
    targets.drop_target(session, boss, target.id)
    session.flush()
    told = session.scalars(select(Event).where(Event.subject == "target").order_by(Event.id)).all()
    assert [event.action for event in told] == ["target.set", "target.set", "target.removed"]
    assert (told[1].before["amount"], told[1].after["amount"]) == ("100.00", "120.00")


@pytest.mark.parametrize(("given", "sentence"), [
    (Definition("", "", "项", "sum", ""), "指标名称"), (Definition("甲", "nonsense", "", "sum", ""), "统计口径"),
    (Definition("甲", "", "", "sum", ""), "计量单位"), (Definition("甲", "", "项", "often", ""), "汇总方式"),
])
def test_a_goal_that_cannot_be_is_refused_in_words(session, boss, given, sentence):
    with pytest.raises(Problem, match=sentence):
        targets.define(session, boss, given)


def test_two_heads_do_not_overwrite_each_other(session, boss):
    goal = targets.define(session, boss, Definition("甲", "", "项", "sum", ""))
    targets.define(session, boss, Definition("乙", "", "项", "sum", ""), goal, goal.version)
    with pytest.raises(Conflict):
        targets.define(session, boss, Definition("丙", "", "项", "sum", ""), goal, goal.version - 1)


def test_an_activity_counts_from_its_day_and_belongs_to_its_office(session, told):
    broker, colleague, stranger = told.brokers[0], told.brokers[2], told.brokers[1]
    before = counting.value(session, "activities_training", YEAR)
    held = Held("training", "示例培训", dt.date(2025, 12, 31), 30, "", None, None, None, "")
    made = activities.save(session, broker, held)
    assert counting.value(session, "activities_training", YEAR) == before + 1
    assert activities.get(session, colleague, made.id) is made
    with pytest.raises(NotFound):
        activities.get(session, stranger, made.id)
    with pytest.raises(Problem, match="举办日期"):
        activities.save(session, broker, Held("training", "示例", None, 0, "", None, None, None, ""))
    activities.remove(session, colleague, made)
    session.flush()
    assert counting.value(session, "activities_training", YEAR) == before
