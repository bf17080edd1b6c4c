"""How good the churn lab's models are: ten seeds of split and training, the medians on test rows nobody tuned on.

``python -m benchmarks.churn_quality [FOLDER]``, where the folder holds the real churn.csv (by default CLASSLAB_DATA).
The seeds are 0 to 9, all of them, and both the split and the training take the seed.
"""

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.lab_scripts import LabScripts
from classlab.labs import read_lab

SEEDS = range(10)
ENVIRONMENTS = Path(__file__).resolve().parent.parent / ".envs"


def measure(data: Path, environments: Path = ENVIRONMENTS) -> dict[str, float]:
    """``median_test_auc`` and ``median_test_accuracy`` of the seeds on a churn file."""
    lab = read_lab("churn_xgboost")
    metrics = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as work:
            metrics.append(LabScripts.of(lab, environments=environments, work=Path(work)).run(data, seed=seed))
    return {f"median_test_{name}": statistics.median(run[name] for run in metrics) for name in ("auc", "accuracy")}


def main() -> None:
    """Measure and print."""
    folder = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CLASSLAB_DATA", "")
    data = Path(folder) / "churn.csv"
    if not folder or not data.is_file():
        sys.exit("name the folder that holds the real churn.csv, or set CLASSLAB_DATA")
    print(json.dumps(measure(data)))


if __name__ == "__main__":
    main()
