"""What the numeric libraries read when they load: set by the package, unless the environment says otherwise."""

import json
import os
import subprocess
import sys

import pytest

import embeddings

SEEN = "import embeddings, json, os; print(json.dumps({n: os.environ[n] for n in embeddings.LIBRARY_SETTINGS}))"


@pytest.mark.parametrize("own", [{}, {"OMP_WAIT_POLICY": "active"}])
def test_the_environment_has_the_last_word(own):
    clean = {name: value for name, value in os.environ.items() if name not in embeddings.LIBRARY_SETTINGS}
    done = subprocess.run([sys.executable, "-c", SEEN], env=clean | own, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == embeddings.LIBRARY_SETTINGS | own
