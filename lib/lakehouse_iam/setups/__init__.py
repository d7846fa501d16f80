"""Setup documents: the one description that everything else is made from.

`load_setups` reads a file or a folder and returns typed, checked setups; every fault is reported at once, each with its
file, line and path.
"""

from lakehouse_iam.setups.loading import load_setups, passed_over, setups_from_text
from lakehouse_iam.setups.problems import Problem, SetupError
from lakehouse_iam.setups.setup import Setup

__all__ = ["Problem", "Setup", "SetupError", "load_setups", "passed_over", "setups_from_text"]
