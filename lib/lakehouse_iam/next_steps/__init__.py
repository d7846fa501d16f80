"""What comes next for each admin of a setup, read from what is there already: the setup, the exchange file, the templates.

Nothing is asked over the network, so what was deployed is not known: a step that waits for another says for which one.
"""

from lakehouse_iam.next_steps.state import State
from lakehouse_iam.next_steps.step import Admin, Step
from lakehouse_iam.next_steps.steps import next_steps

__all__ = ["Admin", "State", "Step", "next_steps"]
