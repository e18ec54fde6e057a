"""Commands about what is stored: users, lists, jobs, copies."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click
import pysqlite3
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from tqdm import tqdm

from matchmaker.cli.common import A_KIND, commands, onto, reading, settings, told, transaction
from matchmaker.services import accounts, importing, jobs
from matchmaker.services import demo as demonstration
from matchmaker.services.problems import Problem
from models import Job, User
from models.vocabulary import Kind, Role

COPIED_PAGES = 1024
A_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@commands.command("create-user")
@click.option("--email", prompt="邮箱")
@click.option("--name", prompt="姓名")
@click.option("--role", prompt="角色", type=click.Choice([role.value for role in Role]))
@click.password_option(prompt="密码", confirmation_prompt="再输入一次")
@told
def create_user(email: str, name: str, role: str, password: str) -> None:
    """新建用户。"""
    accounts.check_password(password)
    with transaction() as session:
        try:
            session.add(User(email=email.strip().lower(), name=name.strip(), role=role,
                             password_hash=accounts.hash_password(password)))
            session.flush()
        except IntegrityError:
            raise Problem(f"邮箱 {email} 已有用户。请换一个邮箱。") from None
    click.echo(f"已新建用户 {email}（{Role(role).label}）。")


@commands.command("import")
@click.argument("kind", type=A_KIND)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default=importing.DEFAULT_SOURCE, help="清单名称：同一清单、同一编号的条目视为同一条。")
@click.option("--dry-run", is_flag=True, help="只核对，不写入。")
@click.option("--wrong", type=A_NEW_FILE, help="把需要修改的行写到此文件（csv 或 xlsx）。")
@told
def import_list(kind: str, file: Path, source: str, dry_run: bool, wrong: Path | None) -> None:
    """导入一份清单（CSV、XLSX 或 JSONL）。"""
    options = importing.Options(Kind(kind), source=source, name=file.name)
    with tqdm(unit="条", desc="正在读取文件") as bar:
        report = importing.import_file(transaction, file, options, onto(bar), wrong, dry_run)
    click.echo(f"新增 {report.new}，更新 {report.changed}，未变 {report.unchanged}，有误 {report.wrong}。")
    if report.similar:
        click.echo(f"其中 {report.similar} 行疑似与已有信息重复（标题相同），请核对。")
    for sample in report.samples.get("wrong", []):
        click.echo(f"  第 {sample['row']} 行 {sample['title']}：{'；'.join(sample['faults'])}")


@commands.command("backup")
@click.argument("file", type=A_NEW_FILE)
@told
def backup(file: Path) -> None:
    """备份 SQLite 数据库到一个新文件；服务运行中也可以。"""
    url = make_url(settings().database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Problem("此命令只用于 SQLite。PostgreSQL 请使用 pg_dump。")
    if file.exists():
        raise Problem(f"{file} 已存在。请换一个文件名。")
    with closing(pysqlite3.connect(url.database)) as source, closing(pysqlite3.connect(file)) as target:
        with tqdm(unit="页", desc="备份") as bar:
            show = onto(bar)
            source.backup(target, pages=COPIED_PAGES, progress=lambda _, left, all_: show(all_ - left, all_, "备份"))
        sound = target.execute("PRAGMA integrity_check").fetchone()[0]
    if sound != "ok":
        raise Problem(f"备份没有通过完整性检查：{sound}。请检查磁盘后重试。")
    click.echo(f"已备份到 {file}（{file.stat().st_size >> 20} MB），完整性检查通过。")


@commands.command("jobs")
@click.option("--retry", type=int, help="重试此编号的失败任务；0 表示全部。")
@told
def list_jobs(retry: int | None) -> None:
    """查看后台任务，或重试失败的任务。"""
    if retry is not None:
        with transaction() as session:
            click.echo(f"已重新排队 {jobs.retry(session, retry or None)} 个任务。")
    with reading() as session:
        backlog = jobs.backlog(session)
        click.echo(f"等待 {backlog['queued']}，进行中 {backlog['running']}，失败 {backlog['failed']}")
        unfinished = select(Job).where(Job.state.in_(("running", "failed"))).order_by(Job.id.desc()).limit(20)
        for job in session.scalars(unfinished):
            click.echo(f"{job.id:>8}  {job.kind}  {job.state}  {job.done}/{job.total}  {job.error or job.message}")


@commands.command("demo")
@told
def demo() -> None:
    """载入演示数据；已有的不重复载入。"""
    with transaction() as session:
        added = demonstration.load(session)
    click.echo("，".join(f"{name} {count}" for name, count in added.items()))
