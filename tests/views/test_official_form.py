"""An enterprise uploads the official form that it filled in: what is recognised, what is not, and the blank ones."""

from __future__ import annotations

import io

import docx
import openpyxl
import pytest
from sqlalchemy import select

from matchmaker.services.official_form import HEADINGS, recognise
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
    ["有无样品", "有，三件"],
    ["电子邮箱：wang@example.com"],
]


def test_headings_lead_to_fields_and_what_is_not_understood_is_told():
    told = recognise(FILLED)
    assert told.raw == {
        "title": ["求薄壁件翘曲控制"], "contact_name": ["王示例"], "contact_phone": ["000-0000"],
        "main_problem": ["出模后翘曲，装配间隙超差。"], "key_technique": ["翘曲量不大于 0.3 mm"],
        "expected_goal": ["装配合格率 98%"], "budget": ["60"], "modes": ["commissioned", "joint"],
        "field": ["materials"], "from_year": ["2026"], "to_year": ["2027"], "contact_email": ["wang@example.com"],
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
