"""Which encoder, and which engine, the settings name. Importing this module loads no model; opening one does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from embeddings.encoder import Encoder, HashingEncoder, SentenceTransformerEncoder
from embeddings.reranker import Reranker
from matchmaker.config import ROOT, BadSetting, Config
from matchmaker.engine import Engine
from models import Sessions

SHIPPED = ROOT / "embeddings" / "adapted"
RERANKER = ROOT / "embeddings" / "reranker"
FOR_TESTS = "hashing"


def open_encoder(settings: Config, environ: Mapping[str, str] = os.environ) -> Encoder:
    """Load the encoder that the settings name; seconds.

    Raises BadSetting when production names the one for tests, EncoderUnavailable when weights are missing or damaged.
    """
    if settings.text("ENCODER_MODEL") == FOR_TESTS:
        return _for_tests(environ)
    return SentenceTransformerEncoder(
        model_of(settings), settings.text("ENCODER_QUERY_PROMPT"), settings.text("ENCODER_PASSAGE_PROMPT"),
        settings.count("ENCODER_MAX_LENGTH") or None,
    )


def model_of(settings: Config) -> str | Path:
    """A folder or a hub name: the one set, else the one that comes with the product, else the default's weights."""
    named = settings.text("ENCODER_MODEL")
    if named:
        return named
    return SHIPPED if SHIPPED.is_dir() else settings.instance / "encoder" / "m3e-small"


def open_reranker(settings: Config) -> Reranker | None:
    """Load the network that reads the first candidates; None when it is switched off or the encoder is not its own.

    Raises EncoderUnavailable when weights are missing or damaged.
    """
    wanted = settings.flag("RERANKING") and model_of(settings) == SHIPPED
    return Reranker(RERANKER, SHIPPED) if wanted else None


def open_engine(settings: Config, sessions: Sessions) -> Engine:
    """Encoder, reranker and indexes for this process alone, started from the saved indexes."""
    engine = Engine(
        sessions, lambda: open_encoder(settings), settings.instance / "index",
        open_reranker=lambda: open_reranker(settings),
    )
    engine.load_saved()
    return engine


def _for_tests(environ: Mapping[str, str]) -> Encoder:
    if environ.get("MATCHMAKER_TESTING") != "1":
        advice = "请留空以使用内置编码器，或填写模型目录。"
        raise BadSetting(f"ENCODER_MODEL={FOR_TESTS}: 这是测试专用的编码器，不能用于正式服务。{advice}")
    return HashingEncoder()
