"""An enterprise uploads the official form that it filled in: what is recognised, what is not, and the blank ones."""

from __future__ import annotations

import io
import re
from html import unescape

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from sqlalchemy import select

from matchmaker.services.official_form import HEADINGS, entries, recognise
from matchmaker.services.reading import files
from models import Draft, Need
from tests.views.conftest import browser, words_of

FILLED = [
    ["某市技术需求征集表"],
    ["一、需求名称*", "求薄壁件翘曲控制", "单位名称", "示例精工有限公司"],
    ["联系人", "王示例", "联系电话", "000-0000"],
    ["主要问题（500 字以内）", "出模后翘曲，装配间隙超差。"],
    ["技术关键、主要指标", "翘曲量不大于 0.3 mm"],
    ["预期目标："],
    ["装配合格率 98%"],
    ["经费预算（万元）", "60"],
    ["合作方式", "□技术转让 ☑委托开发 ☑合作开发 □其他"],
    ["技术领域", "新材料及其应用"],
    ["起止时间", "2026 年 5 月至 2027 年 6 月"],
    ["所属行业", "从未听说的行业"],
    ["有无样品", "有，三件"], ["已探询单位（名称：联系人）：示例模具研究所（联系人：丁示例）"],
    ["电子邮箱：wang@example.com"],
]


def test_headings_lead_to_fields_and_what_is_not_understood_is_told():
    told = recognise(FILLED)
    assert told.raw == {
        "title": ["求薄壁件翘曲控制"], "contact_name": ["王示例"], "contact_phone": ["000-0000"],
        "main_problem": ["出模后翘曲，装配间隙超差。"], "key_technique": ["翘曲量不大于 0.3 mm"],
        "expected_goal": ["装配合格率 98%"], "budget": ["60"], "modes": ["commissioned", "joint"],
        "field": ["materials"], "from_year": ["2026"], "to_year": ["2027"], "contact_email": ["wang@example.com"],
        "tried": ["示例模具研究所（联系人：丁示例）"],
    }
    assert ("所属行业", "从未听说的行业") in told.left
    assert ("有无样品", "有，三件") in told.left
    assert "示例精工有限公司" not in str(told.left)


@pytest.mark.parametrize(("heading", "content", "raw"), [
    ("预算", "50-80 万元", {"budget": ["80"]}), ("预算", "看情况", None),
    ("拟投入资金", "120万元", {"budget": ["120"]}),
    ("时限", "2027 年底前", {"to_year": ["2027"]}), ("时限", "尽快", None),
    ("合作方式", "委托开发、技术咨询", {"modes": ["commissioned", "consulting"]}),
    ("技术成熟度", "TRL 6 以上", {"trl": ["6"]}), ("合作方式", "□技术转让", None),
])
def test_contents_are_read_as_people_write_them(heading, content, raw):
    told = recognise([[heading, content]])
    assert told.raw == (raw or {})
    assert told.left == ([] if raw else [(heading, content)])


def as_docx(rows):
    document, out = docx.Document(), io.BytesIO()
    table = document.add_table(rows=0, cols=4)
    for row in rows:
        cells = table.add_row().cells
        for place, text in enumerate(row):
            cells[place].text = text
    document.save(out)
    return out.getvalue()


def as_xlsx(rows):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(("name", "make"), [("表.docx", as_docx), ("表.xlsx", as_xlsx)])
def test_an_uploaded_form_becomes_a_draft(app, people, session, name, make):
    mine = browser(app, people.enterprise)
    answer = mine.post("/needs/sheet", data={"file": (io.BytesIO(make(FILLED)), name)})
    assert answer.status_code == 200
    assert "从未听说的行业" in words_of(answer.text)
    draft = session.scalars(select(Draft)).one()
    assert (draft.data["title"], draft.data["budget"]) == (["求薄壁件翘曲控制"], ["60"])
    session.commit()
    assert "装配间隙超差" in mine.get(f"/posts/{draft.post_id}/edit").text


@pytest.mark.parametrize(("name", "content", "said"), [
    ("", b"", "请选择填好的征集表"), ("a.pdf", b"%PDF-1.4", "请上传 docx 或 xlsx"),
    ("a.docx", b"x", "文件内容不是 DOCX"),
    ("a.docx", as_docx([["你好"]]), "没有认出任何栏目"),
])
def test_what_is_no_such_form_is_said(app, people, session, name, content, said):
    sent = {"file": (io.BytesIO(content), name)} if name else {}
    answer = browser(app, people.enterprise).post("/needs/sheet", data=sent)
    assert answer.status_code == 400
    assert said in words_of(answer.text)
    assert session.scalars(select(Need)).all() == []


