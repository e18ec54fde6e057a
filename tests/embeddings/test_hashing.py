"""The stand-in encoder: the same everywhere, near where words are shared."""

import subprocess
import sys

import numpy as np

from embeddings.encoder import HashingEncoder
from embeddings.passage import Passage


def test_it_is_deterministic_across_processes():
    program = "from embeddings.hashing import HashingEncoder as H; print(H(8).encode_needs(['耐磨涂层']).tolist())"
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env={"PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert np.allclose(eval(runs[0].stdout), HashingEncoder(8).encode_needs(["耐磨涂层"]))


def test_shared_words_are_nearer():
    encoder = HashingEncoder()
    need = encoder.encode_needs(["需要耐高温的陶瓷涂层"])[0]
    near, far = (chunks[0] for chunks in encoder.encode_supplies([Passage("耐高温陶瓷涂层"), Passage("人参种植")]))
    assert need @ near > 0.5 > need @ far


def test_any_text_gives_unit_vectors():
    vectors = HashingEncoder(64).encode_sentences(["", "😀", "<b>&nbsp;</b>", "\ud800", "长" * 100_000])
    assert vectors.shape == (5, 64)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_no_texts_give_no_vectors():
    assert HashingEncoder(64).encode_needs([]).shape == (0, 64)
    assert HashingEncoder(64).encode_supplies([]) == []


def test_long_passages_get_several_vectors():
    [chunks] = HashingEncoder(64).encode_supplies([Passage("题", (), "句子很长。" * 300)])
    assert chunks.shape[0] > 1


def test_it_says_that_it_is_for_tests():
    assert HashingEncoder.for_tests


def test_importing_encoders_and_tokens_loads_no_heavy_library():
    program = (
        "import sys, embeddings.encoder, embeddings.tokens; print({'torch', 'faiss', 'tantivy'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert shown.stdout.strip() == "set()"
