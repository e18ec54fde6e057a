"""Commands about the log: whether it was touched."""

from __future__ import annotations

import click

from matchmaker.cli.common import commands, reading, told
from matchmaker.services import audit as log
from matchmaker.services.problems import Problem


@commands.group("audit")
def audit() -> None:
    """操作日志：校验哈希链。"""


@audit.command("verify")
@click.option("--anchor", default="", metavar="序号:校验值", help="以前校验时留存的一行，用来发现被整体改写的日志。")
@told
def verify(anchor: str) -> None:
    """校验每条日志是否仍与写入时一致；不一致时指出第一条并以非零状态退出。"""
    with reading() as session:
        found = log.verify(session, anchor)
    if found.fault:
        raise Problem(f"校验未通过。{found.fault}")
    click.echo(f"校验通过，共 {found.length} 条。请将下面一行留存到别处，供以后核对：")
    click.echo(f"{found.length}:{found.hash}")
