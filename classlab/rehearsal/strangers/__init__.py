"""Strangers: what looks like the class's and is not, one twin for every route by which ownership could be proved.

Planted before the class and looked at after it: each must be there, and unchanged to the byte.
"""

from classlab.rehearsal.strangers import account, machines
from classlab.rehearsal.strangers.twin import Twin


def plant(twin: Twin) -> None:
    """Plant all; returns when nothing of theirs changes any more."""
    role, foreign_role = account.plant_roles(twin)
    bucket = account.plant_bucket(twin)
    account.plant_logs(twin)
    account.plant_stacks(twin)
    machines.plant_job(twin, role)
    machines.plant_tuning_job(twin, role, bucket)
    machines.plant_models(twin, role, foreign_role, bucket)
    machines.plant_endpoint(twin)
    machines.plant_notebook(twin, role)
