"""A broker's list comes in: whatever its format, twice without harm, its wrong rows apart from its good ones."""

import datetime as dt
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from matchmaker.services import office, reviews
from matchmaker.services.problems import Problem
from matchmaker.services.transfer import batches
from matchmaker.services.transfer.columns import FIELDS, recognise
from matchmaker.services.transfer.readers import look
from models import Achievement, Event, Expert, Facility, Job, Need, Organisation, Post, PostVector
from models.vocabulary import Kind
from tests import builders
from tests.services.lists import counts, csv_file, jsonl_file, load, xlsx_file

HEADER = ["需求名称", "企业名称", "关键词", "主要问题", "预算（万元）", "编号"]
FIRST = ["求低温注塑翘曲控制", "示例注塑有限公司", "注塑；翘曲", "出模后翘曲，装配超差", "50", "N-1"]
SECOND = ["求人参皂苷富集工艺", "示例参业有限公司", "人参，皂苷", "收率低于 3%", "面议", "N-2"]
FORMATS = {
    "utf-8": lambda path, rows: csv_file(path / "list.csv", rows),
    "utf-8 with BOM": lambda path, rows: csv_file(path / "list.csv", rows, "utf-8-sig"),
    "gbk": lambda path, rows: csv_file(path / "list.csv", rows, "gbk"),
    "gb18030": lambda path, rows: csv_file(path / "list.csv", rows, "gb18030"),
    "utf-16 with tabs": lambda path, rows: csv_file(path / "list.txt", rows, "utf-16", "\t"),
    "semicolons": lambda path, rows: csv_file(path / "list.csv", rows, delimiter=";"),
    "workbook": lambda path, rows: xlsx_file(path / "list.xlsx", rows),
    "json lines": lambda path, rows: jsonl_file(path / "l.jsonl", objects(rows)),
    "json lines in utf-16": lambda path, rows: jsonl_file(path / "l.jsonl", objects(rows), "utf-16"),
}


def objects(rows):
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.mark.parametrize("form", FORMATS)
def test_a_list_is_read_in_every_format(sessions, tmp_path, form):
    report = load(sessions, FORMATS[form](tmp_path, [HEADER, FIRST, SECOND]))
    assert counts(report) == (2, 0, 0, 0)
    with sessions.read() as session:
        first, second = session.scalars(select(Need).order_by(Need.external_id))
        assert (first.title, first.organisation.name, first.organisation.kind) == (FIRST[0], FIRST[1], "enterprise")
        assert (first.keywords, second.keywords) == (["注塑", "翘曲"], ["人参", "皂苷"])
        assert (first.budget, second.budget, first.state) == (Decimal(500_000), None, "published")


def test_the_same_list_twice_changes_nothing(sessions, tmp_path):
    path = csv_file(tmp_path / "list.csv", [HEADER, FIRST, SECOND])
    load(sessions, path)
    with sessions.read() as session:
        before = session.execute(select(Post.id, Post.version, Post.updated_at)).all()
        events = session.scalar(select(func.count()).select_from(Event))
    assert counts(load(sessions, path)) == (0, 0, 2, 0)
    with sessions.read() as session:
        assert session.execute(select(Post.id, Post.version, Post.updated_at)).all() == before
        assert session.scalar(select(func.count()).select_from(Event)) == events


def test_rows_without_a_number_are_known_by_organisation_and_title(sessions, tmp_path):
    rows = [row[:5] for row in (HEADER, FIRST, SECOND)]
    load(sessions, csv_file(tmp_path / "list.csv", rows))
    rows[1][4] = "60"
    assert counts(load(sessions, csv_file(tmp_path / "list.csv", rows))) == (0, 1, 1, 0)


def test_a_corrected_row_is_changed_and_indexed_again(sessions, tmp_path):
    load(sessions, csv_file(tmp_path / "list.csv", [HEADER, FIRST, SECOND]))
    with sessions.read() as session:
        first = session.scalars(select(PostVector.revision).order_by(PostVector.post_id)).all()
    better = [*FIRST[:3], "出模 24 小时后翘曲 2 mm", *FIRST[4:]]
    assert counts(load(sessions, csv_file(tmp_path / "list.csv", [HEADER, better, SECOND]))) == (0, 1, 1, 0)
    with sessions.read() as session:
        second = session.scalars(select(PostVector.revision).order_by(PostVector.post_id)).all()
        event = session.scalars(select(Event).order_by(Event.id.desc()).limit(1)).one()
        changed = session.scalars(select(Need).where(Need.external_id == "N-1")).one()
    assert second[0] > first[0]
    assert second[1] == first[1]
    assert event.before["changed"] == {str(changed.id): {"main_problem": FIRST[3]}}


