"""钱主任 reads in the log what was changed, not under what code it is stored."""

from __future__ import annotations

import ast
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from matchmaker import speech
from matchmaker.services import audit_values
from matchmaker.services.audit_values import Reader, told
from models import Event
from tests.services.test_audit_words import ROOT

CHINESE = Reader(zone=ZoneInfo("Asia/Shanghai"), people={7: "赵经理"})
ENGLISH = Reader(lambda text: speech.say(text, "en"), ZoneInfo("Europe/Berlin"), {7: "赵经理"})


def entry(action: str, subject: str, **after: Any) -> Event:
    return Event(action=action, subject=subject, before={}, after=after)


def read(event: Event, reader: Reader = CHINESE) -> str:
    return "；".join(f"{name}：{value}" for name, value in told(event, event.after, reader))


@pytest.mark.parametrize(("event", "chinese", "english"), [
    (entry("post.published", "post", state="published"), "状态：已发布", "State：Published"),
    (entry("post.changed", "post", fields=["title", "main_problem"]), "栏目：名称、主要问题",
     "Field：Name, Main problem"),
    (entry("introduction.assigned", "introduction", broker=7), "负责人：赵经理", "In charge：赵经理"),
    (entry("introduction.pass", "introduction", state="passed", reason="price"), "状态：已谢绝；原因：价格不合适",
     "State：Passed；Reason：Price does not fit"),
    (entry("meeting.agreed", "meeting", start="2026-12-01T06:00:00+00:00"), "开始：2026-12-01 14:00",
     "Start：2026-12-01 07:00"),
    (entry("contract.amended", "contract", amount="1200000.00", **{"buyer.phone": "12", "project_name": "需求"}),
     "合同金额：120 万元；买方（技术接受方）联系电话：12；项目名称：需求",
     "Contract amount：CNY 1,200,000；Buyer: Phone：12；Project name：需求"),
    (entry("contract.amended", "contract", fields=["合同金额"]), "栏目：合同金额", "Field：Contract amount"),
    (entry("audit.exported", "user_account", who="people"), "谁的操作：只看人员的操作", "Whose actions：People only"),
    (entry("user.role_changed", "user_account", role="broker"), "角色：技术经理人", "Role：Broker"),
    (entry("older.code", "older", word="x", on=None, own=True), "word：x；日期：（空）；本人代表：是", None),
])
def test_values_are_read_in_words(event: Event, chinese: str, english: str | None):
    assert read(event) == chinese
    assert english is None or read(event, ENGLISH) == english


def test_options_of_a_meeting_are_told_on_the_readers_clock():
    slot = {"start": "2026-12-01T06:00:00+00:00", "end": "2026-12-01T07:00:00+00:00"}
    assert read(entry("meeting.proposed", "meeting", options=[slot])) == (
        "可选时间：开始 2026-12-01 14:00、结束 2026-12-01 15:00")


def test_every_field_that_the_code_names_in_the_log_has_words():
    """Of those written as such; what is put together comes from tables that have words."""
    wanted = {key.value for path in ROOT.joinpath("services").rglob("*.py")
              for call in ast.walk(ast.parse(path.read_text("utf-8")))
              if isinstance(call, ast.Call) and ast.unparse(call.func) in ("events.record", "Event")
              for kept in call.keywords if kept.arg in ("before", "after")
              for key in getattr(kept.value, "keys", ()) if isinstance(key, ast.Constant)}
    assert {"state", "broker", "fields"} <= wanted
    known = audit_values.NAMES.keys() | set().union(*audit_values.OWN.values()) | audit_values.CONTRACT
    assert wanted - known == set()


def test_a_long_text_is_cut():
    assert len(read(entry("goal.changed", "goal", note="字" * 500))) < 250
