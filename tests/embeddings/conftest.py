"""The real encoder, loaded once, for tests marked `real`; `make test` has put its weights in place."""

from pathlib import Path

import pytest

from embeddings.encoder import SentenceTransformerEncoder

WEIGHTS = Path(__file__).parents[2] / "instance" / "encoder" / "m3e-small"


@pytest.fixture(scope="session")
def real_encoder() -> SentenceTransformerEncoder:
    return SentenceTransformerEncoder(WEIGHTS)