def test_a_preview_writes_nothing(sessions, tmp_path):
    report = load(sessions, csv_file(tmp_path / "list.csv", [HEADER, FIRST, ["", *SECOND[1:]]]), dry_run=True)
    assert counts(report) == (1, 0, 0, 1)
    with sessions.read() as session:
        for table in (Post, Organisation, Event, Job):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_imported_rows_are_published_indexed_and_told_of(sessions, session, tmp_path):
    broker = builders.user("broker")
    session.add(broker)
    session.commit()
    load(sessions, csv_file(tmp_path / "list.csv", [HEADER, FIRST, SECOND]), actor_id=broker.id)
    with sessions.read() as reading:
        assert reading.scalar(select(func.count()).select_from(PostVector).where(PostVector.removed.is_(False))) == 2
        assert reading.scalar(select(func.count()).select_from(Job).where(Job.kind == "embed")) == 1
        event = reading.scalars(select(Event)).one()
        assert (event.action, event.actor_id, len(event.after["new"])) == ("import.batch", broker.id, 2)


def test_where_two_review_a_list_waits_for_them(sessions, session, tmp_path):
    """New rows wait, what was published and is corrected waits again, and nobody finds either."""
    head = builders.user("head")
    session.add(head)
    session.commit()
    load(sessions, csv_file(tmp_path / "list.csv", [HEADER, FIRST]))
    office.put(session, head, office.FOUR_EYES, True)
    session.commit()
    better = [*FIRST[:3], "出模 24 小时后翘曲 2 mm", *FIRST[4:]]
    report = load(sessions, csv_file(tmp_path / "list.csv", [HEADER, better, SECOND]), actor_id=head.id)
    assert counts(report) == (1, 1, 0, 0)
    with sessions.read() as reading:
        found = reading.scalars(select(Post).order_by(Post.id)).all()
        assert [(post.state, post.submitted_at is not None) for post in found] == [("submitted", True)] * 2
        assert found[1].published_at is None
        assert reading.scalar(select(func.count()).select_from(PostVector).where(PostVector.removed.is_(False))) == 0
        told = reading.scalars(select(Event).where(Event.actor_id == head.id).order_by(Event.id)).all()
        assert [(event.action, event.subject_id) for event in told[-2:]] == [
            ("post.submitted", found[0].id), ("import.batch", None)]
        assert told[-1].after["state"] == "submitted"
        assert {post.id for post in reviews.queue(reading, head, reviews.Asked())} == {post.id for post in found}
    assert counts(load(sessions, csv_file(tmp_path / "list.csv", [HEADER, better, SECOND]))) == (0, 0, 2, 0)


@pytest.mark.parametrize(("column", "text", "says"), [
    ("需求名称", "", "不能为空"),
    ("预算（万元）", "很多", "不是金额"),
    ("技术领域", "占星术", "不在可选范围内"),
    ("有效期至", "明年春天", "不是日期"),
    ("有效期至", "0000", "不是日期"),
    ("完成年份", "202", "1900 到 2200"),
    ("成熟度要求", "12", "不是技术成熟度"),
    ("联系邮箱", "nobody", "不是邮箱"),
    ("来源网址", "javascript:alert(1)", "不是网址"),
    ("密级", "秘密", "只能导入公开内容"),
    ("主要问题", "长" * 100_001, "最多 100000 字"),
    ("需求名称", "长" * 501, "最多 500 字"),
    ("主要问题", "#REF!", "公式错误"),
])
def test_a_wrong_cell_is_named_with_its_row_and_what_to_do(sessions, tmp_path, column, text, says):
    extra = [column] if column not in HEADER else []
    bad = [*SECOND, *([""] if extra else [])]
    bad[(HEADER + extra).index(column)] = text
    report = load(sessions, csv_file(tmp_path / "list.csv", [HEADER + extra, FIRST, bad]))
    assert counts(report) == (1, 0, 0, 1)
    assert says in (fault := report.samples["wrong"][0]["faults"][0])
    assert fault.startswith(f"第 3 行「{column}」：")


