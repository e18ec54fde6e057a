"""赵经理 works a case through to its papers in the browser's terms: forms, downloads, refusals that lose nothing."""

import io

import docx
import openpyxl
import pytest
from sqlalchemy import select

from matchmaker.services import brokering, docx_filling
from matchmaker.services.brokering import Given, Pair
from models import Contract, Document, DocumentTemplate, Event, Introduction, now
from tests.builders import achievement, need
from tests.services.cases import ANSWERS
from tests.services.test_documents import PDF, template_of
from tests.views.conftest import browser, words_of

TODAY = now().date().isoformat()
TYPED = {
    "project_name": "示例翘曲控制", "type": "joint", "field": "materials", "objective": "industry",
    "plan_source": "none", "ip_kind": "invention", "content": "开发。", "signed_on": TODAY, "from_on": TODAY,
    "to_on": "2099-01-01",
    "amount": "12.345678", "technology_amount": "10", "payment": "lump",
    **{f"{side}-{name}": value for side in ("seller", "buyer") for name, value in {
        "kind": "domestic", "region": "220100", "country": "中国", "address": "示例路", "legal_person": "示例人",
        "contact": "示例联系人", "phone": "000", "industry": "C29", "size": "small"}.items()},
    "seller-name": "示例理工大学", "buyer-name": "示例精工有限公司",
}


@pytest.fixture
def case_id(session, people):
    asked = need(owner=people.enterprise, organisation=people.enterprise.organisation)
    offered = achievement(owner=people.researcher, organisation=people.researcher.organisation)
    session.add_all([asked, offered])
    session.flush()
    case = brokering.express_intent(session, people.enterprise, Pair(asked, offered), "need", ANSWERS)
    brokering.move(session, people.researcher, case, case.version, "accept", Given())
    session.commit()
    return case.id


def saved(app, kind=Contract):
    """The newest row as the application stored it; the test's own session would hold the writer's lock."""
    with app.extensions["sessions"].read() as reading:
        found = reading.scalars(select(kind).order_by(kind.id.desc())).first()
        if kind is Contract:
            assert found.payments is not None
            assert found.introduction.state
        return found


def test_a_contract_goes_its_way_through_the_pages(app, people, case_id):
    office = browser(app, people.broker)
    page = office.get(f"/contracts/new?case={case_id}").text
    assert "示例精工有限公司" in page
    wrong = office.post(f"/contracts/new?case={case_id}", data=TYPED | {"technology_amount": "99", "amount": "很多"})
    assert wrong.status_code == 400
    assert "请填写数字" in wrong.text
    assert 'value="很多"' in wrong.text
    wrong = office.post(f"/contracts/new?case={case_id}", data=TYPED | {"technology_amount": "99"})
    assert "不能超过合同金额（12.345678 万元）" in wrong.text
    answer = office.post(f"/contracts/new?case={case_id}", data=TYPED)
    assert answer.status_code == 302
    contract = saved(app)
    assert (str(contract.amount), contract.introduction.state) == ("123456.78", "drafted")
    base = f"/contracts/{contract.id}"
    steps = {"steps-0-milestone": "验收", "steps-0-due_on": TODAY, "steps-0-amount": "12.345678",
             "version": contract.version}
    assert office.post(f"{base}/schedule", data=steps | {"steps-0-amount": "12"}).status_code == 400
    assert office.post(f"{base}/schedule", data=steps).status_code == 302
    assert office.post(f"{base}/steps/sign", data={"version": 1}).status_code == 409
    assert office.post(f"{base}/steps/sign", data={"version": saved(app).version}).status_code == 302
    number = {"version": saved(app).version, "on": TODAY, "registry_number": "123"}
    refused = office.post(f"{base}/steps/register", data=number)
    assert "现在是 3 位" in refused.text
    number["registry_number"] = "2026220100000009"
    assert office.post(f"{base}/steps/register", data=number).status_code == 302
    contract = saved(app)
    received = f"{base}/payments/{contract.payments[0].id}"
    assert "不能超过本期应付" in office.post(received, data={"on": TODAY, "amount": "13"}).text
    assert office.post(received, data={"on": TODAY, "amount": "12.345678"}).status_code == 302
    page = words_of(office.get(base).text)
    assert "12.345678 万元" in page
    assert "2026220100000009" in page
    amended = TYPED | {"version": saved(app).version, "content": "另加中试。", "on": TODAY, "reason": "补充协议"}
    assert office.post(f"{base}/edit", data=amended).status_code == 302
    assert "另加中试。" in office.get(f"{base}/versions/3").text
    for person in (people.enterprise, people.researcher):
        assert browser(app, person).get(base).status_code == 200
        assert browser(app, person).get(f"{base}/edit").status_code == 403
    assert browser(app, people.rival).get(base).status_code == 404


