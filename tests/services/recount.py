"""The figures once more, counted slowly over loaded objects, with nothing of the code under test but its vocabulary."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

from models import Contract, Introduction, Post
from tests.history import WAY, History

HERE = ZoneInfo("Asia/Shanghai")
STEPS = ("proposed", "intent", "accepted", "meeting", "negotiation", "drafted", "signed", "registered")
LICENCES = {"transfer", "licence_exclusive", "licence_sole", "licence_plain"}


@dataclass
class Asked:
    """What is asked for, as plain values; `last` is included."""

    first: dt.date
    last: dt.date
    now: dt.datetime
    region: str = ""
    field: str | None = None
    broker: int | None = None
    institute: int | None = None
    days: int = 15
    demo: bool = True
    people: set[int] | None = None


class Recount:
    def __init__(self, told: History, asked: Asked) -> None:
        self.told, self.asked = told, asked
        self.post = {one.id: one for one in [*told.needs, *told.supplies]}

    def all(self) -> dict[str, Any]:
        """Every figure that is counted here."""
        needs = [one for one in self.told.needs if self._need(one) and self._in(one.published_at)]
        listed = [one for one in needs if one.id in self.told.listed]
        cases = [one for one in self.told.cases if self._case(one) and self._place(self.post[one.need_id])
                 and self._demo(self.post[one.need_id])]
        open_ = [one for one in cases if one.state not in ("closed", "passed")]
        accepted = [one for one in cases if one.accepted_at and self._in(one.accepted_at)]
        ranks = [one.evidence["rank"] for one in accepted if "rank" in one.evidence]
        return {
            "needs_published": len(needs),
            "achievements_published": sum(
                self._supply(one) and self._in(one.published_at) for one in self.told.supplies),
            "needs_answered": _share([said for one in needs if (said := self._answered(one)) is not None]),
            "response_days": _middle([_days(one.published_at, min(at)) for one in needs if (at := self._opened(one))]),
            "shortlists_accepted": _share([any(case.accepted_at for case in self._own(one)) for one in listed]),
            "accepted_position": _middle(ranks), "accepted_position_mean": round(mean(ranks), 1) if ranks else None,
            "cases_opened": sum(self._in(one.created_at) for one in cases), "cases_accepted": len(accepted),
            "cases_passed": sum(one.state == "passed" and self._in(one.state_since) for one in cases),
            "cases_open": len(open_), "cases_stalled": sum(one.state == "stalled" for one in open_),
            "funnel_shortlist": len(listed),
        } | self._funnel(listed) | self._contracts() | self._activities()

    def _funnel(self, listed: list[Post]) -> dict[str, Any]:
        found = {}
        for place, step in enumerate(STEPS):
            there = [(one, at) for one in listed if (at := self._reached(one, step))]
            before = [one.published_at if place == 0 else self._reached(one, STEPS[place - 1]) for one, _at in there]
            found[f"funnel_{step}"] = len(there)
            earlier = [one for one in listed if place == 0 or self._reached(one, STEPS[place - 1])]
            found[f"rate_{step}"] = _share([self._reached(one, step) is not None for one in earlier])
            found[f"pace_{step}"] = _middle([
                _days(since, at) for since, (_one, at) in zip(before, there, strict=True) if since])
        return found

    def _reached(self, need: Post, step: str) -> dt.datetime | None:
        mine = {case.id for case in self._own(need)}
        later = WAY[WAY.index(step):]
        return min((event.at for event in self.told.events
                    if event.subject_id in mine and event.after["state"] in later), default=None)

    def _contracts(self) -> dict[str, Any]:
        mine = [one for one in self.told.contracts if self._contract(one)]
        signed = [one for one in mine if self._on(one.signed_on)]
        registered = [one for one in mine if one.registry_number and self._on(one.registered_on)]
        deals = [one for one in signed if one.type in LICENCES or one.payment == "equity"]
        academic = {one.id for one in self.told.institutes}
        found: dict[str, Any] = {"joint_projects": sum(
            one.type in ("commissioned", "joint") and one.seller_id in academic for one in signed)}
        for key, group in (("contracts", signed), ("registered", registered), ("deals", deals)):
            found[f"{key}_count"] = len(group)
            found[f"{key}_amount"] = sum((one.amount for one in group if one.amount), Decimal(0))
            technology = [one.technology_amount for one in group if one.technology_amount]
            found[f"{key}_technology"] = sum(technology, Decimal(0))
        return found

    def _activities(self) -> dict[str, Any]:
        mine = [one for one in self.told.activities if self._on(one.held_on) and self._place(one) and self._demo(one)
                and self._by(one.organiser_id) and self.asked.institute in (None, one.institute_id)]
        kinds = {f"activities_{kind}": sum(one.kind == kind for one in mine)
                 for kind in ("training", "promotion", "cooperation")}
        return {"activities": len(mine), "participants": sum(one.participants for one in mine)} | kinds

    def _answered(self, need: Post) -> bool | None:
        limit = need.published_at + dt.timedelta(days=self.asked.days)
        opened = self._opened(need)
        if opened:
            return min(opened) <= limit
        return False if limit < self.asked.now else None

    def _opened(self, need: Post) -> list[dt.datetime]:
        return [case.created_at for case in self._own(need)]

    def _own(self, need: Post) -> list[Introduction]:
        return [case for case in self.told.cases if case.need_id == need.id and self._case(case)]

    def _case(self, case: Introduction) -> bool:
        supply = self.post[case.supply_id]
        return self._by(case.broker_id) and self.asked.institute in (None, supply.organisation_id)

    def _need(self, need: Post) -> bool:
        of_need = [case for case in self.told.cases if case.need_id == need.id]
        asked = self.asked
        brokers = {need.broker_id, *(case.broker_id for case in of_need)}
        owners = {need.organisation_id, *(self.post[case.supply_id].organisation_id for case in of_need)}
        return (self._place(need) and self._demo(need) and (asked.broker is None or asked.broker in brokers)
                and (asked.people is None or bool(brokers & (asked.people | {None})))
                and (asked.institute is None or asked.institute in owners))

    def _supply(self, post: Post) -> bool:
        return (self._place(post) and self._demo(post) and self._by(post.broker_id)
                and self.asked.institute in (None, post.organisation_id))

    def _contract(self, one: Contract) -> bool:
        return (one.state in ("signed", "registered", "performed") and self._place(one) and self._demo(one)
                and self._by(one.broker_id) and self.asked.institute in (None, one.seller_id))

    def _by(self, broker: int | None) -> bool:
        asked = self.asked
        within = asked.people is None or broker is None or broker in asked.people
        return within and asked.broker in (None, broker)

    def _place(self, one: Any) -> bool:
        return (one.region or "").startswith(self.asked.region) and self.asked.field in (None, one.field)

    def _demo(self, one: Any) -> bool:
        return self.asked.demo or not one.demo

    def _in(self, at: dt.datetime) -> bool:
        return self._on(at.astimezone(HERE).date())

    def _on(self, day: dt.date | None) -> bool:
        return day is not None and self.asked.first <= day <= self.asked.last


def _days(since: dt.datetime, until: dt.datetime) -> float:
    return round((until - since).total_seconds() / 86400, 1)


def _middle(values: list[Any]) -> float | None:
    return round(float(median(values)), 1) if values else None


def _share(values: list[bool]) -> float | None:
    return round(100 * sum(values) / len(values), 1) if values else None