def test_a_number_met_twice_names_the_first_row(sessions, tmp_path):
    again = [*SECOND[:5], FIRST[5]]
    report = load(sessions, csv_file(tmp_path / "list.csv", [HEADER, FIRST, again]))
    assert counts(report) == (1, 0, 0, 1)
    assert "与第 2 行重复（编号“N-1”相同）" in report.samples["wrong"][0]["faults"][0]


def test_the_same_number_in_another_list_is_not_overwritten(sessions, tmp_path):
    load(sessions, csv_file(tmp_path / "a.csv", [HEADER, FIRST]))
    other = csv_file(tmp_path / "b.csv", [HEADER, [*SECOND[:5], FIRST[5]]])
    report = load(sessions, other)
    assert counts(report) == (0, 0, 0, 1)
    assert "填写不同的清单名称" in report.samples["wrong"][0]["faults"][0]
    assert counts(load(sessions, other, source="另一清单")) == (1, 0, 0, 0)


def test_wrong_rows_come_back_as_a_file_that_can_be_mended(sessions, tmp_path):
    rows = [HEADER, FIRST, [*SECOND[:4], "很多", SECOND[5]]]
    report = load(sessions, csv_file(tmp_path / "list.csv", rows), wrong_to=tmp_path / "wrong.csv")
    assert report.wrong == 1
    back = look(tmp_path / "wrong.csv", Kind.NEED)
    assert back.columns == ["需修改", *HEADER]
    assert "第 3 行「预算（万元）」" in back.samples[0][0]
    back.samples[0][5] = "80"
    mended = load(sessions, csv_file(tmp_path / "mended.csv", [back.columns, *back.samples]))
    assert counts(mended) == (1, 0, 0, 0)
    assert mended.unknown == []


def test_more_cells_than_columns_is_wrong(sessions, tmp_path):
    report = load(sessions, csv_file(tmp_path / "list.csv", [HEADER, FIRST, [*SECOND, "多出来的"]]))
    assert counts(report) == (1, 0, 0, 1)
    assert "比表头多 1 列" in report.samples["wrong"][0]["faults"][0]


def test_a_caption_above_the_header_and_empty_rows_are_passed_over(sessions, tmp_path):
    rows = [["2026 年技术需求汇总表"], [], HEADER, FIRST, [], SECOND]
    assert counts(load(sessions, xlsx_file(tmp_path / "list.xlsx", rows))) == (2, 0, 0, 0)


def test_the_mapping_may_be_changed(sessions, tmp_path):
    path = csv_file(tmp_path / "list.csv", [["甲", "乙", "丙"], ["求激光熔覆修复工艺", "示例轧辊有限公司", "略过"]])
    with pytest.raises(Problem, match="没有哪一列是“需求名称”"):
        load(sessions, path)
    report = load(sessions, path, mapping={"甲": "title", "乙": "organisation"})
    assert (report.new, report.unknown) == (1, ["丙"])


def test_headers_are_recognised_in_chinese_and_english():
    header = ["技术需求名称（必填）", "Company", "投入预算(万元)", "备注", "E-mail", "技术领域*"]
    assert recognise(Kind.NEED, header) == {
        "技术需求名称（必填）": "title", "Company": "organisation", "投入预算(万元)": "budget",
        "E-mail": "contact_email", "技术领域*": "field"}
    assert recognise(Kind.ACHIEVEMENT, ["标题", "成果名称"]) == {"成果名称": "title"}


def test_organisations_are_found_again_and_their_kind_is_guessed(sessions, tmp_path):
    rows = [["成果名称", "完成单位"], ["甲技术", "示例 大学"], ["乙技术", "示例大学"], ["丙技术", "示例光学研究所"],
            ["丁技术", "示例大学科技园有限公司"], ["戊技术", "示例农学院"]]
    load(sessions, csv_file(tmp_path / "list.csv", rows), Kind.ACHIEVEMENT)
    with sessions.read() as session:
        assert {row.name: row.kind for row in session.scalars(select(Organisation))} == {
            "示例大学": "university", "示例光学研究所": "institute", "示例大学科技园有限公司": "enterprise",
            "示例农学院": "university"}


