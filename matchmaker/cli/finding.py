"""Commands about finding: matches, searches, vectors."""

from __future__ import annotations

import json

import click
from tqdm import tqdm

from matchmaker import db
from matchmaker.cli.common import A_KIND, commands, engine, reading, told, transaction
from matchmaker.services import assigning, indexing, matching, nightly, rows
from matchmaker.services import search as searching
from matchmaker.services.problems import NotFound
from matchmaker.services.shortlists import shortlist
from models import Post
from models.vocabulary import Kind

ENCODED_AT_ONCE = 256


@commands.command("match")
@click.argument("post_id", type=int)
@click.option("--kind", type=A_KIND, help="只看这一类候选。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@told
def match(post_id: int, kind: str | None, as_json: bool) -> None:
    """计算并显示一条信息的匹配结果（不写入数据库）。"""
    with reading() as session:
        post = rows.find(session, Post, post_id)
        if post is None:
            raise NotFound(f"没有编号为 {post_id} 的信息。")
        finder, wanted = engine(), matching.wanted_kinds(post.kind)
        lists = {k: shortlist(session, finder, post, k) for k in wanted if kind in (None, k)}
        if as_json:
            data = {k.value: matching.as_data(found) for k, found in lists.items()}
            told_all = {"post": post.id, "title": post.title, "candidates": data}
            click.echo(json.dumps(told_all, ensure_ascii=False, indent=1))
            return
        for k, found in lists.items():
            click.echo(f"{post.title} → {k.label}\n{matching.table(found)}\n")


@commands.command("search")
@click.argument("text")
@click.option("--kind", type=A_KIND, multiple=True, help="只找这一类；可重复。")
@click.option("--most", default=20, show_default=True)
@told
def search(text: str, kind: tuple[str, ...], most: int) -> None:
    """查找已发布的信息。"""
    wanted = searching.Wanted(tuple(Kind(name) for name in kind) or tuple(Kind), most=most)
    with reading() as session:
        result = searching.search(session, engine(), None, text, wanted)
        for found in result.rows:
            click.echo(f"{found.post.id:>8}  {Kind(found.post.kind).label}  {found.post.title}")
            click.echo(f"          {found.snippet}")
    click.echo(f"共 {len(result.rows)} 条" + ("（语义检索暂不可用，当前按关键词查找）" if result.degraded else ""))


@commands.command("rematch")
@told
def rematch() -> None:
    """为全部已发布的需求重新计算候选并保存；每晚由后台自动执行一次，此命令立即执行。"""
    finder, needs = engine(), nightly.open_needs(db.sessions())
    found = nightly.compute(db.sessions(), finder, needs)
    for _, computed in tqdm(found, desc="重新匹配", total=len(needs), unit="条"):
        if computed is not None:
            with transaction() as session:
                matching.store(session, computed)


@commands.command("assign")
@click.option("--each", type=click.IntRange(1, 20), default=1, show_default=True, help="每条需求最多几位专家。")
@click.option("--cap", type=click.IntRange(1, 100), default=3, show_default=True, help="每位专家最多同时承接几项。")
@told
def assign(each: int, cap: int) -> None:
    """把已发布的需求统筹分给专家，使总体匹配最好且无人超过上限（只显示方案，不写入）。"""
    with reading() as session:
        found = assigning.plan(session, each, cap)
        for row in found.rows:
            click.echo(f"{row.probability:>6.1%}  {row.need.id:>7} {row.need.title}  →  {row.expert.title}")
    if not found.rows:
        click.echo("没有可分派的需求：请先发布需求与专家并等待匹配完成。")
        return
    click.echo(f"共 {len(found.rows)} 对，期望成功 {found.value:.2f}；逐对择优为 {found.greedy_value:.2f}；"
               f"{found.unserved} 条需求因专家名额不足未分派。")


@commands.command("reindex")
@told
def reindex() -> None:
    """用当前设置的编码器补齐全部向量，然后切换到它；可中断，再次运行时接着做。"""
    encoder = engine().encoder
    while not _switched(encoder.name):
        with reading() as session:
            missing = indexing.lacking(session, encoder.name)
        for at in tqdm(range(0, len(missing), ENCODED_AT_ONCE), desc=f"编码（{len(missing)} 条）", unit="批"):
            with reading() as session:
                waiting = indexing.waiting(session, encoder.name, missing[at : at + ENCODED_AT_ONCE])
            vectors = encoder.encode_supplies([one.passage for one in waiting])
            with transaction() as session:
                indexing.store(session, encoder.name, list(zip(waiting, vectors, strict=True)))
    click.echo(f"全部向量已就绪，在用的编码器：{encoder.name}。若刚更换编码器，请重新启动服务。")


def _switched(encoder: str) -> bool:
    with transaction() as session:
        return indexing.switch(session, encoder)
