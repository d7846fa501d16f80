"""Does AFTER allow a request that BEFORE did not? Asked of policies, and answered with such a request.

    before, after = (load_policy(document, PolicyKind.IDENTITY, "the reader's policy") for document in (old, new))
    compared = compare_attached(Attached((before,)), Attached((after,)), "arn:aws:iam::111122223333:role/reader")
    compared.change, compared.wider

Sets of requests are compared, not texts: `patterns` and `languages` (texts), `key_values` (condition keys), `atoms` and
`frames` (statements as boxes), `search` and `differences` (a request in some boxes and outside others), `callers` and
`views` (who asks), `attached`, `guards` and `worlds` (what is compared). Every request that is answered has been asked of
the evaluator. What cannot be told is reported as not decided.
"""

from lakehouse_iam.evaluator.compare.attached import Attached, compare_attached
from lakehouse_iam.evaluator.compare.guards import Guard, compare_resource, compare_trust
from lakehouse_iam.evaluator.compare.result import Change, Comparison, OwnPolicies, Witness
from lakehouse_iam.evaluator.compare.worlds import Unit, WorldComparison, compare_worlds

__all__ = [
    "Attached",
    "Change",
    "Comparison",
    "Guard",
    "OwnPolicies",
    "Unit",
    "Witness",
    "WorldComparison",
    "compare_attached",
    "compare_resource",
    "compare_trust",
    "compare_worlds",
]
