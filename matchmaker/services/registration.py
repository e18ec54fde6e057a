"""The registration form of a technology contract (技术合同认定登记表): what it asks, as rows, as xlsx and for docx."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from matchmaker.services import contract_history, contract_rules
from matchmaker.services.money import in_wan
from models import Contract
from models.vocabulary import CONTRACT_TYPES, FIELDS, GOALS, INDUSTRIES, IP_KINDS, PAYMENTS, PLAN_SOURCES, REGIONS

TITLE = "技术合同认定登记表"
CONTRACT = {
    "project_name": "合同名称（项目名称）", "type": "合同类别", "registry_number": "合同登记编号",
    "registered_on": "登记日期", "signed_on": "合同签订日期", "from_on": "合同起始日期", "to_on": "合同终止日期",
    "amount": "合同成交总金额（万元）",
    "technology_amount": "其中：技术交易额（万元）", "payment": "支付方式", "royalty": "提成约定", "equity": "入股约定",
    "related_party": "是否关联交易", "plan_source": "计划来源", "plan_name": "计划项目名称与编号",
    "ip_kind": "知识产权", "field": "技术领域", "objective": "社会—经济目标", "content": "合同主要内容",
}
Section = tuple[str, list[tuple[str, str]]]


def fields(contract: Contract) -> dict[str, str]:
    """Every answer of the form about the contract itself, as text."""
    terms = contract.payment_terms
    return {
        "project_name": contract.project_name, "type": CONTRACT_TYPES.label(contract.type),
        "registry_number": contract.registry_number or "", "registered_on": _day(contract.registered_on),
        "signed_on": _day(contract.signed_on), "from_on": _day(contract.from_on), "to_on": _day(contract.to_on),
        "amount": _wan(contract.amount), "technology_amount": _wan(contract.technology_amount),
        "payment": PAYMENTS.label(contract.payment), "royalty": _terms(terms, ("percent", "base", "years", "cap")),
        "equity": _terms(terms, ("shares", "value")), "related_party": "是" if contract.related_party else "否",
        "plan_source": PLAN_SOURCES.label(contract.plan_source), "plan_name": contract.plan_name,
        "ip_kind": IP_KINDS.label(contract.ip_kind) or "未涉及", "field": FIELDS.label(contract.field),
        "objective": GOALS.label(contract.objective), "content": contract.content,
    }


def party(said: dict[str, Any]) -> dict[str, str]:
    """One party's answers, as text; region and industry with their codes."""
    found = {name: "" if said.get(name) in (None, "") else contract_history.said_party(name, said[name])
             for name in contract_rules.PARTY}
    region, industry = said.get("region"), said.get("industry")
    return found | {"region": f"{REGIONS.label(region)}（{region}）" if region else "",
                    "industry": f"{INDUSTRIES.label(industry)}（{industry}）" if industry else "",
                    "hi_tech": "是" if said.get("hi_tech") else "否", "listed": "是" if said.get("listed") else "否"}


def sections(contract: Contract) -> list[Section]:
    """The whole form: heading, and label with answer for each row."""
    said = fields(contract)
    found: list[Section] = [("合同", [(label, said[name]) for name, label in CONTRACT.items()])]
    for side, title in contract_rules.SIDES.items():
        known = party(getattr(contract, side))
        found.append((title, [(label, known[name]) for name, label in contract_rules.PARTY.items()]))
    steps = [(f"第 {place} 期　{one.milestone}", f"{_day(one.due_on)}　{_wan(one.amount)} 万元".strip())
             for place, one in enumerate((one for one in contract.payments if one.kind == "planned"), 1)]
    return found + ([("付款计划", steps)] if steps else [])


def xlsx(contract: Contract) -> bytes:
    """The form as a workbook. Text stays text, whatever it begins with; amounts are numbers in 万元."""
    out = io.BytesIO()
    import xlsxwriter  # noqa: PLC0415 — web processes stay small

    book = xlsxwriter.Workbook(out, {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True})
    sheet = book.add_worksheet("登记表")
    heading = book.add_format({"bold": True, "font_size": 14, "align": "center"})
    section = book.add_format({"bold": True, "bg_color": "#E4F1EA", "border": 1})
    text = book.add_format({"text_wrap": True, "valign": "top", "border": 1})
    number = book.add_format({"num_format": "#,##0.00####", "align": "left", "border": 1})
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 70)
    sheet.merge_range(0, 0, 0, 1, TITLE, heading)
    amounts = {CONTRACT["amount"]: contract.amount, CONTRACT["technology_amount"]: contract.technology_amount}
    row = 1
    for title, rows in sections(contract):
        sheet.merge_range(row, 0, row, 1, title, section)
        for place, (name, answer) in enumerate(rows, row + 1):
            sheet.write_string(place, 0, name, text)
            if (amount := amounts.get(name)) is not None:
                sheet.write_number(place, 1, float(amount / 10_000), number)
            else:
                sheet.write_string(place, 1, answer, text)
        row += len(rows) + 1
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    book.close()
    return out.getvalue()


def _terms(terms: dict[str, Any], names: tuple[str, ...]) -> str:
    return "；".join(f"{contract_rules.TERMS[name]} {contract_history.term(name, terms[name])}" for name in names
                    if terms.get(name))


def _day(value: dt.date | None) -> str:
    return value.isoformat() if value else ""


def _wan(amount: Any) -> str:
    return "" if amount is None else in_wan(amount)
