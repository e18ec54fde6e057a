"""How the log is read: what each action that is recorded is called, and each thing that it was done to.

An action is recorded as `thing.what`. A new one is given its words here; a test looks for those that have none.
"""

from __future__ import annotations

WHO = {"people": "只看人员的操作", "system": "只看系统的操作", "": "全部"}
"""Whose entries of the log are shown."""
ACTIONS: dict[str, str] = {
    "user.registered": "注册账号", "user.signed_in": "登录", "user.password_changed": "更改密码",
    "user.consented": "同意隐私政策", "user.role_changed": "更改角色", "user.activated": "启用账号",
    "user.deactivated": "停用账号", "user.erased": "注销账号", "calendar.rotated": "更换日历订阅地址",
    "organisation.created": "创建单位", "organisation.entered": "登记未列出的单位", "organisation.verified": "核验单位",
    "organisation.refused": "单位核验未通过", "organisation.invited": "邀请成员",
    "organisation.invitation_taken_back": "收回邀请", "organisation.member_joined": "成员加入",
    "organisation.member_left": "成员离开", "organisation.handed_over": "移交单位管理者",
    "join.asked": "申请加入单位", "join.accepted": "同意加入单位", "join.refused": "拒绝加入单位",
    "join.cancelled": "取消加入申请",
    "post.created": "新建信息", "post.changed": "修改信息", "post.discarded": "删除草稿", "post.draft": "退回草稿",
    "post.submitted": "提交审核", "post.returned": "退回修改", "post.refused": "审核不予通过",
    "post.published": "发布信息", "post.withdrawn": "撤回信息", "post.frozen": "冻结信息", "post.renewed": "延长有效期",
    "post.assigned": "指定技术经理人", "post.affiliated": "更改所属单位", "post.matched": "完成匹配",
    "review.decided": "作出审核决定", "attachment.added": "上传附件", "attachment.removed": "删除附件",
    "import.batch": "导入一批信息", "import.done": "完成导入",
    "judgement.fits": "判断为合适", "judgement.unfits": "判断为不合适", "judgement.withdrawn": "收回判断",
    "introduction.proposed": "中心推荐", "introduction.ask": "提出意向", "introduction.accept": "接受意向",
    "introduction.withdraw": "撤回意向", "introduction.asked_back": "追问", "introduction.meet": "首次会谈",
    "introduction.diagnose": "诊断走访", "introduction.nda": "签保密协议",
    "introduction.nda_signed": "一方签署保密协议", "introduction.negotiate": "商务谈判",
    "introduction.draft": "起草合同", "introduction.sign": "签约", "introduction.register": "完成登记",
    "introduction.perform": "履行完毕", "introduction.close": "结案", "introduction.pass": "谢绝",
    "introduction.stall": "标为停滞", "introduction.reopen": "重新开启", "introduction.assigned": "更改负责人",
    "introduction.planned": "更改下一步", "introduction.contact": "更换联系人", "introduction.joined": "增加参与人",
    "message.sent": "发送留言", "case_task.added": "添加待办", "case_task.done": "完成待办",
    "case_task.reopened": "重新打开待办",
    "meeting.proposed": "提议会谈时间", "meeting.countered": "改提会谈时间", "meeting.agreed": "约定会谈",
    "meeting.held": "会谈已举行", "meeting.cancelled": "取消会谈", "meeting.need_made": "由走访生成需求",
    "document.generated": "生成文件", "document.uploaded": "上传文件", "document.downloaded": "下载文件",
    "template.uploaded": "上传模板", "template.activated": "启用模板",
    "contract.created": "新建合同", "contract.changed": "修改合同", "contract.amended": "变更合同",
    "contract.signed": "合同签订", "contract.registered": "合同登记", "contract.performed": "合同履行完毕",
    "contract.terminated": "终止合同", "contract.planned": "更改付款计划", "contract.split": "固定收益分配",
    "contract.shared": "更改完成人所得", "payment.received": "登记到款", "payment.royalty": "登记提成",
    "split_rule.set": "更改分配规则",
    "follow_up.done": "完成回访", "rating.given": "作出评价", "story.drafted": "起草案例", "story.changed": "修改案例",
    "story.agreed": "同意发布案例", "story.refused": "不同意发布案例", "story.published": "发布案例",
    "story.withdrawn": "撤下案例",
    "activity.created": "登记活动", "activity.changed": "修改活动", "activity.removed": "删除活动",
    "goal.created": "新建指标", "goal.changed": "修改指标", "goal.entered": "填报指标数值",
    "goal.entry_removed": "删除填报数值", "target.set": "设定目标值", "target.removed": "删除目标值",
    "service.recorded": "登记对外服务", "service.removed": "删除对外服务", "office.set": "更改中心设置",
    "weights.activated": "启用匹配权重", "audit.exported": "导出操作日志",
}
"""Action → what was done."""
SUBJECTS: dict[str, str] = {
    "user": "账号", "calendar": "日历", "organisation": "单位", "join": "加入申请", "post": "信息", "review": "审核",
    "attachment": "附件", "import": "导入", "judgement": "判断", "introduction": "对接", "message": "留言",
    "case_task": "待办", "meeting": "会谈", "document": "文件", "template": "文件模板", "contract": "合同",
    "payment": "付款", "split_rule": "分配规则", "follow_up": "回访", "rating": "评价", "story": "案例",
    "activity": "活动", "goal": "指标", "target": "目标值", "service": "对外服务", "office": "中心设置",
    "weights": "匹配权重", "audit": "操作日志",
    "user_account": "账号", "join_request": "加入申请", "document_template": "文件模板", "office_setting": "中心设置",
    "service_record": "对外服务", "job": "后台任务",
}
"""What stands before the point of an action, and tables → what they hold."""


def action(code: str) -> str:
    """What was done; of an action without words its code."""
    return ACTIONS.get(code, code)


def subject(name: str) -> str:
    """What it was done to; of a table without words its name."""
    return SUBJECTS.get(name, name)


def groups() -> dict[str, dict[str, str]]:
    """Every action by what it is done to, for a list to choose from: {thing: {action: words}}."""
    found: dict[str, dict[str, str]] = {}
    for code, words in ACTIONS.items():
        found.setdefault(code.partition(".")[0], {})[code] = words
    return found
