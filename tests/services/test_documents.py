"""The papers of a case say what their reader may know, keep every version, and templates reach nothing."""

import io
import zipfile

import docx
import pytest
from sqlalchemy import select

from matchmaker.services import (
    brokering,
    contracts,
    document_fields,
    documents,
    docx_filling,
    file_kinds,
    filing,
    permissions,
    templates,
)
from matchmaker.services.document_facts import Wanted, facts, registration_facts
from matchmaker.services.documents import Upload
from matchmaker.services.problems import NotAllowed, NotFound, Problem
from matchmaker.services.templates import Given
from models import Document, Event
from scripts import document_templates
from tests.services import cases
from tests.services.test_contracts import WHOLE, registered

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
ATTACKS = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}", "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ self._TemplateReference__context }}", "{{ lipsum.__globals__['os'].system('id') }}",
    "{% for one in ().__class__.__base__.__subclasses__() %}{{ one }}{% endfor %}",
    "{{ namespace.__init__.__globals__ }}", "{{ joiner.__init__.__globals__ }}",
    "{{ (office.name|attr('__class__')) }}", "{% include '/etc/passwd' %}", "{% import 'os' as os %}",
    "{{ office.name.format.__self__.__class__ }}", "{{ '{0.__class__.__mro__}'.format(office.name) }}",
    "{{ range(10**9)|list }}", "{{ 'x' * 10**10 }}",
)


@pytest.fixture
def who(session):
    found = cases.people(session)
    found.need.disclosure = found.supply.disclosure = "staged"
    found.need.main_problem, found.supply.description = "保密甲事", "保密乙事"
    found.need.brief, found.supply.brief = "公开甲事", "公开乙事"
    found.need.annex, found.supply.annex = "附件甲事", "附件乙事"
    session.flush()
    return found


def template_of(*texts) -> bytes:
    paper, out = docx.Document(), io.BytesIO()
    for text in texts:
        paper.add_paragraph(text)
    paper.save(out)
    return out.getvalue()


def words(content: bytes) -> str:
    """All that a docx says, in paragraphs and tables."""
    paper = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in paper.paragraphs), *cells])


def read(session, tmp_path, document):
    return words(filing.read(tmp_path, document.sha256))


