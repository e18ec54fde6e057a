"""Write the docx templates that the product ships with: `python -m scripts.document_templates`.

They are plain Word documents with placeholders, which an office may download, change and upload again.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from matchmaker.services import contract_rules, registration

FOLDER = Path(__file__).resolve().parent.parent / "matchmaker" / "documents"
FONT = "宋体"
EARLIEST = (1980, 1, 1, 0, 0, 0)
PARTIES = ("甲方（买方）：{{ buyer.name }}", "地址：{{ buyer.address }}　法定代表人：{{ buyer.legal_person }}",
           "乙方（卖方）：{{ seller.name }}", "地址：{{ seller.address }}　法定代表人：{{ seller.legal_person }}")
SIGNED = ("甲方（盖章）：　　　　　　　　乙方（盖章）：", "代表签字：　　　　　　　　　　代表签字：", "日期：　　　　　　　　　　　　日期：")
MONEY = (
    "合同总金额为人民币 {{ contract.amount_yuan }} 元（{{ contract.amount }} 万元），其中技术交易额 {{ contract.technology_amount }} 万元。支付方式：{{ contract.payment }}。",
    "{% if contract.royalty %}提成约定：{{ contract.royalty }}。{% endif %}{% if contract.equity %}入股约定：{{ contract.equity }}。{% endif %}",
    "{%p for one in contract.payments %}", "第 {{ one.number }} 期：{{ one.milestone }}，于{{ one.due_on }}前支付 {{ one.amount }} 万元。",
    "{%p endfor %}",
)
OWN: dict[str, tuple[str, list[tuple[str, tuple[str, ...]]]]] = {
    "contract_development": ("技术开发合同", [
        ("研究开发的内容与目标", ("{{ contract.content }}", "乙方应按约定完成研究开发，交付成果并接受甲方验收。")),
        ("知识产权", ("双方各自原有的知识产权归各自所有；开发形成的成果归属：＿＿＿＿。涉及的知识产权：{{ contract.ip_kind }}。",)),
        ("风险责任", ("因现有技术水平难以克服的困难致使开发失败或部分失败的，损失由双方按＿＿＿＿分担。",)),
    ]),
    "contract_transfer": ("技术转让合同", [
        ("转让的技术", ("{{ contract.content }}", "涉及的知识产权：{{ contract.ip_kind }}，编号＿＿＿＿，权利人保证有权转让。")),
        ("权利变更", ("乙方应于合同生效后＿＿日内协助甲方办理权利变更登记，并交付全部技术资料。",)),
        ("技术指导", ("乙方负责技术指导与人员培训，直至甲方能独立实施。",)),
    ]),
    "contract_licence": ("技术许可合同", [
        ("许可的技术", ("{{ contract.content }}", "许可方式：{{ contract.type }}；涉及的知识产权：{{ contract.ip_kind }}，编号＿＿＿＿。")),
        ("许可范围", ("许可地域：＿＿＿＿；许可期限：{{ contract.from_on }} 至 {{ contract.to_on }}；是否可以再许可：＿＿＿＿。",)),
        ("资料交付与指导", ("乙方应于合同生效后＿＿日内交付技术资料并提供必要的技术指导。",)),
    ]),
    "contract_consulting": ("技术咨询合同", [
        ("咨询的内容与要求", ("{{ contract.content }}", "乙方应按期提交咨询报告，报告应达到＿＿＿＿的要求。")),
        ("资料与协作", ("甲方应按约定说明咨询的问题，提供背景材料与数据。",)),
        ("责任", ("甲方按符合要求的咨询报告作出决策造成的损失，由甲方承担，另有约定的除外。",)),
    ]),
    "contract_service": ("技术服务合同", [
        ("服务的内容与要求", ("{{ contract.content }}", "服务类别：{{ contract.type }}。")),
        ("工作条件与协作", ("甲方应提供工作条件，完成配合事项，接受工作成果并支付报酬。",)),
        ("验收", ("按＿＿＿＿标准验收；在服务中形成的新成果归属：＿＿＿＿。",)),
    ]),
}


class Paper:
    """A document being written: headings, paragraphs, two-column tables, in one Chinese face."""

    def __init__(self, title: str) -> None:
        self.file = Document()
        style = self.file.styles["Normal"]
        style.font.name, style.font.size = FONT, Pt(12)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
        style.paragraph_format.line_spacing = 1.5
        for section in self.file.sections:
            section.page_width, section.page_height = Cm(21), Cm(29.7)
            section.left_margin = section.right_margin = Cm(2.8)
        head = self.file.add_paragraph()
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = head.add_run(title)
        run.bold, run.font.size = True, Pt(18)

    def heading(self, text: str) -> None:
        self.file.add_paragraph().add_run(text).bold = True

    def say(self, *texts: str, right: bool = False) -> None:
        for text in texts:
            paragraph = self.file.add_paragraph(text)
            if right:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def table(self, rows: list[tuple[str, str]]) -> None:
        table = self.file.add_table(rows=0, cols=2, style="Table Grid")
        for name, text in rows:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = name, text
            cells[0].width, cells[1].width = Cm(5), Cm(10.4)

    def bytes(self) -> bytes:
        """The same bytes whenever it is written: parts in their order, without the time."""
        raw, out = io.BytesIO(), io.BytesIO()
        self.file.save(raw)
        with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
            for name in sorted(old.namelist()):
                new.writestr(zipfile.ZipInfo(name, EARLIEST), old.read(name), zipfile.ZIP_DEFLATED)
        return out.getvalue()


def nda() -> Paper:
    paper = Paper("保密协议")
    paper.say(*PARTIES, "为就“{{ need.title }}”与“{{ supply.title }}”开展技术交流（对接编号 {{ case.number }}），双方约定如下：")
    for text in (
        "一、保密信息指一方为本次交流向另一方提供的、未公开的技术与经营信息，无论书面、口头或样品形式。",
        "二、接收方只为评估和开展合作使用保密信息，只向必须知悉的人员披露，并使其承担同样义务。",
        "三、已公开的、接收方原已掌握的、从第三方合法取得的信息，以及依法须披露的信息除外。",
        "四、保密期限自签署之日起＿＿年，不因合作终止而解除。", "五、违反本协议的一方赔偿对方因此受到的损失。",
        "六、本协议一式两份，双方各执一份，自签署之日起生效。", *SIGNED,
    ):
        paper.say(text)
    return paper


def recommendation() -> Paper:
    paper = Paper("推荐函")
    paper.say("{{ need.organisation }}：", "贵单位提出的技术需求“{{ need.title }}”，经匹配，现推荐以下{{ supply.kind }}，供贵单位选择：")
    paper.table([("名称", "{{ supply.title }}"), ("单位", "{{ supply.organisation }}"), ("技术领域", "{{ supply.field }}"),
                 ("简介", "{{ supply.brief }}"), ("合作方式", "{{ supply.modes }}"), ("成熟度", "{{ supply.maturity }}"),
                 ("匹配程度", "{{ case.score }}"), ("匹配理由", "{{ case.reasons }}")])
    paper.say("如有意向，请与{{ office.name }}联系（经办：{{ case.broker }}，编号 {{ case.number }}），我们将安排双方会谈。")
    paper.say("{{ office.name }}", "{{ office.today }}", right=True)
    return paper


def minutes() -> Paper:
    paper = Paper("会议纪要")
    paper.table([("会议", "{{ meeting.title }}"), ("时间", "{{ meeting.held_on }}"), ("地点", "{{ meeting.place }}"),
                 ("参加人员", "{{ meeting.people }}"), ("事由", "{{ need.title }}　—　{{ supply.title }}")])
    paper.heading("会议内容")
    paper.say("{{ meeting.minutes }}")
    paper.heading("议定事项")
    paper.say("{%p for one in meeting.decisions %}", "{{ loop.index }}. {{ one }}", "{%p endfor %}")
    paper.heading("任务")
    paper.say("{%p for one in meeting.tasks %}", "{{ loop.index }}. {{ one.text }}（{{ one.who }}{% if one.due %}，{{ one.due }}前{% endif %}）", "{%p endfor %}")
    paper.say("{{ office.name }}　{{ office.today }}", right=True)
    return paper


def brief() -> Paper:
    paper = Paper("{{ post.title }}")
    paper.say("（公开简介，不含保密内容）")
    paper.table([("种类", "{{ post.kind }}"), ("单位", "{{ post.organisation }}"), ("技术领域", "{{ post.field }}"),
                 ("所属行业", "{{ post.industry }}"), ("地区", "{{ post.region }}"), ("关键词", "{{ post.keywords }}"),
                 ("合作方式", "{{ post.modes }}"), ("成熟度", "{{ post.maturity }}")])
    paper.heading("简介")
    paper.say("{{ post.brief }}", "{{ post.text }}", "如需进一步了解，请联系{{ office.name }}。")
    paper.say("{{ office.today }}", right=True)
    return paper


def contract(title: str, own: list[tuple[str, tuple[str, ...]]]) -> Paper:
    paper = Paper(title)
    paper.say("项目名称：{{ contract.project_name }}", "合同类别：{{ contract.type }}", *PARTIES)
    common = [("履行期限", ("自 {{ contract.from_on }} 起至 {{ contract.to_on }} 止。",)), ("价款与支付", MONEY),
              ("保密", ("双方对履行合同中知悉的对方技术与经营秘密负有保密义务，不因合同终止而解除。",)),
              ("违约与争议", ("违约方赔偿对方损失；争议由双方协商，协商不成的提交＿＿＿＿解决。",)),
              ("登记", ("双方同意由{{ office.name }}协助办理技术合同认定登记。",))]
    for place, (heading, texts) in enumerate([*own, *common], 1):
        paper.heading(f"第{'一二三四五六七八九十'[place - 1]}条　{heading}")
        paper.say(*texts)
    paper.say(*SIGNED)
    return paper


def registration_form() -> Paper:
    paper = Paper(registration.TITLE)
    paper.table([(label, f"{{{{ contract.{name} }}}}") for name, label in registration.CONTRACT.items()])
    for side, title in contract_rules.SIDES.items():
        paper.heading(title)
        paper.table([(label, f"{{{{ {side}.{name} }}}}") for name, label in contract_rules.PARTY.items()])
    paper.heading("付款计划")
    paper.say("{%p for one in contract.payments %}", "第 {{ one.number }} 期　{{ one.milestone }}　{{ one.due_on }}　{{ one.amount }} 万元",
              "{%p endfor %}", "填表单位：{{ office.name }}　　填表日期：{{ office.today }}")
    return paper


def papers() -> dict[str, Callable[[], Any]]:
    """Kind of document → what writes its template."""
    drafts = {kind: (lambda title=title, own=own: contract(title, own)) for kind, (title, own) in OWN.items()}
    return {"nda": nda, "recommendation": recommendation, "minutes": minutes, "brief": brief,
            "registration": registration_form, **drafts}


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    for kind, write in papers().items():
        (FOLDER / f"{kind}.docx").write_bytes(write().bytes())
    print(f"  {len(papers())} 份模板已写入 {FOLDER}", flush=True)


if __name__ == "__main__":
    main()
