"""What goes out comes back unchanged, runs in no spreadsheet, and holds only what its reader may read."""

import csv
import datetime as dt
import json
import zipfile
from decimal import Decimal

import pytest
from sqlalchemy import select

from matchmaker import speech
from matchmaker.services import completers, exporting
from matchmaker.services.lists import Filters
from matchmaker.services.transfer.cells import defused, joined, parts_of, restored
from matchmaker.services.transfer.readers import look
from models import Achievement, Expert, Facility, Indicator, Need, Organisation, Post
from models.vocabulary import Kind, State
from tests import builders
from tests.services.lists import counts, csv_file, load

NASTY = ["=1+1", "-5", "+8613800000000", "@SUM(A1)", "\tx", "'=1", "''quoted", "a,b;c", "行一\n行二", '引"号',
         "🚀 emoji", "＝全角", "007", "1e5", "[1]", '["a"]', '[{"a": 1}]', "<b>&amp;", "trailing ",
         "是", "N/A", "_x0041_", "http://x.example/a"]
ANY = Filters()


def posts():
    """One post per kind with every field filled, and one per nasty text."""
    university = Organisation(name="示例 University of Tests", kind="university")
    shared = {
        "keywords": ["=关键词", "Ni, Co", "a；b", "1,2-二氯乙烷", "甲、乙"], "brief": "=简介",
        "field": "materials", "industry": "C", "region": "220100", "modes": ["licence_plain", "joint", "other"],
        "organisation": university, "elements": {"materials": ["树脂，玻纤"], "methods": ["-5 法"]},
        "disclosure": "staged", "hide_organisation": True,
        "contact_name": "示例人", "contact_phone": "+86-431-0000", "contact_email": "a@example.com",
        "contact_public": ["name", "email"], "valid_until": dt.date(2027, 2, 28), "confirmed_on": dt.date(2026, 1, 2),
        "source_url": "https://example.com/?a=1&b=2",
    }
    yield builders.need(
        "=2*3", **shared, main_problem="-5", key_technique="+1", expected_goal="@x", tried="多\n行",
        activity="applied",
        clarity="vague", chain_node="'上游", from_year=2026, to_year=2028, budget=Decimal("123456.78"), trl=5,
        wanted_partner="-", regions_accepted=["220000", "220500"], indicators=[
            Indicator(position=0, quantity="抗拉强度", comparison="ge", low=800.0, unit="MPa", condition="室温"),
            Indicator(position=1, quantity="温度", comparison="range", low=-40.0, high=85.5, unit="℃"),
            Indicator(position=2, quantity="=怪", comparison="eq", low=1e-7, high=1e-7, unit="；")])
    yield builders.achievement(
        "成果", **shared, description="长" * 40_000, registration_number="220001Y00001", trl=9, completers=[
            {"name": "甲", "organisation": "示例大学"}, {"name": "乙；丙"}, {"name": "丁", "expert_id": 4}],
        discipline=None, research_from=dt.date(2019, 1, 1), research_to=dt.date(2021, 6, 30), funding="=自筹",
        stage="middle", level="unrated", application_state="trial", category="applied", attribute="original",
        form="material",
        evaluation="testing", ip=[{"kind": "invention", "number": "ZL2020", "state": "granted", "owner": "示例 大学"},
                                  {"kind": "know_how", "number": "", "state": None, "owner": "甲；乙"}],
        price=Decimal("0.01"), price_negotiable=False, months_to_deliver=0, cases="=案例")
    yield builders.expert(
        "示例乙", **shared, name_en="Yi", department="-", job_title="教授", research_fields=["A, B"],
        offers=["diagnosis"],
        days_per_year=0, regions_served=["220000"], patents=["ZL1；2", "=P"], awards=[], orcid="0000-0002-1825-0097",
        homepage="https://example.com",
        projects=[{"name": "项目", "field": "材料", "years": "2020-2022"}, {"name": "括（号）"}])
    yield builders.facility("平台", **shared, facility_kind="pilot", capacity="-20～80 ℃", services="=检测",
                            price_note="+面议", trl_low=4, trl_high=7)
    for text in NASTY:
        yield builders.need(f"题 {text}", main_problem=text, keywords=[text], contact_name=text, tried=text)
        yield builders.achievement(text, description=text, completers=[{"name": text}], brief=text)
        yield builders.expert(text, research_fields=[text, "次"], brief=text)
        yield builders.facility(text, services=text, capacity=text)


