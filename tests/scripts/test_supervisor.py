"""What runs in the background gives way to pages."""

import subprocess
import sys
from pathlib import Path

SHARING = Path("/proc/self/autogroup")
SHOW = f"""import os, pathlib
print(os.nice(0))
one = pathlib.Path({str(SHARING)!r})
print(one.exists() and one.read_text())
"""


def test_a_child_gives_way_also_where_sessions_share_the_processor():
    """Where Linux does not share by session there is nothing beside the niceness to look at."""
    command = [sys.executable, "-m", "scripts.supervisor", "5", sys.executable, "-c", SHOW]
    said = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True).stdout
    assert int(said.splitlines()[0]) >= 5
    assert not SHARING.exists() or said.strip().endswith("nice 5")
