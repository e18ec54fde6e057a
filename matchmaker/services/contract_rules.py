"""What a technology contract may say: the sentence for each field that cannot be used, and what is still missing.

Three times a contract is looked at: whenever it is saved (`check`), before it is signed and before it is registered
(`missing`). Amounts are yuan.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from stdnum.cn import uscc

from matchmaker.services import clock
from matchmaker.services.content import Invalid
from matchmaker.services.money import in_wan
from models import Contract
from models.vocabulary import (
    COMPANY_SIZES,
    CONTRACT_TYPES,
    FIELDS,
    GOALS,
    INDUSTRIES,
    IP_KINDS,
    PARTY_KINDS,
    PAYMENTS,
    PLAN_SOURCES,
    REGIONS,
    Vocabulary,
)

LABELS = {
    "project_name": "项目名称", "type": "合同类别", "signed_on": "签订日期", "from_on": "起始日期", "to_on": "终止日期",
    "amount": "合同金额", "technology_amount": "技术交易额", "payment": "支付方式", "payment_terms": "支付条款",
    "related_party": "关联交易", "plan_source": "计划来源", "plan_name": "计划项目名称与编号", "ip_kind": "知识产权",
    "field": "技术领域", "objective": "社会—经济目标", "content": "合同主要内容",
}
PARTY = {
    "name": "名称", "kind": "类别", "credit_code": "统一社会信用代码", "region": "所在地区", "country": "国家（地区）",
    "address": "地址", "legal_person": "法定代表人", "contact": "联系人", "phone": "联系电话", "industry": "所属行业",
    "size": "单位规模", "hi_tech": "在高新区内", "listed": "上市公司",
}
TERMS = {"percent": "提成比例", "base": "提成基数", "years": "提成年限", "cap": "提成上限", "shares": "入股比例",
         "value": "作价金额"}
SIDES = {"seller": "卖方（技术提供方）", "buyer": "买方（技术接受方）"}
LONGEST = {"project_name": 200, "plan_name": 200, "content": 5000}
LONGEST_PARTY = {"name": 200, "credit_code": 18, "country": 50, "address": 200, "legal_person": 50, "contact": 50,
                 "phone": 40}
CODES: dict[str, Vocabulary] = {
    "type": CONTRACT_TYPES, "payment": PAYMENTS, "plan_source": PLAN_SOURCES, "ip_kind": IP_KINDS, "field": FIELDS,
    "objective": GOALS,
}
PARTY_CODES: dict[str, Vocabulary] = {
    "kind": PARTY_KINDS, "region": REGIONS, "industry": INDUSTRIES, "size": COMPANY_SIZES,
}
NOT_ASKED = {"person": ("legal_person", "industry"), "overseas": ("region",)}
"""Kind of party → what it has not."""
HOME = ("中国", "中华人民共和国")
COMPANIES = frozenset({"domestic", "hmt", "foreign", "sole"})
TO_SIGN = ("project_name", "type", "signed_on", "from_on", "to_on", "amount", "technology_amount", "payment", "field")
PARTY_TO_SIGN = ("name", "kind", "region", "country", "address", "contact")
TO_REGISTER = (*TO_SIGN, "plan_source", "objective")
PARTY_TO_REGISTER = (*PARTY_TO_SIGN, "legal_person", "phone", "industry")
MOST = Decimal(10) ** 13
CENT = Decimal("0.01")
REGISTRY = re.compile(r"[0-9]{16}")
NEEDS_RIGHT = ("transfer", "licence_exclusive", "licence_sole", "licence_plain")
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2100, 12, 31)
Faults = Iterator[tuple[str, str]]


def check(values: Mapping[str, Any]) -> None:
    """Raises Invalid naming every field that cannot be used; parts of a party are named seller.name and so on."""
    errors: dict[str, str] = {}
    for name, sentence in faults(values):
        errors.setdefault(name, sentence)
    if errors:
        raise Invalid(errors)


def faults(values: Mapping[str, Any]) -> Faults:
    """Field and sentence for everything that cannot stand, whatever is still missing."""
    if not values.get("project_name"):
        yield "project_name", "请填写项目名称。"
    for name, most in LONGEST.items():
        if (length := len(values.get(name) or "")) > most:
            yield name, f"最多 {most} 字，现在是 {length} 字，请精简。"
    for name, vocabulary in CODES.items():
        if values.get(name) and values[name] not in vocabulary:
            yield name, "请从列表中选择。"
    if not values.get("type"):
        yield "type", "请选择合同类别。"
    yield from _dates(values)
    yield from _amounts(values)
    yield from _terms(values)
    yield from _parties(values)


def missing(contract: Contract, register: bool = False) -> list[str]:
    """What a contract lacks before it may be signed (or registered), as a person reads it."""
    wanted, of_party = (TO_REGISTER, PARTY_TO_REGISTER) if register else (TO_SIGN, PARTY_TO_SIGN)
    found = [LABELS[name] for name in wanted if getattr(contract, name) in (None, "")]
    for side, label in SIDES.items():
        party = getattr(contract, side)
        found += [f"{label}{PARTY[name]}" for name in of_party if not party.get(name) and _asked(party, name)]
        if register and party.get("kind") in COMPANIES and not party.get("size"):
            found.append(f"{label}{PARTY['size']}")
    if contract.type in NEEDS_RIGHT and not contract.ip_kind:
        found.append(f"{LABELS['ip_kind']}（{CONTRACT_TYPES[contract.type]}须写明所涉权利）")
    return found + [f"支付条款：{sentence}" for sentence in _terms_missing(contract.payment, contract.payment_terms)]


def check_registry(number: str) -> str:
    """The registry number without blanks. Raises ValueError with a sentence."""
    found = re.sub(r"[\s-]", "", number)
    if not REGISTRY.fullmatch(found):
        raise ValueError(f"合同登记编号为 16 位数字，现在是 {len(found)} 位，请核对登记证明。"
                         if found.isdigit() else "合同登记编号只含数字，共 16 位，请核对登记证明。")
    return found


def decimal(text: object) -> Decimal | None:
    """A stored or typed number exactly, or None."""
    try:
        found = Decimal(str(text))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _asked(party: Mapping[str, Any], name: str) -> bool:
    """A natural person has no legal representative and belongs to no industry; no region code names a place abroad."""
    return name not in NOT_ASKED.get(party.get("kind") or "", ())


def _dates(values: Mapping[str, Any]) -> Faults:
    signed, start, end = (values.get(name) for name in ("signed_on", "from_on", "to_on"))
    for name in ("signed_on", "from_on", "to_on"):
        if values.get(name) and not FIRST_DAY <= values[name] <= LAST_DAY:
            yield name, "请填写 2000–2100 年之间的日期。"
    if signed and signed > clock.today():
        yield "signed_on", "签订日期不能晚于今天；尚未签订的请先留空。"
    if start and end and start > end:
        yield "to_on", f"终止日期不能早于起始日期（{start}）。"
    if signed and end and signed > end:
        yield "to_on", f"终止日期不能早于签订日期（{signed}）。"


def _amounts(values: Mapping[str, Any]) -> Faults:
    whole, part = values.get("amount"), values.get("technology_amount")
    for name, amount in (("amount", whole), ("technology_amount", part)):
        if amount is None:
            continue
        if not 0 <= amount < MOST:
            yield name, "请填写 0 以上、10 亿万元以内的金额。"
        elif amount != amount.quantize(CENT):
            yield name, "金额精确到分，即 0.000001 万元，请去掉更小的尾数。"
    if whole is not None and part is not None and part > whole:
        yield "technology_amount", (
            f"技术交易额（{in_wan(part)} 万元）不能超过合同金额（{in_wan(whole)} 万元）。"
            "请核对，设备、材料等非技术性支出不计入技术交易额。")
    if whole == 0 and values.get("payment") in ("lump", "instalments"):
        yield "amount", "一次总付或分期支付的合同，金额须大于 0。"


def _terms(values: Mapping[str, Any]) -> Faults:
    terms = values.get("payment_terms") or {}
    for name, low in (("percent", 0), ("shares", 0)):
        if (text := terms.get(name)) is not None:
            number = decimal(text)
            if number is None or not low < number <= 100:
                yield f"payment_terms.{name}", f"{TERMS[name]}请填写大于 0、不超过 100 的百分比。"
    for name in ("cap", "value"):
        if (text := terms.get(name)) is not None:
            number = decimal(text)
            if number is None or not 0 < number < MOST or number != number.quantize(CENT):
                yield f"payment_terms.{name}", f"{TERMS[name]}请填写大于 0 的金额。"
    if (years := terms.get("years")) is not None and not 1 <= years <= 50:
        yield "payment_terms.years", "提成年限请填写 1–50 年。"
    if len(terms.get("base") or "") > 200:
        yield "payment_terms.base", "提成基数最多 200 字。"


def _terms_missing(payment: str | None, terms: Mapping[str, Any]) -> list[str]:
    wanted = {"royalty": ("percent", "base"), "equity": ("shares", "value")}.get(payment or "", ())
    return [f"{PAYMENTS[payment or '']}须填写{TERMS[name]}" for name in wanted if not terms.get(name)]


def _parties(values: Mapping[str, Any]) -> Faults:
    for side in SIDES:
        for name, sentence in _party(values.get(side) or {}):
            yield f"{side}.{name}", sentence
    seller, buyer = values.get("seller") or {}, values.get("buyer") or {}
    for name in ("name", "credit_code"):
        if seller.get(name) and seller.get(name) == buyer.get(name):
            yield f"buyer.{name}", f"买卖双方不能是同一单位：{PARTY[name]}相同，请核对。"
    if values.get("type") == "intermediary" and seller.get("kind") == "person":
        yield "seller.kind", "技术中介合同的卖方须是机构，不能是自然人。"
    if values.get("type") in (*NEEDS_RIGHT, "commissioned", "joint") and seller.get("kind") == "government":
        yield "seller.kind", f"{CONTRACT_TYPES[values['type']]}合同的卖方不能是机关法人，请核对卖方类别或合同类别。"


def _party(party: Mapping[str, Any]) -> Faults:
    for name, most in LONGEST_PARTY.items():
        if len(party.get(name) or "") > most:
            yield name, f"{PARTY[name]}最多 {most} 字，请精简。"
    for name, vocabulary in PARTY_CODES.items():
        if party.get(name) and party[name] not in vocabulary:
            yield name, "请从列表中选择。"
    if party.get("kind") == "overseas" and (party.get("country") or "").strip() in HOME:
        yield "country", "境外企业请填写其注册地所在的国家（地区）。"
    code = party.get("credit_code")
    if code and not uscc.is_valid(code):
        yield "credit_code", "统一社会信用代码不正确（18 位，末位为校验码），请对照营业执照核对。"