@pytest.fixture
def broker(session):
    person = builders.user("broker")
    session.add_all([person, *posts()])
    session.commit()
    return person


def export(sessions, viewer, kind, path, language="zh", filters=ANY):
    with sessions.read() as session:
        exporting.write(session, viewer, kind, filters, path, say=lambda said: speech.say(said, language))
    return path


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("language", speech.LANGUAGES)
@pytest.mark.parametrize("form", exporting.FORMATS)
@pytest.mark.parametrize("kind", Kind)
def test_what_was_exported_is_imported_unchanged(sessions, broker, tmp_path, kind, form, language):
    path = export(sessions, broker, kind, tmp_path / f"list.{form}", language)
    report = load(sessions, path, kind)
    assert report.samples.get("wrong") == []
    assert report.samples.get("changed") == []
    assert counts(report) == (0, 0, 1 + len(NASTY), 0)
    assert report.unknown == []


def test_a_list_speaks_the_language_of_its_reader(sessions, broker, tmp_path):
    heads, first, *_ = table(export(sessions, broker, Kind.NEED, tmp_path / "list.csv", "en"))
    said = dict(zip(heads, first, strict=True))
    assert "".join(heads).isascii()
    assert (said["State"], said["Hide organisation"]) == ("Published", "Yes")
    assert said["Field"] == speech.say("新材料及其应用", "en")
    assert said["Modes"] == "Patent licence (ordinary)；Joint development；Other"


def test_an_edit_in_the_exported_list_changes_that_post_alone(sessions, broker, tmp_path):
    path = export(sessions, broker, Kind.FACILITY, tmp_path / "list.csv")
    rows = table(path)
    rows[1][rows[0].index("名称")] = "平台（二期）"
    assert counts(load(sessions, csv_file(path, rows), Kind.FACILITY)) == (0, 1, len(NASTY), 0)
    with sessions.read() as session:
        assert session.get(Post, 4).title == "平台（二期）"


def completed(sessions, expert_id):
    """The achievements on the expert's page."""
    with sessions.read() as session:
        return [post.title for post in completers.achievements(session, session.get(Post, expert_id))]


def test_completers_changed_in_the_exported_list_change_the_experts_pages(sessions, session, tmp_path):
    broker, first, second = builders.user("broker"), builders.expert("示例甲"), builders.expert("示例乙")
    gone = builders.expert("示例丙", state=State.WITHDRAWN.value)
    session.add_all([broker, first, second, gone])
    session.flush()
    linked = builders.achievement("成果", completers=[{"name": "示例甲", "expert_id": first.id}])
    kept = builders.achievement("别的成果", completers=[{"name": "示例丙", "expert_id": gone.id}])
    session.add_all([linked, kept])
    session.flush()
    completers.relink(session, linked)
    session.commit()
    path = export(sessions, broker, Kind.ACHIEVEMENT, tmp_path / "list.csv")
    assert counts(load(sessions, path, Kind.ACHIEVEMENT)) == (0, 0, 2, 0)
    rows = table(path)
    people = [{"name": "示例乙", "expert_id": second.id}, {"name": "某人", "expert_id": 987}]
    rows[1][rows[0].index("完成人")] = json.dumps(people)
    rows.append(["" for _column in rows[0]])
    rows[3][rows[0].index("成果名称")], rows[3][rows[0].index("完成人")] = "新成果", json.dumps(people)
    for expected in ((1, 1, 1, 0), (0, 0, 3, 0)):
        report = load(sessions, csv_file(path, rows), Kind.ACHIEVEMENT)
        assert counts(report) == expected
        assert report.notes[0] == "第 2 行「完成人」：没有编号为 987 的专家，只记姓名与单位"
        assert (completed(sessions, first.id), set(completed(sessions, second.id))) == ([], {"成果", "新成果"})
    with sessions.read() as reading:
        stored = reading.get(Post, linked.id).completers
    assert stored == [people[0], {"name": "某人"}]


def test_the_number_of_another_installation_is_refused(sessions, broker, tmp_path):
    path = export(sessions, broker, Kind.FACILITY, tmp_path / "list.csv")
    rows = table(path)
    place = rows[0].index("系统编号")
    rows[1][place] = rows[1][place].partition("-")[0] + "-00000000"
    report = load(sessions, csv_file(path, rows[:2]), Kind.FACILITY)
    assert "不是本系统中的条目" in report.samples["wrong"][0]["faults"][0]


