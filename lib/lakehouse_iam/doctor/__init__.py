"""The doctor: which link of a live deployment is broken, who fixes it, and the patch.

    diagnosis = diagnose(plan, [read_snapshot("444455556666.json"), read_snapshot("workspace.json")])
    diagnosis.healthy, diagnosis.broken, diagnosis.beyond, diagnosis.drift, diagnosis.not_decided

`diagnose` asks the setup's probes of the world that the snapshots show (`lakehouse_iam.snapshot.live_world`). `broken_link`
gathers what is refused by the side that refuses it; a file for each subject (`trust`, `role_policies`, `buckets`, …) names the
disease and makes the patch; `diseases/` holds what to say of each. `after_patch` shows snapshots as a patch would leave them.
"""

from lakehouse_iam.doctor.after_patch import after_patch
from lakehouse_iam.doctor.diagnose import diagnose
from lakehouse_iam.doctor.diagnosis import Broken, Diagnosis, Drift, NotDecided
from lakehouse_iam.doctor.diseases import Disease, catalogue, disease
from lakehouse_iam.doctor.finding import Change, Patch

__all__ = [
    "Broken",
    "Change",
    "Diagnosis",
    "Disease",
    "Drift",
    "NotDecided",
    "Patch",
    "after_patch",
    "catalogue",
    "diagnose",
    "disease",
]
