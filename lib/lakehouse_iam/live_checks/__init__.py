"""Checks of live accounts before anything is deployed: reading calls only, and what could not be read is said.

What every plan can be asked is in `expected`; what only one pattern knows is in the file of its name.
"""

from lakehouse_iam.live_checks.check import Answer, Check, Verdict
from lakehouse_iam.live_checks.run import LiveAccount, check_live

__all__ = ["Answer", "Check", "LiveAccount", "Verdict", "check_live"]