def test_a_corpus_of_papers_is_a_list_of_achievements(sessions, tmp_path):
    paper = {"_id": "p-1", "title": "示例合金的激光熔覆", "text": "研究了熔覆层的硬度。", "metadata": {
        "keywords": ["激光熔覆", "1,2-二氯乙烷"], "orgs": ["示例大学材料学院", "示例研究所"], "clc": ["TG1"],
        "year": 2020, "area": "材料化工与机械", "url": "https://example.com/p-1"}}
    path = jsonl_file(tmp_path / "corpus.jsonl", [paper, paper | {"_id": "p-2", "title": "另一篇"}])
    report = load(sessions, path, Kind.ACHIEVEMENT, defaults={"source_note": "论文"})
    assert (report.new, report.unknown) == (2, ["metadata.clc"])
    with sessions.read() as session:
        stored = session.scalars(select(Achievement).where(Achievement.external_id == "p-1")).one()
        assert stored.description == paper["text"]
        assert stored.keywords == ["激光熔覆", "1,2-二氯乙烷"]
        assert (stored.organisation.name, stored.field) == ("示例大学材料学院", "materials")
        assert (stored.research_to, stored.source_note) == (dt.date(2020, 12, 31), "论文")


def test_problems_stated_by_company_authors_are_needs(sessions, tmp_path):
    stated = {"id": "need-1", "text": "现有涂层在高湿环境下易脱落，影响寿命。",
              "author_enterprises": ["示例涂层有限公司"], "co_author_academic": [], "area": "材料化工与机械",
              "answering_paper": "p-1",
              "source_url": "https://example.com/1"}
    load(sessions, jsonl_file(tmp_path / "needs.jsonl", [stated]), defaults={"source_note": "论文所述问题"})
    with sessions.read() as session:
        stored = session.scalars(select(Need)).one()
        assert (stored.title, stored.main_problem) == ("现有涂层在高湿环境下易脱落，影响寿命。", stated["text"])
        assert (stored.organisation.name, stored.source_note) == ("示例涂层有限公司", "论文所述问题")


def test_experts_and_facilities(sessions, tmp_path):
    people = [["姓名", "工作单位", "研究方向", "可提供服务", "ORCID"],
              ["示例甲", "示例大学", "高分子加工、注塑", "技术诊断；技术咨询", "0000-0002-1825-0097"]]
    places = [["名称", "依托单位", "类型", "成熟度下限", "成熟度上限"],
              ["示例中试线", "示例研究院", "中试中心", "4", "TRL7"]]
    load(sessions, csv_file(tmp_path / "a.csv", people), Kind.EXPERT)
    load(sessions, xlsx_file(tmp_path / "b.xlsx", places), Kind.FACILITY)
    with sessions.read() as session:
        expert, facility = session.scalars(select(Expert)).one(), session.scalars(select(Facility)).one()
        assert (expert.research_fields, expert.offers) == (["高分子加工", "注塑"], ["diagnosis", "consulting"])
        assert (facility.facility_kind, facility.trl_low, facility.trl_high) == ("pilot", 4, 7)


def test_indicators_are_read_from_their_column(sessions, tmp_path):
    rows = [["需求名称", "指标"], ["求高强钢", "抗拉强度 ≥ 800 MPa（室温）；延伸率 ≥ 15 %"]]
    path = csv_file(tmp_path / "list.csv", rows)
    load(sessions, path)
    with sessions.read() as session:
        first, second = session.scalars(select(Need)).one().indicators
        assert (first.quantity, first.comparison, first.low, first.unit) == ("抗拉强度", "ge", 800.0, "MPa")
        assert (second.quantity, second.low) == ("延伸率", 15.0)
    assert counts(load(sessions, path)) == (0, 0, 1, 0)


MEASURED = '[{{"quantity": "硬度", "comparison": "ge", "low": 60{}}}]'


