"""One word per thing: a valid unsaved row with believable defaults, any of which a test may override.

A test saves what it builds: `session.add(need("降低注塑件翘曲"))`, then `session.flush()` or `session.commit()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from matchmaker.ranking.bands import FACTS, Calibration
from matchmaker.services import privacy
from models import Achievement, Expert, Facility, Need, Organisation, User, now
from models.vocabulary import Role, State

_numbers = count(1)
NO_PASSWORD = "$argon2id$unusable"


def organisation(name: str = "", kind: str = "enterprise", **more: Any) -> Organisation:
    return Organisation(**({"name": name or f"示例科技有限公司{next(_numbers)}", "kind": kind} | more))


def user(role: Role | str = Role.ENTERPRISE, name: str = "示例用户", **more: Any) -> User:
    """A user who consented to the privacy notice, and cannot sign in by password unless `password_hash` is given."""
    given = {"email": f"user{next(_numbers)}@example.com", "password_hash": NO_PASSWORD, "name": name,
             "privacy_version": privacy.VERSION, "privacy_at": now()}
    return User(**(given | {"role": Role(role).value} | more))


def curve(intercept: float, thresholds: Mapping[str, float], **coefficients: float) -> Calibration:
    """From the facts named to a probability, as they are."""
    said = tuple(coefficients.get(fact, 0.0) for fact in FACTS)
    return Calibration((0.0,) * len(FACTS), (1.0,) * len(FACTS), said, intercept, thresholds)


def need(title: str = "求注塑件翘曲控制方法", **more: Any) -> Need:
    return Need(**(_published(title) | {"main_problem": "薄壁件出模后翘曲，装配超差。"} | more))


def achievement(title: str = "薄壁注塑件翘曲预测与补偿技术", **more: Any) -> Achievement:
    return Achievement(**(_published(title) | {"description": "以模内压力反馈补偿收缩，减小翘曲。"} | more))


def expert(title: str = "示例专家", **more: Any) -> Expert:
    return Expert(**(_published(title) | {"research_fields": ["高分子成型加工"]} | more))


def facility(title: str = "示例注塑中试平台", **more: Any) -> Facility:
    return Facility(**(_published(title) | {"facility_kind": "pilot", "services": "注塑中试与检测"} | more))


def _published(title: str) -> dict[str, Any]:
    return {"title": title, "state": State.PUBLISHED.value, "published_at": now()}
