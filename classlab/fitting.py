"""Whether a class fits its labs: what it leaves open follows from them, what it states must be enough for them."""

from collections.abc import Sequence
from pathlib import Path

from classlab.errors import UserError
from classlab.labs import Lab
from classlab.settings import Classroom


def instance_types(labs: Sequence[Lab]) -> list[str]:
    """Every instance type that the labs' steps run on; their notebooks take theirs from the same manifests."""
    return sorted({step.instance_type for lab in labs for step in lab.pipeline.jobs.values()})


def longest_minutes(labs: Sequence[Lab]) -> int:
    """The longest time limit of the labs' jobs."""
    return max(step.minutes for lab in labs for step in lab.pipeline.jobs.values())


def fitted(classroom: Classroom, labs: Sequence[Lab], path: Path) -> Classroom:
    """The classroom with the instance types that it leaves to its labs.

    Raises :class:`UserError` with the key of the file at ``path`` where a pipeline would ask for more than the
    class's roles allow: found here instead of in the class.
    """
    types = classroom.allowed_instance_types or instance_types(labs)
    complete = classroom.model_copy(update={"allowed_instance_types": types})
    for lab in labs:
        _check(complete, lab, path)
    return complete


def _check(classroom: Classroom, lab: Lab, path: Path) -> None:
    for name, step in lab.pipeline.jobs.items():
        if step.instance_type not in classroom.allowed_instance_types:
            raise UserError(
                f"{path}: allowed_instance_types: the step {name} of the lab {lab.name} runs on {step.instance_type}; "
                "add it, leave the key out, or change the lab's manifest"
            )
        if step.minutes > classroom.max_job_minutes:
            raise UserError(
                f"{path}: max_job_minutes: the step {name} of the lab {lab.name} may take {step.minutes} minutes, "
                f"the class allows {classroom.max_job_minutes}"
            )
