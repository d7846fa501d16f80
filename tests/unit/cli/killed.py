"""Stops a run at any line of what writes folders, as `kill -9` would."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from lakehouse_iam.cli import whole_folder


class Killed(BaseException):
    """What `kill -9` is to a program: no handler of errors runs."""


def killed_at(step: int, act: Callable[[], object]) -> bool:
    """Run, and stop dead at the n-th line that writes; whether it came that far."""
    left = step

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename != whole_folder.__file__:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise Killed
        return trace

    sys.settrace(trace)
    try:
        act()
    except Killed:
        return True
    finally:
        sys.settrace(None)
    return False
