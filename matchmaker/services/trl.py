"""The maturity helper: yes/no questions that lead to a level of GB/T 22900, asked by halving what is left."""

from __future__ import annotations

from dataclasses import dataclass

from models.vocabulary import TRL

TOP = 9


@dataclass(frozen=True)
class Question:
    """Whether a level is reached."""

    level: int
    text: str
    example: str

    @property
    def title(self) -> str:
        """The level's title in the national standard."""
        return TRL[str(self.level)]


QUESTIONS = {question.level: question for question in (
    Question(1, "是否已经观察到所依据的基本原理，并写成了报告或论文？", "例如：实验现象可重复，文献或报告已说明原理。"),
    Question(2, "是否已经提出明确的应用设想和技术方案？", "例如：写明用在什么产品上、由哪些部分组成、预期效果是什么。"),
    Question(3, "是否已经用实验或仿真证明关键功能可行？", "例如：小试样品或仿真结果表明关键指标能够达到。"),
    Question(4, "关键部件或工艺是否已经在实验室里做成，并测出主要指标？", "例如：实验室样品、小试批次，有测试记录。"),
    Question(5, "关键部件或工艺是否已经在接近实际的条件下验证？", "例如：用真实原料、真实工况或模拟现场做过试验。"),
    Question(6, "完整的样机或中试线是否已经在接近实际的条件下运行过？", "例如：样机、中试线连续试验，有中试报告。"),
    Question(7, "样机是否已经在用户现场或真实环境里运行过？", "例如：在企业产线、示范工程上试用，有试用报告。"),
    Question(8, "是否已经定型，并通过检测、鉴定或验收？", "例如：型式检验合格、首台套认定、通过用户验收。"),
    Question(9, "是否已经有用户在日常生产或使用中长期应用？", "例如：有销售合同、批量订单或一个周期以上的使用证明。"),
)}


@dataclass(frozen=True)
class Answers:
    """What was said so far: the highest level with a yes and the lowest with a no; what lies between is open."""

    reached: int = 0
    missed: int = TOP + 1

    def __post_init__(self) -> None:
        if not 0 <= self.reached < self.missed <= TOP + 1:
            raise ValueError(f"{self.reached}, {self.missed}: no such answers")

    @property
    def question(self) -> Question | None:
        """What to ask next; none once the level is known."""
        return QUESTIONS[self._between] if self.missed - self.reached > 1 else None

    @property
    def level(self) -> int | None:
        """The level, 0 for less than the first; none while a question is open."""
        return self.reached if self.question is None else None

    def said(self, yes: bool) -> Answers:
        """After an answer to the open question."""
        return Answers(self._between, self.missed) if yes else Answers(self.reached, self._between)

    @property
    def lacking(self) -> Question | None:
        """The next level's question: what would have to be true to be one higher."""
        return QUESTIONS.get(self.reached + 1)

    @property
    def _between(self) -> int:
        return (self.reached + self.missed) // 2
