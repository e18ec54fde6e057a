"""Wang of an enterprise posts a need; Li, the broker, opens it and sees who could answer, and why."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import select, update

from matchmaker.ranking.rank import weights_for
from matchmaker.services import comparing, desk, evidence, matching
from matchmaker.services.problems import NotAllowed
from models import Event, Indicator, Job, Match, Post
from models.vocabulary import Kind, Role
from tests.builders import achievement, curve, expert, facility, need, organisation, user
from tests.services.fakes import FakeFinder

WORDS = "天麻切片烘干时破损率高。要求干燥后含水率不高于 12%，破损率低于 3%。"
BANDS = {"strong": 0.9, "medium": 0.5, "weak": 0.1, "any": 0.2}
PHRASES = [
    "鲜天麻切片低温热泵烘干的工艺与装置", "激光测距传感器的温度漂移补偿", "聚乳酸薄膜的增韧改性",
    "铸铁缸盖气孔的在线检测",
    "玉米秸秆制备生物炭", "高炉煤气余热回收", "人参烘干过程的水分在线监测", "注塑模具随形冷却水路设计",
    "膝关节康复机器人步态识别", "电池包液冷板流道优化", "印染废水臭氧催化氧化", "齿轮箱轴承早期故障诊断",
]


@pytest.fixture
def fair(session):
    """A need for drying 天麻, twelve achievements (two about drying), an expert and a pilot plant."""
    company, school = organisation("示例天麻加工厂"), organisation("示例大学", kind="university")
    wang = user(Role.ENTERPRISE, "王工", organisation=company)
    li = user(Role.BROKER, "李经理")
    asked = need("天麻烘干破损率控制", main_problem=WORDS, organisation=company, owner=wang, budget=Decimal(500_000),
                 trl=8)
    results = [achievement(title, description=f"{title}。已完成小试，可提供样机。", organisation=school)
               for title in PHRASES]
    who = expert("示例专家甲", research_fields=["中药材烘干"], brief="从事天麻与人参烘干研究")
    plant = facility("示例中药材烘干中试平台", services="天麻、人参等中药材的烘干中试", trl_low=4, trl_high=8)
    session.add_all([wang, li, asked, who, plant, *results])
    session.flush()
    return {"session": session, "need": asked, "results": results, "wang": wang, "li": li, "expert": who,
            "plant": plant, "finder": FakeFinder(session)}


@pytest.fixture
def generous(monkeypatch):
    """A curve under which even a distant candidate is worth showing, as a dozen posts calibrate nothing."""
    made = curve(0.0, BANDS, score=2.0)
    monkeypatch.setattr("matchmaker.services.shortlists.calibration_for", lambda encoder, read=False: made)


def shortlist(fair, kind=Kind.ACHIEVEMENT, asker=None, **more):
    return matching.shortlist(fair["session"], fair["finder"], asker or fair["need"], kind, **more)


@pytest.mark.usefixtures("generous")
class TestShortlist:
    def test_the_best_is_first_with_its_evidence(self, fair):
        best = shortlist(fair)[0]
        assert best.post.title == PHRASES[0]
        assert best.ranked.passed
        assert {row["term"] for row in best.evidence["terms"]} >= {"天麻", "烘干"}
        assert best.evidence["need_sentence"] in "天麻烘干破损率控制\n" + WORDS
        assert best.evidence["candidate_sentence"] in f"{PHRASES[0]}\n{PHRASES[0]}。已完成小试，可提供样机。"
        assert "共同提到" in best.evidence["summary"]

    def test_another_order_of_kinds_works_too(self, fair):
        assert [row.post.id for row in shortlist(fair, Kind.EXPERT)] == [fair["expert"].id]
        assert [row.post.id for row in shortlist(fair, Kind.FACILITY)] == [fair["plant"].id]
        back = shortlist(fair, Kind.NEED, fair["results"][0])
        assert [row.post.id for row in back] == [fair["need"].id]

    def test_a_broken_rule_folds_with_its_sentence(self, fair):
        fair["results"][0].price = Decimal(800_000)
        rows = shortlist(fair)
        assert rows[0].post.title == PHRASES[6]
        folded = next(row for row in rows if not row.ranked.passed)
        assert folded.post.title == PHRASES[0]
        assert "高于需求预算 50 万元" in folded.evidence["summary"]

    def test_a_gap_in_maturity_names_the_facility_that_bridges_it(self, fair):
        fair["results"][0].trl = 4
        found = next(one for one in shortlist(fair)[0].ranked.rules if one.rule == "maturity")
        assert "示例中药材烘干中试平台" in found.sentence

    def test_indicators_are_compared(self, fair):
        fair["need"].indicators.append(Indicator(position=0, quantity="含水率", comparison="le", high=12.0, unit="%"))
        fair["results"][0].indicators.append(
            Indicator(position=0, quantity="含水率", comparison="eq", low=10.0, high=10.0, unit="%"))
        fair["session"].flush()
        row = next(row for row in shortlist(fair)[0].evidence["indicators"])
        assert (row["quantity"], row["verdict"]) == ("含水率", "met")
        assert "12" in row["wanted"]
        assert "10" in row["offered"]

    @pytest.mark.parametrize(("low", "shown"), [(99.99999, "≥ 99.99999 %"), (1_234_567.0, "≥ 1234567 %")])
    def test_indicators_keep_the_digits_that_were_confirmed(self, low, shown):
        row = Indicator(position=0, quantity="纯度", comparison="ge", low=low, unit="%", condition="")
        asked = comparing.asked(need("高纯镓提纯", indicators=[row]))
        assert [one.value_text() for one in asked.indicators] == [shown]

    def test_the_first_are_read_and_the_one_that_answers_leads(self, fair, monkeypatch):
        reading = replace(weights_for("any"), values={**weights_for("any").values, "reading": 1.0})
        monkeypatch.setattr("matchmaker.services.weighing.weights_for", lambda encoder: reading)
        fair["finder"].answers = (PHRASES[5],)
        first = shortlist(fair)[0]
        assert first.post.title == PHRASES[5]
        reason = next(one for one in first.ranked.reasons if one.feature == "reading")
        assert (reason.score, reason.contribution) == (5.0, 5.0)
        assert "排第 1" in reason.detail

    def test_needs_are_read_as_the_question_whoever_asks(self, fair, monkeypatch):
        asked = []
        monkeypatch.setattr(fair["finder"], "read", lambda pairs: asked.extend(pairs) or np.zeros(len(pairs)))
        shortlist(fair, Kind.NEED, fair["results"][0])
        assert [WORDS in question for question, _ in asked] == [True]

    def test_experts_and_facilities_are_not_read(self, fair, monkeypatch):
        monkeypatch.delattr(type(fair["finder"]), "read")
        assert shortlist(fair, Kind.EXPERT)

    def test_sentences_are_encoded_in_one_batch(self, fair):
        shortlist(fair)
        assert len(fair["finder"].asked) <= 1

    def test_a_limit_holds(self, fair):
        assert len([row for row in shortlist(fair, limit=2) if row.ranked.passed]) == 2


def test_when_nothing_is_likely_the_list_is_empty(fair, monkeypatch):
    strict = curve(-9.0, BANDS)
    monkeypatch.setattr("matchmaker.services.shortlists.calibration_for", lambda encoder, read=False: strict)
    assert shortlist(fair) == []
    assert matching.table([]) == "暂无匹配"


@pytest.mark.usefixtures("generous")
class TestStored:
    def stored(self, fair, sessions):
        fair["session"].commit()
        computed = matching.compute(sessions, fair["finder"], fair["need"].id)
        count = matching.store(fair["session"], computed)
        fair["session"].commit()
        return count

    def test_what_produced_a_row_is_kept(self, fair, sessions):
        assert self.stored(fair, sessions) > 3
        first = fair["session"].scalars(select(Match).order_by(Match.rank)).first()
        assert first.produced_by["encoder"] == "hashing-256"
        assert first.produced_by["post_version"] == fair["need"].version
        assert {row["feature"] for row in first.reasons} >= {"words", "meaning"}
        assert {row["verdict"] for row in first.rules} <= {"pass", "fail", "unknown"}

    def test_twice_is_as_good_as_once(self, fair, sessions):
        def rows():
            found = fair["session"].scalars(select(Match).order_by(Match.id))
            return [(one.candidate_id, one.rank, one.score, one.band) for one in found]

        self.stored(fair, sessions)
        before = rows()
        self.stored(fair, sessions)
        assert rows() == before

    def test_a_candidate_withdrawn_meanwhile_is_left_out(self, fair, sessions):
        fair["session"].commit()
        computed = matching.compute(sessions, fair["finder"], fair["need"].id)
        fair["results"][0].state = "withdrawn"
        fair["session"].flush()
        matching.store(fair["session"], computed)
        assert fair["results"][0].id not in set(fair["session"].scalars(select(Match.candidate_id)))

    def test_a_list_for_words_that_changed_meanwhile_replaces_nothing(self, fair, sessions):
        self.stored(fair, sessions)
        session, asked = fair["session"], fair["need"]
        old = matching.compute(sessions, fair["finder"], asked.id)
        asked.title = "天麻烘干的能耗控制"
        session.commit()
        self.stored(fair, sessions)
        before = {match.id for match in session.scalars(select(Match))}
        assert matching.store(session, old) == 0
        assert {match.id for match in session.scalars(select(Match))} == before
        waiting = select(Job.dedupe_key).where(Job.kind == "shortlist", Job.dedupe_key == str(asked.id))
        assert session.scalars(waiting).all() == [str(asked.id)]

    def test_a_need_whose_strong_candidates_were_withdrawn_waits_for_an_answer(self, fair, sessions):
        self.stored(fair, sessions)
        session = fair["session"]
        session.execute(update(Match).values(band="strong", passed=True))
        assert desk.without_partners(session) == []
        listed = session.scalars(select(Match.candidate_id)).all()
        session.execute(update(Post).where(Post.id.in_(listed)).values(state="frozen"))
        assert desk.without_partners(session) == [fair["need"]]

    def test_a_withdrawn_need_has_no_candidates(self, fair, sessions):
        self.stored(fair, sessions)
        computed = matching.compute(sessions, fair["finder"], fair["need"].id)
        fair["need"].state = "withdrawn"
        fair["session"].flush()
        assert matching.store(fair["session"], computed) == 0
        assert fair["session"].scalars(select(Match)).all() == []
        fair["session"].commit()
        assert matching.compute(sessions, fair["finder"], fair["need"].id) is None

    def test_li_reads_them(self, fair, sessions):
        before = matching.partners(fair["session"], fair["li"], fair["need"])
        assert (before.state, before.kind) == ("waiting", Kind.ACHIEVEMENT)
        self.stored(fair, sessions)
        found = matching.partners(fair["session"], fair["li"], fair["need"])
        assert found.state == "some"
        assert found.rows[0].post.title == PHRASES[0]
        assert found.rows[0].band in ("强", "中", "弱")
        assert found.counts[Kind.EXPERT] == 1
        assert matching.partners(fair["session"], fair["li"], fair["need"], "expert").rows[0].post is fair["expert"]

    def test_nothing_found_says_what_to_do_next(self, fair, sessions):
        self.stored(fair, sessions)
        fair["session"].query(Match).delete()
        found = matching.partners(fair["session"], fair["li"], fair["need"])
        assert found.state == "none"
        assert "请中心安排技术诊断，上门了解现场问题" in found.next_steps

    def test_a_stranger_may_not(self, fair):
        with pytest.raises(NotAllowed):
            matching.partners(fair["session"], user(Role.RESEARCHER), fair["need"])

    def test_a_run_is_written_down(self, fair, sessions):
        self.stored(fair, sessions)
        event = fair["session"].scalars(select(Event).where(Event.action == "post.matched")).one()
        assert event.after["achievement"] > 0

    def test_the_table_and_the_data_say_the_same(self, fair, sessions):
        rows = shortlist(fair)
        data = matching.as_data(rows)
        assert [one["title"] for one in data] == [row.post.title for row in rows]
        lines = matching.table(rows).splitlines()
        assert lines[0].startswith("  1. [")
        assert PHRASES[0] in lines[0]


@pytest.mark.usefixtures("generous")
class TestFreeText:
    def test_words_alone_are_enough(self, fair):
        rows = matching.free_text(fair["session"], fair["finder"], None, "天麻烘干后破损", Kind.ACHIEVEMENT, 3)
        assert rows[0].post.title == PHRASES[0]
        assert fair["finder"].asked == []

    @pytest.mark.parametrize("text", ["", "🙂🙂", "<script>alert(1)</script>", "干燥" * 50_000, "\x00", "%_'\""])
    def test_any_words_are_answered(self, fair, text):
        assert isinstance(matching.free_text(fair["session"], fair["finder"], None, text, Kind.ACHIEVEMENT), list)


@pytest.mark.usefixtures("generous")
class TestConfidence:
    """Wang's need is staged: its full text is for Wang, the office, and later those who accepted."""

    @pytest.fixture
    def match(self, fair):
        fair["need"].disclosure, fair["need"].brief = "staged", "求中药材加工技术"
        fair["results"][0].price = Decimal(900_000)
        row = next(one for one in shortlist(fair) if one.post is fair["results"][0])
        return Match(
            post=fair["need"], candidate=row.post, rules=[one._asdict() for one in row.ranked.rules],
            evidence=row.evidence, produced_by={"candidate_version": row.post.version})

    def test_the_office_sees_everything(self, fair, match):
        assert evidence.for_viewer(fair["li"], match) == match.evidence
        assert "高于需求预算 50 万元" in match.evidence["summary"]

    def test_a_researcher_sees_nothing_of_the_hidden_words(self, fair, match):
        shown = evidence.for_viewer(user(Role.RESEARCHER), match)
        assert match.evidence["need_sentence"]
        assert shown["need_sentence"] == ""
        assert all(row["term"] in "天麻烘干破损率控制求中药材加工技术" for row in shown["terms"])
        assert shown["indicators"] == []
        assert "含水率" not in shown["summary"]
        assert "预算" not in shown["summary"]

    def test_reasons_quote_no_words_that_were_open_and_are_hidden_now(self, fair, match):
        told = ("shared_terms", "indicators", "field")
        match.reasons = [{"feature": name, "detail": "共同提到“天麻”"} for name in told]
        fair["need"].disclosure, hidden = "open", match.candidate
        rival = user(Role.RESEARCHER)
        assert len(evidence.reasons_for(rival, match)) == 3
        hidden.disclosure = "staged"
        match.produced_by = {"candidate_version": hidden.version - 1}
        assert [row["feature"] for row in evidence.reasons_for(rival, match)] == ["field"]
        assert len(evidence.reasons_for(fair["li"], match)) == 3

    def test_the_place_of_a_hidden_organisation_is_not_told(self, fair):
        hidden = fair["results"][0]
        hidden.organisation.region, hidden.region = "220500", None
        fair["need"].region = "220100"
        fair["session"].flush()
        assert "通化市" in str(matching.as_data(shortlist(fair)))
        for one in fair["results"]:
            one.hide_organisation = True
        assert "通化市" not in str(matching.as_data(shortlist(fair)))

    def test_a_staged_candidate_is_judged_by_its_public_words(self, fair):
        hidden = fair["results"][0]
        hidden.disclosure, hidden.description = "staged", "机密配方甲一七：天麻烘干三段控温"
        fair["session"].flush()
        rows = matching.shortlist(fair["session"], FakeFinder(fair["session"]), fair["need"], Kind.ACHIEVEMENT)
        assert "甲一七" not in str(matching.as_data(rows))

    @pytest.mark.parametrize("accepted", [[], ["220000"], ["440100"]], ids=["any", "elsewhere", "here"])
    def test_regions_of_a_staged_need_are_known_to_its_own_list_alone(self, fair, accepted):
        result = fair["results"][0]
        fair["need"].disclosure, fair["need"].regions_accepted, result.region = "staged", accepted, "440100"
        fair["session"].flush()
        (told,) = shortlist(fair, Kind.NEED, result)
        assert of_regions(told) == ("regions", "unknown", "需求未公开接受的地区。")
        own = next(row for row in shortlist(fair) if row.post is result)
        assert of_regions(own).verdict == ("fail" if accepted == ["220000"] else "pass")

    @pytest.mark.parametrize("served", [[], ["220000"]], ids=["any", "elsewhere"])
    def test_regions_of_a_staged_expert_are_unknown(self, fair, served):
        fair["expert"].disclosure, fair["expert"].regions_served = "staged", served
        fair["need"].region = "440100"
        fair["session"].flush()
        (told,) = shortlist(fair, Kind.EXPERT)
        assert of_regions(told) == ("regions", "unknown", "对方未公开服务的地区。")

    def test_a_staged_achievement_has_no_regions_to_disclose(self, fair):
        fair["results"][0].disclosure = "staged"
        fair["session"].flush()
        assert {of_regions(row).verdict for row in shortlist(fair)} == {"pass"}


def of_regions(row):
    return next(one for one in row.ranked.rules if one.rule == "regions")


def test_dates_far_away_do_no_harm(fair):
    fair["need"].to_year = dt.MAXYEAR + 5
    fair["results"][0].months_to_deliver = 10**7
    assert isinstance(shortlist(fair), list)
