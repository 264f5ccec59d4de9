"""Python imports this at its start where it is on the path: the process's clock is ahead by what a file says."""

import os
import time
from pathlib import Path

_real = time.time
_file = Path(os.environ["TEST_CLOCK"])


def _ahead() -> float:
    return _real() + (float(_file.read_text()) if _file.exists() else 0.0)


time.time = _ahead
