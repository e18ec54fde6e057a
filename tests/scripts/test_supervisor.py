"""What runs in the background gives way to pages."""

import subprocess
import sys
from pathlib import Path

import pytest

SHOW = "import os; print(os.nice(0)); print(open('/proc/self/autogroup').read())"


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="Linux without such sharing")
def test_a_child_gives_way_also_where_sessions_share_the_processor():
    command = [sys.executable, "-m", "scripts.supervisor", "5", sys.executable, "-c", SHOW]
    said = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True).stdout
    assert int(said.splitlines()[0]) >= 5
    assert said.strip().endswith("nice 5")
