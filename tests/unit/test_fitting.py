"""A class and its labs: what follows from the labs, and what the class refuses them."""

from pathlib import Path

import pytest

from classlab.errors import UserError
from classlab.fitting import fitted, longest_minutes
from classlab.labs import Lab, read_lab
from classlab.settings import Classroom, read_classroom

PATH = Path("classroom.yaml")
SAMPLE = read_classroom(Path(__file__).parents[2] / "classroom.example.yaml")
CHURN = read_lab("churn_xgboost")


def _class(**changes: object) -> Classroom:
    return SAMPLE.model_copy(update=changes)


def _on(instance_type: str) -> Lab:
    """The churn lab, trained elsewhere."""
    train = CHURN.pipeline.train.model_copy(update={"instance_type": instance_type})
    pipeline = CHURN.pipeline.model_copy(update={"train": train})
    return CHURN.model_copy(update={"name": "other", "pipeline": pipeline})


def test_instance_types_follow_from_the_labs() -> None:
    labs = [CHURN, _on("ml.g4dn.xlarge")]
    types = fitted(_class(), labs, PATH).allowed_instance_types
    assert types == sorted({"ml.g4dn.xlarge", *(step.instance_type for step in CHURN.pipeline.jobs.values())})


def test_stated_instance_types_stay_and_must_be_enough() -> None:
    stated = _class(allowed_instance_types=[*fitted(_class(), [CHURN], PATH).allowed_instance_types, "ml.c5.large"])
    assert fitted(stated, [CHURN], PATH) == stated
    with pytest.raises(UserError, match=r"allowed_instance_types: the step train of the lab other runs on ml\.g4dn"):
        fitted(stated, [CHURN, _on("ml.g4dn.xlarge")], PATH)


def test_the_longest_step_must_fit() -> None:
    longest = longest_minutes([CHURN])
    assert fitted(_class(max_job_minutes=longest), [CHURN], PATH).max_job_minutes == longest
    with pytest.raises(UserError, match=f"may take {longest} minutes, the class allows {longest - 1}"):
        fitted(_class(max_job_minutes=longest - 1), [CHURN], PATH)