@pytest.mark.parametrize(("kind", "column", "cell", "says"), [
    (Kind.NEED, "indicators", '[{"quantity": "硬度", "low": NaN}]', "第 1 项：low：应为文字或有效的数字"),
    (Kind.NEED, "indicators", '[{"quantity": "硬度", "low": 1e999}]', "第 1 项：low：应为文字或有效的数字"),
    (Kind.NEED, "indicators", f'[{{"quantity": "硬度", "high": 1{"0" * 400}}}]', "第 1 项：high：数字过大"),
    (Kind.NEED, "indicators", '[{"quantity": "硬度", "low": true}]', "第 1 项：low：应为文字或有效的数字"),
    (Kind.NEED, "indicators", '[{"quantity": "硬度", "low": "60"}]', "第 1 项：low：应为数字"),
    (Kind.NEED, "indicators", '[{"quantity": "硬度"}]', "第 1 项：没有数值"),
    (Kind.NEED, "indicators", '[{"quantity": ["a"], "low": 1}]', "第 1 项：quantity：应为文字"),
    (Kind.NEED, "indicators", '[{"quantity": "\\ud83d", "low": 1}]', "第 1 项：quantity：含有无法识别的字符"),
    (Kind.NEED, "indicators", '[{"low": 1}]', "第 1 项：缺少 quantity"),
    (Kind.NEED, "indicators", MEASURED.format('}, {"quantity": "重", "low": 1, "comparison": ["ge"]'),
     "第 2 项：comparison：应为文字"),
    (Kind.NEED, "indicators", MEASURED.format(', "unit": {"a": 1}'), "第 1 项：unit：应为文字"),
    (Kind.NEED, "indicators", MEASURED.format(', "unit": "' + "长" * 33 + '"'), "第 1 项：unit：内容有 33 字"),
    (Kind.NEED, "indicators", "[" + ",".join(['{"quantity": "硬度", "low": 1}'] * 1001) + "]",
     "有 1001 项，最多 1000 项"),
    (Kind.EXPERT, "projects", '[{"name": null}]', "第 1 项：缺少 name"),
    (Kind.EXPERT, "projects", '[{"name": "甲"}, {"name": " "}]', "第 2 项：缺少 name"),
    (Kind.EXPERT, "projects", '[{"name": "甲", "years": [2020]}]', "第 1 项：years：应为文字"),
    (Kind.EXPERT, "projects", '[{"name": "甲", "note": "乙"}]', "第 1 项：每项只能含有 name、field、years"),
    (Kind.ACHIEVEMENT, "completers", '[{"name": "\\ud83d张"}]', "第 1 项：name：含有无法识别的字符"),
    (Kind.ACHIEVEMENT, "completers", '[{"name": "甲"}, "乙"]', "第 2 项：每项只能含有"),
    (Kind.ACHIEVEMENT, "completers", f'[{{"name": "甲", "expert_id": 1{"0" * 30}}}]', "第 1 项：expert_id"),
    (Kind.ACHIEVEMENT, "ip", '[{"kind": "bogus"}]', "第 1 项：kind：“bogus”不在可选范围内"),
    (Kind.ACHIEVEMENT, "ip", '[{"kind": "invention", "state": "bogus"}]', "第 1 项：state：“bogus”不在可选范围内"),
    (Kind.ACHIEVEMENT, "ip", '[{"number": "ZL1"}]', "第 1 项：缺少 kind"),
])
def test_one_object_that_cannot_be_is_a_wrong_row_alone(sessions, tmp_path, kind, column, cell, says):
    table = csv_file(tmp_path / "list.csv", [["title", column], ["甲", ""], ["乙", cell], ["丙", ""]])
    lines = tmp_path / "list.jsonl"
    lines.write_text(f'{{"title": "甲"}}\n{{"title": "乙", "{column}": {cell}}}\n{{"title": "丙"}}\n', "utf-8")
    for path, row, expected in ((table, 3, (2, 0, 0, 1)), (lines, 2, (0, 0, 2, 1))):
        report = load(sessions, path, kind, wrong_to=tmp_path / "wrong.xlsx")
        assert counts(report) == expected
        assert report.samples["wrong"][0]["faults"][0].startswith(f"第 {row} 行「{column}」：{says}")
        assert look(tmp_path / "wrong.xlsx", kind).samples[0][1] == "乙"