def test_the_blank_forms_ask_for_what_is_recognised(app):
    word = browser(app).get("/needs/sheet/blank.docx")
    asked = [row.cells[0].text for row in docx.Document(io.BytesIO(word.data)).tables[0].rows]
    book = openpyxl.load_workbook(io.BytesIO(browser(app).get("/needs/sheet/blank.xlsx").data))
    assert asked == [names[0] for names in HEADINGS.values()]
    assert asked == [row[0].value for row in book.active.iter_rows(min_row=2)]
    assert browser(app).get("/needs/sheet/blank.doc").status_code == 404


def classic() -> bytes:
    """Word: headings beside contents four to a row, one cell merged over three rows, boxes drawn in Wingdings."""
    document, out = docx.Document(), io.BytesIO()
    document.add_heading("示例市企业技术需求征集表", 0)
    document.add_paragraph("填报单位（盖章）：示例精工有限公司    填表日期：2026 年 11 月 20 日")
    table = document.add_table(rows=0, cols=4)

    def wide(heading: str, text: str = "", at: int = 1):
        cells = table.add_row().cells
        cells[at - 1].text, cells[at].merge(cells[3]).text = heading, text
        return cells[at]

    for row in (["联 系 人", "王示例", "职务", "部长"],
                ["单位地址", "示例路 1 号", "所属行业", "汽车零部件及配件制造"]):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    wide("需求名称", "薄壁件注塑关键技术")
    first = len(table.rows)
    wide("主要问题\n（限 500 字）", "出模后翘曲。\n技术指标：翘曲量 ≤ 0.3 mm", at=2)
    wide("预期目标", "装配合格率 98%", at=2)
    table.rows[first].cells[0].merge(table.rows[first + 1].cells[0]).text = "需\n求\n内\n容"
    ticked(wide("合作方式（可多选）").paragraphs[0], "A3", "技术转让 ", "52", "委托开发")
    wide("单位意见", "同意上报。")
    document.save(out)
    return out.getvalue()


def ticked(paragraph, *symbols_and_words: str) -> None:
    """Symbols of Wingdings 2, each before its words; the last in a content control."""
    for symbol, words in zip(symbols_and_words[::2], symbols_and_words[1::2], strict=True):
        run = paragraph.add_run()
        drawn = run._r.makeelement(qn("w:sym"), {qn("w:font"): "Wingdings 2", qn("w:char"): f"F0{symbol}"})
        run._r.append(drawn)
        paragraph.add_run(words)
    control, inside = (paragraph._p.makeelement(qn(name)) for name in ("w:sdt", "w:sdtContent"))
    inside.append(paragraph.runs[-1]._r)
    control.append(inside)
    paragraph._p.append(control)


def merged_sheet() -> bytes:
    """Excel: a title over all columns, a group of rows, starred headings with other words than ours."""
    book, out = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    for row in (["示例省技术需求征集表（2026 年度）"], ["填报说明：请勿填写涉密内容。"],
                ["*需求单位", "示例精工有限公司", None, "*所在地区", "吉林省长春市"], ["*需求题目", "薄壁件翘曲控制"],
                ["*技术领域", "新材料"], ["*需求内容", "存在问题", "出模后翘曲。"],
                [None, "技术指标", "翘曲量 ≤ 0.3 mm"],
                ["*投入预算（万元）", 60, None, "*希望完成时限", "2027-2028年"], ["*合作形式", "联合开发、委托研发"],
                ["关键词", "注塑", "翘曲", "薄壁"]):
        sheet.append(row)
    for area in ("A1:E1", "A2:E2", "A6:A7", "B3:C3", "B8:C8"):
        sheet.merge_cells(area)
    book.save(out)
    return out.getvalue()


READ = {
    "classic.docx": (classic, {
        "contact_name": ["王示例"], "industry": ["C3670"], "title": ["薄壁件注塑关键技术"],
        "main_problem": ["出模后翘曲。"], "key_technique": ["翘曲量 ≤ 0.3 mm"], "expected_goal": ["装配合格率 98%"],
        "modes": ["commissioned"]}, [("职务", "部长")]),
    "merged.xlsx": (merged_sheet, {
        "region": ["220100"], "title": ["薄壁件翘曲控制"], "field": ["materials"], "main_problem": ["出模后翘曲。"],
        "key_technique": ["翘曲量 ≤ 0.3 mm"], "budget": ["60"], "from_year": ["2027"], "to_year": ["2028"],
        "modes": ["joint", "commissioned"], "keywords": ["注塑\n翘曲\n薄壁"]}, []),
}


@pytest.mark.parametrize("name", READ)
def test_forms_of_other_offices_are_read_with_their_merged_cells(tmp_path, name):
    make, raw, left = READ[name]
    (path := tmp_path / name).write_bytes(make())
    told = recognise(files.read(path, path.suffix[1:]))
    assert told.raw == raw
    assert told.left == left