def everything(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


@pytest.mark.parametrize("kind", document_fields.KINDS)
def test_each_shipped_template_is_what_the_script_writes_and_passes_its_own_check(kind):
    assert templates.shipped(kind) == document_templates.papers()[kind]().bytes()
    names = templates.check(kind, templates.shipped(kind))
    assert {name.split(".")[0] for name in names} <= set(document_fields.KINDS[kind])


def test_text_is_kept_whole_whatever_is_in_it():
    """Nothing is lost after & and <, and what looks like a placeholder stays as it was typed."""
    text = "A&B<c>“引号”\n第二行 {{ 7*7 }} {% if x %} ${{<%[%'\"}}%\\ \x00\x07\ufffe尾"
    found = words(docx_filling.fill(template_of("前{{ office.name }}后"), {"office": {"name": text}}))
    assert found == "前A&B<c>“引号”\n第二行 {{ 7*7 }} {% if x %} ${{<%[%'\"}}%\\ 尾后"


def test_no_field_is_ever_run_as_a_template():
    for attack in ATTACKS:
        assert attack in words(docx_filling.fill(template_of("{{ office.name }}"), {"office": {"name": attack}}))


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_template_reaches_nothing(attack, tmp_path):
    """It is refused, or what it tried to read is not in what it wrote."""
    try:
        found = words(docx_filling.fill(template_of(attack), document_fields.sample("brief")))
    except Problem as problem:
        found = str(problem)
    assert not {"uid=", "<class", "root:"} & {one for one in ("uid=", "<class", "root:") if one in found}


def test_a_template_without_end_is_stopped(monkeypatch):
    monkeypatch.setattr(docx_filling, "SECONDS", 6)
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(Problem, match="已停止"):
        docx_filling.fill(template_of(endless), {})


@pytest.mark.parametrize(("content", "said"), [
    (b"not a document", "不是 Word 文档"), (template_of("{{ need.titel }} {{ nobody.name }}"), "need.titel、nobody"),
    (template_of("{{ need.title "), "占位符写法有误"),
    (template_of("{{ contract.amount }}"), "contract、contract.amount"),
])
def test_a_template_that_cannot_be_used_says_why(content, said):
    with pytest.raises(Problem) as refused:
        templates.check("recommendation", content)
    assert said in str(refused.value)


@pytest.mark.parametrize(("name", "part", "said"), [
    ("word/vbaProject.bin", b"x", "宏"), ("word/embeddings/a.bin", b"x", "嵌入对象"),
    ("customXml/item9.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "XML 定义"),
    ("word/_rels/extra.xml.rels", b'<Relationships><Relationship Id="a" Type="x/attachedTemplate" '
     b'Target="http://example.com/t.dotm" TargetMode="External"/></Relationships>', "外部文件"),
])
def test_a_template_with_something_foreign_in_it_is_refused(name, part, said):
    content = io.BytesIO(template_of("{{ office.name }}"))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(name, part)
    with pytest.raises(Problem, match=said):
        docx_filling.names(content.getvalue())


def test_the_head_changes_a_template_and_takes_it_back(session, who, tmp_path):
    case = cases.accepted(session, who)
    with pytest.raises(NotAllowed):
        templates.upload(session, who.broker, tmp_path, "nda", Given("x.docx", template_of("{{ office.name }}")))
    one, two = (Given(f"{n}.docx", template_of(f"第{n}版 {{{{ need.title }}}}")) for n in "一二")
    first = templates.upload(session, who.head, tmp_path, "nda", one)
    assert templates.active(session, "nda") is None
    templates.activate(session, who.head, "nda", first)
    second = templates.upload(session, who.head, tmp_path, "nda", two)
    templates.activate(session, who.head, "nda", second)
    made = documents.generate(session, who.broker, tmp_path, "nda", Wanted(case, "示例中心"))
    assert read(session, tmp_path, made) == "第二版 求薄壁件翘曲控制"
    templates.activate(session, who.head, "nda", first)
    assert (first.active, second.active) == (True, False)
    templates.activate(session, who.head, "nda", None)
    assert "保密协议" in read(session, tmp_path, documents.generate(
        session, who.broker, tmp_path, "nda", Wanted(case, "示例中心")))
    said = session.scalars(select(Event).where(Event.action == "template.activated").order_by(Event.id)).all()
    assert [(one.before["number"], one.after["number"]) for one in said] == [(0, 1), (1, 2), (2, 1), (1, 0)]


def test_a_brief_says_only_what_everyone_may_read(session, who, tmp_path):
    who.need.hide_organisation = True
    case = cases.accepted(session, who)
    for post, other in ((who.need, "乙事"), (who.supply, "甲事")):
        made = documents.generate(session, who.broker, tmp_path, "brief", Wanted(case, "示例中心", post=post))
        said = everything(filing.read(tmp_path, made.sha256))
        assert post.brief in said
        assert [word for word in ("保密甲", "保密乙", "附件", f"公开{other}", "示例精工") if word in said] == []


def test_a_recommendation_hides_before_the_intent_what_strangers_may_not_read(session, who, tmp_path):
    who.supply.hide_organisation = True
    case = brokering.propose(session, who.broker, who.pair)
    wanted = Wanted(case, "示例中心")
    before = read(session, tmp_path, documents.generate(session, who.broker, tmp_path, "recommendation", wanted))
    assert "公开乙事" in before
    assert "示例理工大学" not in before
    assert "未经系统匹配" in before
    brokering.express_intent(session, who.wang, who.pair, "need", cases.ANSWERS)
    brokering.accept(session, who.li, case, case.version)
    after = documents.generate(session, who.broker, tmp_path, "recommendation", wanted)
    said = read(session, tmp_path, after)
    assert "示例理工大学" in said
    assert cases.ANSWERS["why"] in said
    assert (after.number, after.audience) == (2, "staff")


@pytest.mark.parametrize(("kind", "said"), [
    ("nda", "接受意向之后"), ("contract_service", "先在本对接中起草合同"), ("brief", "哪一方"), ("minutes", "从会议中"),
])
def test_a_paper_waits_for_what_it_says(session, who, tmp_path, kind, said):
    with pytest.raises(Problem, match=said):
        documents.generate(session, who.broker, tmp_path, kind, Wanted(cases.asked(session, who), "示例中心"))


DRAFTS = sorted({kind: one for one, kind in document_fields.OF_TYPE.items()}.items())


@pytest.mark.parametrize(("kind", "type_"), DRAFTS)
def test_each_type_of_contract_has_its_draft(session, who, tmp_path, kind, type_):
    case = cases.accepted(session, who)
    contract = contracts.create(session, who.broker, WHOLE | {"type": type_, "content": "A&B<c>内容"}, case)
    made = documents.generate(session, who.broker, tmp_path, kind, Wanted(case, "示例中心", contract))
    said = read(session, tmp_path, made)
    assert "1,000,000.00 元（100 万元）" in said
    assert "A&B<c>内容" in said
    assert "{{" not in said


def test_the_registration_form_as_docx_says_every_field(session, who):
    contract = registered(session, who)
    said = words(docx_filling.fill(templates.shipped("registration"), registration_facts(contract, "示例中心")))
    for text in (contract.registry_number, "薄壁件翘曲控制开发", "工商业发展", "长春市（220100）", "示例精工有限公司"):
        assert text in said


def test_minutes_list_decisions_and_tasks(session, who, tmp_path):
    meeting = {"title": "首次会谈", "held_on": "2026 年 10 月 12 日", "place": "示例室", "people": "王工、李研究员",
               "minutes": "双方介绍。", "decisions": ["寄样件", "再会面"],
               "tasks": [{"text": "寄出样件", "who": "王工", "due": "2026-11-01"}]}
    case = cases.accepted(session, who)
    made = documents.generate(session, who.broker, tmp_path, "minutes", Wanted(case, "示例中心", meeting=meeting))
    said = read(session, tmp_path, made)
    assert "1. 寄样件\n2. 再会面" in said
    assert "1. 寄出样件（王工，2026-11-01前）" in said


def test_every_placeholder_that_is_promised_is_given(session, who):
    case = cases.accepted(session, who)
    contract = contracts.create(session, who.broker, WHOLE, case)
    for kind in document_fields.KINDS:
        given = facts(kind, Wanted(case, "示例中心", contract, who.need, document_fields.sample("minutes")["meeting"]))
        assert {root: set(said) for root, said in given.items()} == {
            root: set(said) for root, said in document_fields.sample(kind).items()}


def test_uploads_are_versioned_and_kept_by_their_content(session, who, tmp_path):
    case = cases.accepted(session, who)
    one = documents.upload(session, who.wang, tmp_path, case, Upload("图纸.pdf", PDF, "material", "图纸"))
    two = documents.upload(session, who.li, tmp_path, case, Upload("../../图纸2.pdf", PDF + b"%", "material", "图纸"))
    assert (one.number, two.number, two.name) == (1, 2, "图纸2.pdf")
    assert filing.read(tmp_path, one.sha256) == PDF
    next(tmp_path.glob(f"*/{one.sha256}")).write_bytes(b"changed")
    with pytest.raises(NotFound, match="损坏"):
        filing.read(tmp_path, one.sha256)


def test_who_reads_what(session, who, tmp_path):
    case = cases.accepted(session, who)
    shared = documents.upload(session, who.wang, tmp_path, case, Upload("甲.pdf", PDF, "material", "甲", "staff"))
    inner = documents.upload(session, who.broker, tmp_path, case, Upload("乙.pdf", PDF, "internal", "乙"))
    assert (shared.audience, inner.audience) == ("parties", "staff")
    for person, titles in ((who.li, {"甲"}), (who.wang, {"甲"}), (who.other, {"甲", "乙"}), (who.stranger, set())):
        assert {one.title for one in documents.of_case(session, person, case)} == titles
    for person, document in ((who.li, inner), (who.stranger, shared), (None, shared)):
        with pytest.raises(NotFound):
            documents.get(session, person, document.id)
    assert documents.fetch(session, who.li, tmp_path, documents.get(session, who.li, shared.id)) == PDF
    logged = session.scalar(select(Event).where(Event.action == "document.downloaded"))
    assert (logged.actor_id, logged.subject_id) == (who.li.id, shared.id)
    cases.step(session, who.li, case, "pass", reason="price")
    assert not permissions.can_read_document(who.wang, case, shared)


def test_before_the_intent_is_accepted_nobody_outside_the_office_uploads(session, who, tmp_path):
    case = cases.asked(session, who)
    with pytest.raises(NotAllowed, match="接受意向之后"):
        documents.upload(session, who.wang, tmp_path, case, Upload("甲.pdf", PDF, "material", "甲"))


def test_an_internal_paper_does_not_become_public_by_its_next_version(session, who, tmp_path):
    case = cases.accepted(session, who)
    documents.upload(session, who.broker, tmp_path, case, Upload("甲.pdf", PDF, "other", "甲", "staff"))
    with pytest.raises(Problem, match="可见范围不同"):
        documents.upload(session, who.wang, tmp_path, case, Upload("甲.pdf", PDF, "other", "甲"))
    with pytest.raises(Problem, match="只能由中心工作人员"):
        documents.upload(session, who.wang, tmp_path, case, Upload("乙.pdf", PDF, "internal", "乙"))
    assert len(session.scalars(select(Document)).all()) == 1


@pytest.mark.parametrize(("name", "content", "said"), [
    ("a.exe", b"MZ", "只能上传"), ("a", PDF, "只能上传"), ("a.pdf", b"<html></html>", "内容不是 PDF"),
    ("a.pdf", b"", "空的"), ("a.png", PDF, "内容不是 PNG"), ("a.docx", PDF, "内容不是 DOCX"),
    ("a.xlsx", template_of("x"), "内容不是 XLSX"), ("a.doc", PDF, "旧版格式"),
    ("a.docx", b"PK\x03\x04" + PDF, "不是有效的 DOCX"),
    ("a.txt", b"\xff\xfe\x00", "UTF-8"),
    ("a.txt", b"a\x00b", "不是文本"),
    ("a.pdf", b"%PDF" + b"0" * file_kinds.LARGEST, "不能超过"),
])
def test_a_file_is_what_its_name_says(name, content, said):
    with pytest.raises(Problem, match=said):
        file_kinds.check(name, content)


def test_files_that_are_taken():
    assert file_kinds.check("a.PDF", PDF) == "application/pdf"
    assert file_kinds.check("a.docx", template_of("x")) == documents.DOCX
    assert file_kinds.check("a.txt", "文字".encode()).startswith("text/plain")
