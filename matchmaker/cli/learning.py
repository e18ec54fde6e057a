"""Commands about the ranking's weights: learning them, looking at them, activating, going back."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from matchmaker.cli.common import commands, reading, told, transaction
from matchmaker.services import indexing, learning, weighing
from models import Weights


@commands.command("learn")
@told
def learn() -> None:
    """用已有判断和基准样本拟合新的匹配权重，与现用权重对比；新权重需另行启用。"""
    with transaction() as session:
        row = learning.learn(session)
    click.echo(learning.told(row))
    click.echo(f"已保存，尚未启用。启用：flask --app wsgi weights activate {row.id}")


@commands.group("weights", invoke_without_command=True)
@click.pass_context
@with_appcontext
@told
def weights(context: click.Context) -> None:
    """查看学到的匹配权重；用 activate 启用，用 rollback 回退。"""
    if context.invoked_subcommand is not None:
        return
    with reading() as session:
        rows, (_, encoder) = weighing.history(session), indexing.state(session)
    for row in rows:
        click.echo(_line(row, encoder))
    if not any(row.active and weighing.fits(row, encoder) for row in rows):
        click.echo("当前使用出厂权重。")


@weights.command("activate")
@click.argument("weights_id", type=int, metavar="编号")
@told
def activate(weights_id: int) -> None:
    """启用一组学到的权重，并在后台重算所有需求的候选。"""
    with transaction() as session:
        row = weighing.activate(session, None, weights_id)
    click.echo(f"已启用权重 {row.id}，所有需求将在后台重新匹配。回退：flask --app wsgi weights rollback")


@weights.command("rollback")
@told
def rollback() -> None:
    """回到上一组权重，并在后台重算所有需求的候选。"""
    with transaction() as session:
        row = weighing.rollback(session, None)
    click.echo(f"已回退到权重 {row.id}。" if row else "已回退到出厂权重。")


def _line(row: Weights, encoder: str) -> str:
    state = "在用" if row.active else "未启用"
    unfit = "" if weighing.fits(row, encoder) else "，与现在的模型或匹配理由不一致，不起作用"
    measured = row.metrics
    right = f"排序正确 {measured['old']:.1%} → {measured['new']:.1%}"
    interval = f"95% 区间 {measured['low']:+.1%} 至 {measured['high']:+.1%}"
    return (f"{row.id:>4}  {row.created_at:%Y-%m-%d}  {state}{unfit}  {right}"
            f"（{interval}，{row.training['judgements']} 条判断）")