def test_of_a_list_the_first_entry_is_read_and_the_others_are_told():
    told = recognise([
        ["企业技术需求征集表"], ["序号", "需求名称", "主要问题", "技术指标", "预算（万元）"],
        ["1", "薄壁件翘曲控制", "出模后翘曲。", "翘曲量 ≤ 0.3 mm", "60"],
        ["2", "焊接变形控制", "焊后变形。", "", "30"]])
    assert told.raw == {"title": ["薄壁件翘曲控制"], "main_problem": ["出模后翘曲。"],
                        "key_technique": ["翘曲量 ≤ 0.3 mm"], "budget": ["60"]}
    assert told.left == [("其余各行", "2　焊接变形控制　焊后变形。　30")]


@pytest.mark.parametrize(("content", "codes"), [
    ("技术转让□ 委托开发☑ 合作开发√", ["commissioned", "joint"]), ("（ ）技术转让 （√）技术咨询", ["consulting"]),
    ("☑其他：共建实验室", ["other"]), ("技术开发（委托）", ["commissioned"]),
])
def test_boxes_are_ticked_before_or_behind_their_words(content, codes):
    assert recognise([["合作方式", content]]).raw == {"modes": codes}


LIST = [
    ["企业技术需求征集表"], ["填报单位", "示例精工有限公司", "", "", ""],
    ["序号", "需求名称", "主要问题", "技术指标", "预算（万元）"],
    ["1", "薄壁件翘曲控制", "出模后翘曲。", "翘曲量 ≤ 0.3 mm", "60"],
    ["2", "焊接变形控制", "焊后变形。", "", "30"], ["3", "需求", "漏油。", "", "面谈"], ["注：可续页"]]


def test_of_a_list_every_need_is_read():
    told = entries(LIST)
    assert [one.raw["title"] for one in told] == [["薄壁件翘曲控制"], ["焊接变形控制"], ["需求"]]
    assert told[1].raw == {"title": ["焊接变形控制"], "main_problem": ["焊后变形。"], "budget": ["30"]}
    assert "焊接" not in str(told[0])
    assert [one.raw for one in entries(FILLED)] == [recognise(FILLED).raw]


def offered(client, rows=LIST):
    """The page that asks which needs of a list to take, what it offers for each, and its name."""
    page = client.post("/needs/sheet", data={"file": (io.BytesIO(as_xlsx(rows)), "汇总表.xlsx")}).text
    values = [unescape(value) for value in re.findall(r'name="entry" value="([^"]*)"', page)]
    return page, values, {"page": re.search(r'name="page" value="([^"]*)"', page)[1]}


def test_of_a_list_somebody_chooses_which_needs_to_take(app, people, session):
    mine = browser(app, people.enterprise)
    page, values, name = offered(mine)
    assert "表中有 3 条需求" in page
    assert session.scalars(select(Need)).all() == []
    session.commit()
    answer = mine.post("/needs/sheet/entries", data=name | {"entry": values[1:]})
    assert answer.headers["Location"] == "/drafts"
    assert [(one.title, one.state) for one in session.scalars(select(Need))] == [
        ("焊接变形控制", "draft"), ("需求", "draft")]
    session.commit()
    assert "已建立 2 份草稿" in mine.get("/drafts").text
    assert mine.post("/drafts/1/discard").status_code == 302
    assert [one.title for one in session.scalars(select(Need))] == ["需求"]


def test_one_need_of_a_list_goes_straight_to_its_form(app, people, session):
    mine = browser(app, people.enterprise)
    _page, values, name = offered(mine)
    answer = mine.post("/needs/sheet/entries", data=name | {"only": values[0], "entry": values})
    assert answer.headers["Location"] == "/posts/1/edit"
    assert session.scalars(select(Draft)).one().data["key_technique"] == ["翘曲量 ≤ 0.3 mm"]
    session.commit()
    mine.set_cookie("language", "en")
    assert "需求</label>" in offered(mine)[0]


def test_a_list_taken_twice_from_one_page_makes_its_drafts_once(app, people, session):
    mine = browser(app, people.enterprise)
    _page, values, name = offered(mine)
    for _ in range(2):
        assert mine.post("/needs/sheet/entries", data=name | {"entry": values}).headers["Location"] == "/drafts"
    assert len(session.scalars(select(Draft)).all()) == len(values)
    session.commit()
    assert mine.post("/needs/sheet/entries", data=offered(mine)[2] | {"entry": values[0]}).status_code == 302
    assert len(session.scalars(select(Draft)).all()) == len(values) + 1


@pytest.mark.parametrize("sent", [{}, {"entry": "{"}, {"entry": "[1]"}, {"entry": '{"title": 1}'},
                                  {"entry": ['{"title": ["甲"]}', "null"]}])
def test_what_was_not_offered_makes_no_draft(app, people, session, sent):
    mine = browser(app, people.enterprise)
    assert mine.post("/needs/sheet/entries", data={"page": "x" * 22} | sent).status_code == 400
    assert mine.post("/needs/sheet/entries", data={"entry": '{"title": ["甲"]}'}).status_code == 400
    assert session.scalars(select(Need)).all() == []
