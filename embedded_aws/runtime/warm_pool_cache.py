"""The directory that the jobs of a warm pool hand on: /opt/ml/sagemaker/warmpoolcache.

Between two jobs it lies in the state folder, under the name of the cluster.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from embedded_aws.runtime.container import ML

PLACE = f"{ML}/sagemaker/warmpoolcache"
VARIABLE = "SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"


def open_in(ml: Path, state: Path, cluster: str) -> None:
    """Put what an earlier job left into a job's /opt/ml, or an empty directory."""
    target, kept = _target(ml), _kept(state, cluster)
    target.parent.mkdir(parents=True)
    if kept.exists():
        kept.rename(target)
    else:
        target.mkdir()


def keep(ml: Path, state: Path, cluster: str) -> None:
    """Take it out of a job's /opt/ml before that is deleted."""
    kept = _kept(state, cluster)
    kept.parent.mkdir(parents=True, exist_ok=True)
    _target(ml).rename(kept)


def forget(state: Path, cluster: str) -> None:
    """The pool has ended."""
    shutil.rmtree(_kept(state, cluster), ignore_errors=True)


def _target(ml: Path) -> Path:
    return ml / Path(PLACE).relative_to(ML)


def _kept(state: Path, cluster: str) -> Path:
    return state / "warm_pools" / cluster
