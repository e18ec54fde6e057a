"""How the engine and its clients put a message into bytes: a JSON head, then arrays as they lie in memory."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

LENGTH = struct.Struct("<I")
TYPES = frozenset({"<i8", "<f4"})


def pack(head: dict[str, Any], *arrays: NDArray[Any]) -> bytes:
    """The message of `head` and `arrays` (int64 or float32, any shape)."""
    shapes = [[array.dtype.str, *array.shape] for array in arrays]
    encoded = json.dumps({"head": head, "arrays": shapes}, ensure_ascii=False).encode("utf-8", "replace")
    return b"".join([LENGTH.pack(len(encoded)), encoded, *(array.tobytes() for array in arrays)])


def unpack(message: bytes) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Head and arrays of a message. Raises ValueError for anything that is not a whole message."""
    if len(message) < LENGTH.size:
        raise ValueError("the message is cut short")
    end = LENGTH.size + LENGTH.unpack_from(message)[0]
    parsed = json.loads(message[LENGTH.size : end])
    arrays = []
    for kind, *shape in parsed["arrays"]:
        if kind not in TYPES:
            raise ValueError(f"arrays of {kind} are not exchanged")
        count = int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(message, np.dtype(kind), count, end).reshape(shape))
        end += arrays[-1].nbytes
    if end != len(message):
        raise ValueError("the message has another length than it says")
    return parsed["head"], arrays
