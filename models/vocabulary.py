"""The closed lists: what may be stored in a coded column, and how each code reads in Chinese.

A code is stored, never a label. The lists are those of the provincial forms, the national contract registration,
GB/T 4754-2017 (industries), GB/T 2260 (regions), GB/T 13745-2009 (disciplines) and GB/T 22900 (TRL).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path

DATA = Path(__file__).parent / "data"


class Vocabulary(Mapping[str, str]):
    """A closed list: code → label, in the order in which it is shown."""

    def __init__(self, name: str, labels: Mapping[str, str]) -> None:
        self.name = name
        self._labels = dict(labels)
        self._codes = {label: code for code, label in labels.items()}

    def __getitem__(self, code: str) -> str:
        return self._labels[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def label(self, code: str | None) -> str:
        """The label of a code; an unknown or absent code reads as the code itself or nothing."""
        return self._labels.get(code, code) if code else ""

    def code(self, text: str) -> str | None:
        """The code that a person's text means (a code or a label, spaces ignored), or None."""
        wanted = text.strip()
        return wanted if wanted in self._labels else self._codes.get(wanted)


def _table(name: str) -> dict[str, str]:
    """`models/data/NAME.tsv`: code, tab, label."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as lines:
        return {row[0]: row[1] for row in csv.reader(lines, delimiter="\t")}


class Kind(StrEnum):
    """What a post is."""

    NEED = "need"
    ACHIEVEMENT = "achievement"
    EXPERT = "expert"
    FACILITY = "facility"

    @property
    def label(self) -> str:
        return {"need": "技术需求", "achievement": "科技成果", "expert": "专家", "facility": "开放实验室"}[self]


SUPPLIES = (Kind.ACHIEVEMENT, Kind.EXPERT, Kind.FACILITY)


class State(StrEnum):
    """Where a post stands; only a published one is found by others."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"
    FROZEN = "frozen"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        return STATES[self]


STATES = Vocabulary("state", {
    "draft": "草稿", "submitted": "待审核", "returned": "待修改", "published": "已发布",
    "frozen": "已冻结", "withdrawn": "已撤回", "refused": "未通过",
})


class Role(StrEnum):
    """Whose door a user comes in by."""

    ENTERPRISE = "enterprise"
    RESEARCHER = "researcher"
    BROKER = "broker"
    HEAD = "head"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return {"enterprise": "企业", "researcher": "科研人员", "broker": "技术经理人", "head": "中心负责人",
                "admin": "管理员"}[self]


STAFF = frozenset({Role.BROKER, Role.HEAD, Role.ADMIN})

