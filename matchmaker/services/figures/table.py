"""Every figure of the office in one table: what it counts, in which words, and which rows it is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Select, or_

from matchmaker.services.figures import parts
from matchmaker.services.figures.scope import Scope
from models import Activity, Contract, Introduction, Post
from models.introduction import ENDED
from models.vocabulary import GATHERINGS, Kind

Value = int | float | Decimal | None
How = Literal["count", "sum", "share", "median", "mean"]
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Figure:
    """One thing that is counted.

    `rows` selects the rows it is made of (columns id, at, and what `measure` needs); `measure` gives a row's value,
    None where a row does not count (yet); `how` makes the figure of the values. `dated` heads the column of `at`; a
    `snapshot` tells how things stand whatever the period.
    """

    key: str
    name: str
    unit: str
    sentence: str
    subject: str
    rows: Callable[[Scope], Select[Any]]
    how: How = "count"
    measure: Callable[[Any, Scope], Value] = lambda _row, _scope: 1
    dated: str = "发布时间"
    snapshot: bool = False

    @property
    def money(self) -> bool:
        return self.unit == "元"

    @property
    def fewer_is_better(self) -> bool:
        return self.unit in ("天", "位")

    @property
    def adds_up(self) -> bool:
        """Whether the figures of two spans give that of both together."""
        return self.how in ("count", "sum") and not self.snapshot


def days_between(since: dt.datetime, until: dt.datetime) -> float:
    """How many days lie between, to the tenth; never less than none."""
    return max(round((until - since) / _DAY, 1), 0.0)


def _answered(row: Any, scope: Scope) -> Value:
    limit = row.at + scope.days * _DAY
    if row.opened is not None:
        return int(row.opened <= limit)
    return 0 if limit < scope.at else None


def _needs_answered(scope: Scope) -> Select[Any]:
    first = parts.first_cases(scope)
    needs = parts.published(scope, Kind.NEED).outerjoin(first, first.c.need_id == Post.id)
    return needs.add_columns(first.c.opened)


def _accepted_lists(scope: Scope) -> Select[Any]:
    first = parts.first_cases(scope)
    return parts.shortlisted(scope).outerjoin(first, first.c.need_id == Post.id).add_columns(first.c.accepted)


def _accepted_cases(scope: Scope) -> Select[Any]:
    rank = Introduction.evidence["rank"].as_integer().label("rank")
    return parts.case_rows(scope, Introduction.accepted_at, rank).where(parts.during(Introduction.accepted_at, scope))


def _open_cases(scope: Scope) -> Select[Any]:
    return parts.case_rows(scope, Introduction.state_since).where(Introduction.state.not_in(ENDED))


def _stalled_cases(scope: Scope) -> Select[Any]:
    return _open_cases(scope).where(Introduction.state == "stalled")


def _passed_cases(scope: Scope) -> Select[Any]:
    return parts.case_rows(scope, Introduction.state_since).where(
        Introduction.state == "passed", parts.during(Introduction.state_since, scope))


def _opened_cases(scope: Scope) -> Select[Any]:
    return parts.case_rows(scope, Introduction.created_at).where(parts.during(Introduction.created_at, scope))


def _funnel(step: str) -> Callable[[Scope], Select[Any]]:
    def rows(scope: Scope) -> Select[Any]:
        found = parts.reached(scope)
        return parts.shortlisted(scope).join(found, found.c.need_id == Post.id).where(found.c[step].is_not(None))
    return rows


def _pace(step: str, before: str | None) -> Callable[[Scope], Select[Any]]:
    def rows(scope: Scope) -> Select[Any]:
        found = parts.reached(scope)
        since = found.c[before] if before else Post.published_at
        wanted = parts.shortlisted(scope).join(found, found.c.need_id == Post.id)
        return wanted.where(found.c[step].is_not(None)).add_columns(since.label("since"), found.c[step].label("until"))
    return rows


def _rate(step: str, before: str | None) -> Callable[[Scope], Select[Any]]:
    def rows(scope: Scope) -> Select[Any]:
        found = parts.reached(scope)
        wanted = parts.shortlisted(scope).outerjoin(found, found.c.need_id == Post.id)
        there = wanted.where(found.c[before].is_not(None)) if before else wanted
        return there.add_columns(found.c[step].label("until"))
    return rows


def _came(row: Any, _scope: Scope) -> Value:
    return int(row.until is not None)


def _contracts(*conditions: Any, by: Any = Contract.signed_on, amount: Any = None) -> Callable[[Scope], Select[Any]]:
    more = [] if amount is None else [amount.label("amount")]
    return lambda scope: parts.contract_rows(scope, by, *more).where(*conditions)


def _money(row: Any, _scope: Scope) -> Value:
    return row.amount if row.amount is not None else Decimal(0)


def _contract_figures() -> Sequence[Figure]:
    """Count, amount and technology amount of all contracts signed, of those registered, and of deals."""
    deals = or_(Contract.type.in_((*parts.LICENCES, "transfer")), Contract.payment == "equity")
    signed = "期内签订的技术合同，按签订日期计；不含起草中与已终止的合同。"
    registered = "期内完成认定登记并取得登记编号的技术合同，按登记日期计；不含已终止的合同。"
    sold = "期内签订的技术转让、技术许可合同和以技术入股支付的合同，按签订日期计。"
    number = Contract.registry_number.is_not(None)
    return [
        *_three("contracts", "技术合同", "签订日期", signed, Contract.signed_on),
        *_three("registered", "登记技术合同", "登记日期", registered, Contract.registered_on, number),
        *_three("deals", "成果交易", "签订日期", sold, Contract.signed_on, deals),
    ]


def _three(key: str, name: str, dated: str, sentence: str, by: Any, *conditions: Any) -> Sequence[Figure]:
    def money(ending: str, label: str, column: Any) -> Figure:
        return Figure(f"{key}_{ending}", f"{name}{label}", "元", sentence + f"合计其{label}。", "contract",
                      _contracts(*conditions, by=by, amount=column), "sum", _money, dated)

    return [
        Figure(f"{key}_count", f"{name}项数", "项", sentence, "contract", _contracts(*conditions, by=by), dated=dated),
        money("amount", "金额", Contract.amount), money("technology", "技术交易额", Contract.technology_amount),
    ]


def _funnel_figures() -> Sequence[Figure]:
    found = [Figure("funnel_shortlist", "有匹配清单的需求", "件", "期内发布、系统已给出候选清单的技术需求。", "post",
                    parts.shortlisted)]
    before: str | None = None
    for step, name in parts.STEPS.items():
        since, earlier = (parts.STEPS[before],) * 2 if before else ("发布", "有匹配清单")
        found += [
            Figure(f"funnel_{step}", f"到达“{name}”的需求", "件",
                   f"期内发布、有匹配清单的技术需求中，至少一个对接到达过“{name}”或更后的阶段。", "post",
                   _funnel(step)),
            Figure(f"pace_{step}", f"“{since}”到“{name}”的天数", "天",
                   f"期内发布、有匹配清单的技术需求从“{since}”到“{name}”所用天数的中位数。", "post",
                   _pace(step, before), "median", _gap),
            Figure(f"rate_{step}", f"“{earlier}”到“{name}”的转化率", "%",
                   f"期内发布、有匹配清单的技术需求从“{earlier}”到达“{name}”或更后阶段的比例。", "post",
                   _rate(step, before), "share", _came),
        ]
        before = step
    return found


def _held(kind: str) -> Callable[[Scope], Select[Any]]:
    return lambda scope: parts.activity_rows(scope).where(Activity.kind == kind)


def _activity_figures() -> Sequence[Figure]:
    return [
        Figure("activities", "活动次数", "次", "期内举办并登记的培训、推广、产学研对接活动，按举办日期计。",
               "activity", parts.activity_rows, dated="举办日期"),
        Figure("participants", "活动参加人次", "人次", "期内举办并登记的活动的参加人数之和。", "activity",
               lambda scope: parts.activity_rows(scope, Activity.participants.label("people")), "sum",
               lambda row, _scope: int(row.people), "举办日期"),
        *(Figure(f"activities_{kind}", f"{name}活动次数", "次", f"期内举办并登记的{name}活动，按举办日期计。",
                 "activity", _held(kind), dated="举办日期") for kind, name in GATHERINGS.items()),
    ]


def _gap(row: Any, _scope: Scope) -> Value:
    return days_between(row.since, row.until)


def _response(row: Any, _scope: Scope) -> Value:
    return None if row.opened is None else days_between(row.at, row.opened)


def _rank(row: Any, _scope: Scope) -> Value:
    rank: int | None = row.rank
    return rank


def _post_figures() -> Sequence[Figure]:
    return [
        Figure("needs_published", "征集企业技术需求", "件",
               "期内首次发布的技术需求，按发布时间计，此后撤回的也计入。", "post",
               lambda scope: parts.published(scope, Kind.NEED)),
        Figure("achievements_published", "发布科技成果", "项",
               "期内首次发布的科技成果，按发布时间计，此后撤回的也计入。", "post",
               lambda scope: parts.published(scope, Kind.ACHIEVEMENT)),
        Figure("needs_answered", "需求按时响应率", "%",
               "期内发布的技术需求中，在所选天数内有了第一个对接（意向或推荐）的比例；尚未到期且未响应的需求不计入。",
               "post", _needs_answered, "share", _answered),
        Figure("response_days", "需求响应时间", "天",
               "期内发布并已有对接的技术需求，从发布到第一个对接所用天数的中位数。",
               "post", _needs_answered, "median", _response),
        Figure("shortlists_accepted", "匹配清单采纳率", "%",
               "期内发布、系统已给出候选清单的技术需求中，至少有一个对接被双方接受的比例。",
               "post", _accepted_lists, "share", lambda row, _scope: int(row.accepted is not None)),
    ]


def _case_figures() -> Sequence[Figure]:
    ranks = "期内被接受的对接中，候选当时在匹配清单里的位次的{}；不是由清单产生的对接不计。"
    return [
        Figure("accepted_position", "被接受候选的位次（中位数）", "位", ranks.format("中位数"), "case",
               _accepted_cases, "median", _rank, "接受时间"),
        Figure("accepted_position_mean", "被接受候选的位次（平均）", "位", ranks.format("平均数"), "case",
               _accepted_cases, "mean", _rank, "接受时间"),
        Figure("cases_opened", "新增对接", "件", "期内新建的对接（意向或推荐），按建立时间计。", "case",
               _opened_cases, dated="建立时间"),
        Figure("cases_accepted", "接受的对接", "件", "期内双方接受的对接，按接受时间计。", "case",
               _accepted_cases, dated="接受时间"),
        Figure("cases_passed", "谢绝的对接", "件", "期内谢绝、至今仍为谢绝的对接，按谢绝时间计。", "case",
               _passed_cases, dated="谢绝时间"),
        Figure("cases_open", "在办对接", "件", "此刻未结案、未谢绝的对接，与所选时间无关。", "case",
               _open_cases, dated="进入当前状态", snapshot=True),
        Figure("cases_stalled", "停滞对接", "件",
               "此刻停滞的对接（超过中心设定的停滞时限，系统每天标记），与所选时间无关。", "case",
               _stalled_cases, dated="进入当前状态", snapshot=True),
    ]


FIGURES: dict[str, Figure] = {figure.key: figure for figure in (
    *_post_figures(),
    *_case_figures(),
    *_contract_figures(),
    Figure("joint_projects", "产学研合作项目", "项",
           "期内高校、科研院所为卖方签订的技术开发（委托、合作）合同，按签订日期计。", "contract",
           _contracts(Contract.type.in_(parts.DEVELOPMENT), parts.academic()), dated="签订日期"),
    *_activity_figures(),
    Figure("brokers", "技术经理人", "人", "期末已有账号且在用的技术经理人。", "user", parts.broker_rows,
           dated="加入时间", snapshot=True),
    *_funnel_figures(),
)}
"""Every figure by its key, in the order in which the page of definitions names them."""