def test_the_registration_form_is_downloaded_and_opens(app, session, people):
    contract = Contract(project_name="示例项目", type="service", state="draft")
    session.add(contract)
    session.commit()
    office = browser(app, people.broker)
    book = openpyxl.load_workbook(io.BytesIO(office.get(f"/contracts/{contract.id}/registration.xlsx").data))
    assert "示例项目" in [cell.value for row in book.active.iter_rows() for cell in row]
    paper = docx.Document(io.BytesIO(office.get(f"/contracts/{contract.id}/registration.docx").data))
    assert "示例项目" in [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    assert office.get(f"/contracts/{contract.id}/registration.exe").status_code == 404


def test_papers_are_made_uploaded_and_downloaded(app, people, case_id):
    office, firm = browser(app, people.broker), browser(app, people.enterprise)
    base = f"/cases/{case_id}/documents"
    assert office.post(f"{base}/make", data={"kind": "nda"}).status_code == 302
    made = saved(app, Document)
    fetched = firm.get(f"/documents/{made.id}")
    assert "保密协议" in docx.Document(io.BytesIO(fetched.data)).paragraphs[0].text
    assert fetched.headers["Content-Disposition"].startswith("attachment")
    event = saved(app, Event)
    assert (event.action, event.actor_id) == ("document.downloaded", people.enterprise.id)
    wrong = firm.post(base, data={"file": (io.BytesIO(b"<html>"), "图.pdf"), "kind": "material", "title": "图"})
    assert "内容不是 PDF" in wrong.text
    sent = {"file": (io.BytesIO(PDF), "图.pdf"), "kind": "material", "title": "图"}
    assert firm.post(base, data=sent).status_code == 302
    assert "图.pdf" in browser(app, people.researcher).get(base).text
    assert browser(app, people.rival).get(base).status_code == 404
    assert office.post(f"{base}/make", data={"kind": "contract_service"}).status_code == 400


@pytest.fixture
def filled(app, case_id, monkeypatch):
    """What templates were filled in with, somebody else writing meanwhile."""
    fill, during = docx_filling.fill, []

    def slow(*given):
        with app.extensions["sessions"].write() as other:
            other.get_one(Introduction, case_id).next_step = "另一人同时写下的"
            other.commit()
        during.append(given)
        return fill(*given)

    monkeypatch.setattr(docx_filling, "fill", slow)
    return during


def test_nobody_waits_for_the_database_while_a_paper_is_filled_in(app, people, case_id, filled):
    answer = browser(app, people.broker).post(f"/cases/{case_id}/documents/make", data={"kind": "nda"})
    assert (answer.status_code, len(filled)) == (302, 1)
    assert saved(app, Document).made_by == people.broker.id


def test_nobody_waits_for_the_database_while_a_template_is_tried(app, people, filled):
    given = {"file": (io.BytesIO(template_of("题：{{ post.title }}")), "简介.docx")}
    answer = browser(app, people.head).post("/office/templates/brief", data=given)
    assert (answer.status_code, len(filled)) == (302, 1)
    assert saved(app, DocumentTemplate).made_by == people.head.id


def test_the_head_tries_a_template_before_it_is_used(app, people):
    head, page = browser(app, people.head), "/office/templates/brief"
    bad = {"file": (io.BytesIO(template_of("{{ post.annex }}")), "简介.docx")}
    assert "不认识的占位符：post.annex" in head.post(page, data=bad).text
    good = {"file": (io.BytesIO(template_of("题：{{ post.title }}")), "简介.docx")}
    assert head.post(page, data=good).status_code == 302
    sample = docx.Document(io.BytesIO(head.get(f"{page}/1/sample.docx").data))
    assert sample.paragraphs[0].text == "题：薄壁注塑件翘曲 & 补偿 <示例>"
    assert "系统自带" in head.get(page).text
    assert head.post(f"{page}/activate", data={"template": 1}).status_code == 302


def test_parties_rate_and_agree_on_the_page_of_the_contract(app, people, case_id):
    office = browser(app, people.broker)
    office.post(f"/contracts/new?case={case_id}", data=TYPED)
    contract = saved(app)
    base = f"/contracts/{contract.id}"
    office.post(f"{base}/steps/sign", data={"version": contract.version})
    assert office.post(f"{base}/story").status_code == 302
    for person in (people.enterprise, people.researcher):
        party = browser(app, person)
        assert party.post(f"{base}/rating", data={"office": 5, "result": ""}).status_code == 400
        assert party.post(f"{base}/rating", data={"office": 5, "result": 4, "words": "好"}).status_code == 302
        version = {people.enterprise: 1, people.researcher: 2}[person]
        assert party.post(f"{base}/story/consent", data={"version": version, "agrees": 1}).status_code == 302
    assert office.post(f"{base}/story/publish", data={"version": 3, "public": 1}).status_code == 302
    assert "示例翘曲控制" in browser(app).get("/stories/").text
    assert browser(app).get("/stories/1").status_code == 200


def test_the_completers_shares_are_typed_and_downloaded(app, session, people, case_id):
    rule = {"institute": "20", "completers": "70", "office": "10", "note": "示例办法"}
    assert browser(app, people.head).post("/office/split", data=rule).status_code == 302
    office = browser(app, people.broker)
    office.post(f"/contracts/new?case={case_id}", data=TYPED)
    base = f"/contracts/{saved(app).id}"
    office.post(f"{base}/steps/sign", data={"version": saved(app).version})
    assert "合计 100%。" in office.get(f"{base}/sharing").text
    two = {"people-0-name": "示例甲", "people-0-percent": "60", "people-1-name": "示例乙", "people-1-percent": "30"}
    wrong = office.post(f"{base}/sharing", data=two | {"version": saved(app).version})
    assert wrong.status_code == 400
    assert "现在是 90%" in wrong.text
    assert 'value="示例乙"' in wrong.text
    right = two | {"people-1-percent": "40", "version": saved(app).version}
    assert office.post(f"{base}/sharing", data=right).status_code == 302
    assert office.post(f"{base}/sharing", data=right).status_code == 409
    page = words_of(office.get(base).text)
    assert "示例乙 40%" in page
    sheet = openpyxl.load_workbook(io.BytesIO(office.get(f"{base}/sharing.xlsx").data)).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[1] for row in rows[3:]] == ["示例甲", "示例乙"]
    assert round(rows[3][3] + rows[4][3], 2) == rows[1][3] == 86419.74
    assert "示例甲" not in browser(app, people.enterprise).get(base).text


def test_settings_and_shares_are_typed_and_refused_where_they_stand(app, people):
    head = browser(app, people.head)
    wrong = head.post("/office/split", data={"institute": "50", "completers": "60", "office": "0", "note": "办法"})
    assert "合计须为 100%，现在是 110%" in wrong.text
    right = {"institute": "30", "completers": "60", "office": "10", "note": "示例办法"}
    assert head.post("/office/split", data=right).status_code == 302
    assert "示例办法" in head.get("/office/split").text