ORGANISATION_KINDS = Vocabulary("organisation_kind", {
    "enterprise": "企业", "university": "高等院校", "institute": "科研院所", "transfer_agency": "技术转移机构",
    "incubator": "孵化载体", "finance": "金融机构", "service": "服务机构", "government": "政府部门",
})
TIERS = Vocabulary("tier", {
    "sme": "科技型中小企业", "high_tech": "高新技术企业", "giant": "科技小巨人", "eaglet": "雏鹰",
    "gazelle": "瞪羚", "unicorn": "独角兽", "specialised": "专精特新",
})
FIELDS = Vocabulary("field", {
    "electronics": "电子信息", "aerospace": "航空航天", "manufacturing": "先进制造",
    "biomedicine": "生物、医药和医疗器械", "materials": "新材料及其应用", "energy": "新能源与高效节能",
    "environment": "环境保护与资源综合利用", "nuclear": "核应用", "agriculture": "农业", "transport": "现代交通",
    "urban": "城市建设与社会发展",
})
STRATEGIC_INDUSTRIES = Vocabulary("strategic_industry", {
    "it": "新一代信息技术", "equipment": "高端装备", "materials": "新材料", "bio": "生物", "nev": "新能源汽车",
    "energy": "新能源", "green": "节能环保", "digital": "数字创意", "services": "相关服务业",
})
MODES = Vocabulary("mode", {
    "transfer": "技术转让", "licence_exclusive": "专利许可（独占）", "licence_sole": "专利许可（排他）",
    "licence_plain": "专利许可（普通）", "licence_open": "专利许可（开放许可）",
    "licence_deferred": "专利许可（先使用后付费）", "commissioned": "委托开发", "joint": "合作开发",
    "consulting": "技术咨询", "service": "技术服务", "shares": "技术入股", "equity": "股权投资", "other": "其他",
})
TRL = Vocabulary("trl", {
    "1": "观察到基本原理", "2": "技术概念形成", "3": "实验概念验证", "4": "实验室组件验证", "5": "相关环境组件验证",
    "6": "相关环境系统模型", "7": "运行环境系统原型", "8": "实际系统完成并合格", "9": "实际系统在使用中验证",
})
ACTIVITIES = Vocabulary("activity", {
    "basic": "基础研究", "applied": "应用研究", "experimental": "试验发展", "application": "成果应用",
    "extension": "技术推广与科技服务", "production": "生产性活动",
})
CLARITY = Vocabulary("clarity", {
    "clear": "清晰型", "vague": "模糊型", "concept": "概念型", "none": "无方向型",
})
DISCLOSURE = Vocabulary("disclosure", {
    "open": "全文公开", "staged": "仅公开简介，对接后可见全文",
})
ATTACHMENT_PARTS = Vocabulary("attachment_part", {
    "public": "公开", "full": "随全文，对接后可见", "annex": "保密，签署保密协议后可见",
})
STAGES = Vocabulary("stage", {
    "early": "初期阶段（实验室、小试）", "middle": "中期阶段（中试）", "mature": "成熟应用阶段",
})
LEVELS = Vocabulary("level", {
    "world_leading": "国际领先", "world_advanced": "国际先进", "national_leading": "国内领先",
    "national_advanced": "国内先进", "unrated": "未评价",
})
APPLICATION_STATES = Vocabulary("application_state", {
    "industrial": "产业化应用", "small": "小批量或小范围应用", "trial": "试用", "stopped": "应用后停用",
    "none": "未应用",
})
CATEGORIES = Vocabulary("category", {"theory": "基础理论", "applied": "应用技术", "soft": "软科学"})
ATTRIBUTES = Vocabulary("attribute", {
    "original": "原始性创新", "absorbed": "国外引进消化吸收创新", "domestic": "国内技术二次开发",
})
FORMS = Vocabulary("form", {
    "technology": "新技术", "process": "新工艺", "product": "新产品", "material": "新材料", "equipment": "新装备",
    "medicine": "生物医药品种", "variety": "动植物新品种", "mineral": "矿产新品种", "standard": "标准",
    "other": "其他",
})
EVALUATIONS = Vocabulary("evaluation", {
    "appraisal": "鉴定", "acceptance": "验收", "completion": "结题", "review": "评审", "assessment": "评估",
    "admission": "行业准入", "testing": "检测",
})
IP_KINDS = Vocabulary("ip_kind", {
    "invention": "发明", "utility": "实用新型", "design": "外观设计", "layout": "集成电路布图",
    "software": "软件著作权", "variety": "植物新品种", "know_how": "专有技术",
})
IP_STATES = Vocabulary("ip_state", {"granted": "已授权", "filed": "申请中", "registered": "已登记", "held": "自有"})
SECRECY = Vocabulary("secrecy", {"public": "公开", "internal": "内部", "secret": "秘密"})
OFFERS = Vocabulary("offer", {
    "part_time": "兼职创新", "resident": "长期派驻", "short_term": "短期合作", "diagnosis": "技术诊断",
    "consulting": "技术咨询",
})
FACILITY_KINDS = Vocabulary("facility_kind", {
    "instrument": "仪器设备", "laboratory": "开放实验室", "pilot": "中试中心", "base": "工业性实验基地",
})
SERVICE_MODES = Vocabulary("service_mode", {
    "occupation": "占用", "technical": "技术", "commissioned": "委托", "remote": "远程",
})
COMPARISONS = Vocabulary("comparison", {"ge": "≥", "le": "≤", "gt": ">", "lt": "<", "eq": "=", "range": "介于"})
PASSING_REASONS = Vocabulary("passing_reason", {
    "too_early": "太早期", "no_advantage": "与现有方案相比优势不明", "off_need": "不符合需求",
    "no_business": "商业路径不清", "unclear": "描述含糊", "price": "价格不合适", "time": "时间不合适",
    "has_partner": "已有合作方", "ip": "知识产权问题", "region": "地域不合适", "other": "其他",
})
CASE_STATES = Vocabulary("case_state", {
    "proposed": "待联系", "intent": "已提意向", "accepted": "已接受", "meeting": "首次会谈", "diagnosis": "诊断走访",
    "nda": "保密协议", "negotiation": "商务谈判", "drafted": "合同起草", "signed": "已签约", "registered": "已登记",
    "performed": "履行完毕", "closed": "已结案", "passed": "已谢绝", "stalled": "停滞",
})
MEETING_KINDS = Vocabulary("meeting_kind", {"meeting": "会谈", "visit": "诊断走访"})
MEETING_STATES = Vocabulary("meeting_state", {
    "proposed": "待定时间", "agreed": "已定时间", "held": "已举行", "cancelled": "已取消",
})
CONTRACT_TYPES = Vocabulary("contract_type", {
    "commissioned": "技术开发（委托）", "joint": "技术开发（合作）", "transfer": "技术转让",
    "licence_exclusive": "技术许可（独占）", "licence_sole": "技术许可（排他）", "licence_plain": "技术许可（普通）",
    "consulting": "技术咨询", "service": "技术服务", "training": "技术服务（培训）", "intermediary": "技术服务（中介）",
})
CONTRACT_STATES = Vocabulary("contract_state", {
    "draft": "起草中", "signed": "已签订", "registered": "已登记", "performed": "已履行", "terminated": "已终止",
})
NOTICE_KINDS = Vocabulary("notice_kind", {
    "match": "新的匹配", "intent": "对接意向", "review": "审核结果", "expiry": "到期与续期",
    "message": "留言与对接进展", "task": "待办事项", "account": "账号与单位",
})
CHANNELS = Vocabulary("channel", {
    "now": "立即发邮件", "daily": "每日汇总邮件", "weekly": "每周汇总邮件", "off": "不发邮件",
})
PAYMENTS = Vocabulary("payment", {
    "lump": "一次总付", "instalments": "分期支付", "royalty": "提成支付", "equity": "技术入股",
})
PARTY_KINDS = Vocabulary("party_kind", {
    "government": "机关法人", "institute": "事业法人（科研机构）", "university": "事业法人（高等院校）",
    "medical": "事业法人（医疗卫生机构）", "institution": "事业法人（其他）", "association": "社团法人",
    "domestic": "企业法人（内资）", "hmt": "企业法人（港澳台商投资）", "foreign": "企业法人（外商投资）",
    "sole": "个体经营", "overseas": "境外企业", "person": "自然人", "other": "其他组织",
})
COMPANY_SIZES = Vocabulary("company_size", {"large": "大型", "medium": "中型", "small": "小型", "micro": "微型"})
PLAN_SOURCES = Vocabulary("plan_source", {
    "none": "计划外", "major": "国家科技重大专项", "key": "国家重点研发计划", "nsfc": "国家自然科学基金",
    "guide": "技术创新引导专项（基金）", "base": "基地和人才专项", "ministry": "部门计划", "province": "省级计划",
    "city": "地市县计划",
})
GOALS = Vocabulary("goal", {
    "environment": "环境保护、生态建设及污染防治", "energy": "能源生产、分配和合理利用", "health": "卫生事业发展",
    "education": "教育事业发展", "infrastructure": "基础设施以及城市和农村规划", "society": "社会发展和社会服务",
    "earth": "地球和大气层的探索与利用", "space": "民用空间探测及开发", "agriculture": "农林牧渔业发展",
    "industry": "工商业发展", "undirected": "非定向研究", "other": "其他民用目标", "defence": "国防",
})
SHARERS = Vocabulary("sharer", {"institute": "完成单位", "completers": "成果完成人", "office": "转移转化机构"})
CONTRACT_VERSIONS = Vocabulary("contract_version", {
    "signed": "签订", "amended": "变更", "registered": "登记", "performed": "履行完毕", "terminated": "终止",
})
DOCUMENT_KINDS = Vocabulary("document_kind", {
    "nda": "保密协议", "recommendation": "推荐函", "minutes": "会议纪要", "brief": "公开简介",
    "contract_development": "技术开发合同草稿", "contract_transfer": "技术转让合同草稿",
    "contract_licence": "技术许可合同草稿", "contract_consulting": "技术咨询合同草稿",
    "contract_service": "技术服务合同草稿", "registration": "认定登记表", "signed_contract": "合同签署件",
    "material": "技术资料", "internal": "内部材料", "other": "其他文件",
})
AUDIENCES = Vocabulary("audience", {"parties": "双方与中心", "staff": "仅中心内部"})
OUTCOMES = Vocabulary("outcome", {
    "ongoing": "尚在实施", "in_use": "已投入使用", "produced": "已形成产品投产", "failed": "未能实施",
})
STORY_STATES = Vocabulary("story_state", {"draft": "草稿", "published": "已发布", "withdrawn": "已撤下"})
GATHERINGS = Vocabulary("gathering", {
    "training": "培训", "promotion": "推广", "cooperation": "产学研对接",
})
FREQUENCIES = Vocabulary("frequency", {"none": "不提醒", "daily": "每天", "weekly": "每周"})
INDUSTRIES = Vocabulary("industry", _table("industries"))
REGIONS = Vocabulary("region", _table("regions"))
DISCIPLINES = Vocabulary("discipline", _table("disciplines"))