def test_no_cell_runs_as_a_formula(sessions, broker, tmp_path):
    for kind in Kind:
        path = export(sessions, broker, kind, tmp_path / "list.xlsx")
        with zipfile.ZipFile(path) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in sheet
        assert b"<hyperlink" not in sheet
        path = export(sessions, broker, kind, tmp_path / "list.csv")
        for row in table(path):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]


def test_numbers_stay_numbers(sessions, session, tmp_path):
    broker = builders.user("broker")
    session.add_all([broker, builders.need(budget=Decimal("-50000.50"), from_year=2026)])
    session.commit()
    line = export(sessions, broker, Kind.NEED, tmp_path / "list.csv").read_text("utf-8-sig").splitlines()[1]
    assert ",-5.00005," in line
    assert ",2026," in line


def test_a_long_text_is_continued_in_further_cells(sessions, broker, tmp_path):
    path = export(sessions, broker, Kind.ACHIEVEMENT, tmp_path / "list.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert "成果描述（续3）" in archive.read("xl/worksheets/sheet1.xml").decode()
    assert "成果描述（续2）" not in look(path, Kind.ACHIEVEMENT).columns


def test_only_what_the_viewer_may_read_goes_out(sessions, session, tmp_path):
    owner = Organisation(name="示例保密有限公司", kind="enterprise")
    secret = builders.need("公开题目", disclosure="staged", hide_organisation=True, organisation=owner,
                           main_problem="金丝雀正文", contact_name="金丝雀姓名", contact_phone="金丝雀电话",
                           contact_public=["name"], annex="金丝雀附件", brief="公开简介")
    draft = builders.need("金丝雀草稿", state=State.DRAFT.value)
    people = {role: builders.user(role) for role in ("broker", "researcher")}
    session.add_all([secret, draft, *people.values()])
    session.commit()
    seen = {who: export(sessions, person, Kind.NEED, tmp_path / f"{who}.csv").read_text("utf-8-sig")
            for who, person in (people | {"stranger": None}).items()}
    for who in ("researcher", "stranger"):
        assert "公开题目" in seen[who]
        assert "金丝雀姓名" in seen[who]
        for word in ("金丝雀正文", "金丝雀电话", "金丝雀附件", "金丝雀草稿", "示例保密"):
            assert word not in seen[who]
    assert "金丝雀正文" in seen["broker"]
    assert "金丝雀附件" not in seen["broker"]
    assert "金丝雀草稿" not in seen["broker"]


def test_a_filtered_list_is_exported_filtered(sessions, session, tmp_path):
    session.add_all([builders.need("甲", field="materials"), builders.need("乙", field="energy")])
    session.commit()
    path = export(sessions, None, Kind.NEED, tmp_path / "list.csv", filters=Filters(field="energy"))
    assert [row[0] for row in look(path, Kind.NEED).samples] == ["乙"]


@pytest.mark.parametrize("kind", Kind)
def test_a_template_is_understood_by_the_import(sessions, tmp_path, kind):
    exporting.template(kind, tmp_path / "template.xlsx")
    report = load(sessions, tmp_path / "template.xlsx", kind)
    assert (report.samples["wrong"], report.new, report.unknown) == ([], 1, [])


@pytest.mark.parametrize("text", NASTY)
def test_defusing_is_undone_exactly(text):
    assert restored(defused(text)) == text
    assert not defused(text).startswith(("=", "+", "-", "@", "\t"))


@pytest.mark.parametrize("entries", [[], ["a"], ["a, b"], ["a；b", "c"], ["1,2-x"], ["甲、乙", "丙"], ["[1]"],
    ["a|b"]])
def test_lists_are_taken_apart_as_they_were_joined(entries):
    assert parts_of(joined(entries)) == entries


def test_every_kind_was_there(sessions, broker):
    with sessions.read() as session:
        for model in (Need, Achievement, Expert, Facility):
            assert session.scalars(select(model)).first() is not None


@pytest.mark.parametrize("kind", Kind)
def test_a_template_in_english_is_understood_by_the_import_too(sessions, tmp_path, kind):
    exporting.template(kind, tmp_path / "template.xlsx", lambda sentence: speech.say(sentence, "en"))
    report = load(sessions, tmp_path / "template.xlsx", kind)
    assert (report.samples["wrong"], report.new, report.unknown) == ([], 1, [])
    columns = look(tmp_path / "template.xlsx", kind).columns
    assert all(column.isascii() for column in columns)
    assert {"Title", "Organisation", "Keywords", "Valid until"} <= set(columns)
