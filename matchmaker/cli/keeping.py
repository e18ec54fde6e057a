"""Commands that keep what is posted alive."""

from __future__ import annotations

import datetime as dt

import click

from matchmaker.cli.common import commands, settings, told, transaction
from matchmaker.services import clock
from matchmaker.services.liveness import Office, sweep


@commands.command("liveness")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="按这一天核对；默认今天。")
@told
def liveness(on: dt.datetime | None) -> None:
    """核对有效期：提醒发布者确认，冻结长期无人确认的信息。后台每天自动运行一次。"""
    office, day = Office.of(settings()), on.date() if on else clock.today()
    asked = frozen = 0
    after: int | None = 0
    while after is not None:
        with transaction() as session:
            step = sweep(session, office, day, after)
        asked, frozen, after = asked + step.asked, frozen + step.frozen, step.after
    click.echo(f"{day}：提醒 {asked} 条，冻结 {frozen} 条。")
