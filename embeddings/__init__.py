"""Text to vectors and terms, and those to near ids; knows no table and no web."""

import os

LIBRARY_SETTINGS = {
    "OMP_WAIT_POLICY": "passive", "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "16", "LRU_CACHE_CAPACITY": "16",
}
"""What the numeric libraries read once, when they are loaded: docs/decisions/0011-library-settings.md says why."""

for _name, _value in LIBRARY_SETTINGS.items():
    os.environ.setdefault(_name, _value)