@pytest.mark.parametrize(("kind", "column", "cell", "stored"), [
    (Kind.NEED, "indicators", [{"quantity": " 硬度", "low": 60, "unit": None, "condition": None}],
     [{"quantity": "硬度", "comparison": "eq", "low": 60.0, "high": None, "unit": "", "condition": ""}]),
    (Kind.NEED, "indicators", [{"quantity": "硬度", "comparison": "≥", "low": 60, "unit": 5}],
     [{"quantity": "硬度", "comparison": "ge", "low": 60.0, "high": None, "unit": "5", "condition": ""}]),
    (Kind.EXPERT, "projects", [{"name": 5, "years": 2020, "field": None}], [{"name": "5", "years": "2020"}]),
    (Kind.ACHIEVEMENT, "ip", [{"kind": "发明", "number": "", "state": "授权"}],
     [{"kind": "invention", "state": "granted"}]),
    (Kind.ACHIEVEMENT, "completers", [{"name": "张 三\x00 ", "organisation": None}], [{"name": "张 三"}]),
])
def test_objects_are_cleaned_and_the_same_when_they_come_again(sessions, tmp_path, kind, column, cell, stored):
    path = jsonl_file(tmp_path / "list.jsonl", [{"title": "甲", column: cell}])
    assert counts(load(sessions, path, kind)) == (1, 0, 0, 0)
    with sessions.read() as session:
        assert batches.stored_value(session.scalars(select(Post)).one(), column) == stored
    assert counts(load(sessions, path, kind)) == (0, 0, 1, 0)


@pytest.mark.parametrize("kind", Kind)
def test_empty_columns_say_the_same_when_they_come_again(sessions, tmp_path, kind):
    fields = FIELDS[kind].values()
    for nothing in ("", " "):
        rows = [[field.label for field in fields], ["题" if field.name == "title" else nothing for field in fields]]
        path = csv_file(tmp_path / "list.csv", rows)
        assert sum(counts(load(sessions, path, kind))[1:3]) == (0 if nothing == "" else 1)
        assert counts(load(sessions, path, kind)) == (0, 0, 1, 0)


def test_what_the_form_takes_for_an_address_the_import_takes(sessions, tmp_path):
    path = csv_file(tmp_path / "list.csv", [["姓名", "个人主页"], ["示例甲", "HTTPS://example.com"]])
    assert counts(load(sessions, path, Kind.EXPERT)) == (1, 0, 0, 0)
    assert counts(load(sessions, path, Kind.EXPERT)) == (0, 0, 1, 0)


@pytest.mark.parametrize(("source", "says"), [("清" * 65, "最多 64 字"), ("a\ud800", "无法识别的字符")])
def test_a_list_whose_name_cannot_be_kept_is_refused_before_it_is_read(sessions, tmp_path, source, says):
    with pytest.raises(Problem, match=f"清单名称：.*{says}"):
        load(sessions, tmp_path / "absent.csv", source=source)
    path = csv_file(tmp_path / "list.csv", [HEADER, FIRST])
    assert counts(load(sessions, path, source="清" * 64)) == (1, 0, 0, 0)


def test_an_empty_cell_clears_and_an_absent_column_leaves(sessions, tmp_path):
    load(sessions, csv_file(tmp_path / "list.csv", [HEADER, FIRST]))
    load(sessions, csv_file(tmp_path / "list.csv", [["需求名称", "编号", "关键词"], [FIRST[0], "N-1", ""]]))
    with sessions.read() as session:
        stored = session.scalars(select(Need)).one()
        assert (stored.keywords, stored.main_problem, stored.budget) == ([], FIRST[3], Decimal(500_000))


def test_html_and_emoji_are_kept_as_they_are(sessions, tmp_path):
    odd = ["<script>alert(1)</script> 🚀", "示例&符号有限公司", "<b>", "第一行\r\n第二行\x07", "1", "N-9"]
    path = csv_file(tmp_path / "list.csv", [HEADER, odd])
    load(sessions, path)
    with sessions.read() as session:
        stored = session.scalars(select(Need)).one()
        assert (stored.title, stored.main_problem) == (odd[0], "第一行\n第二行")
    assert counts(load(sessions, path)) == (0, 0, 1, 0)
