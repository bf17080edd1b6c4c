"""The environment of a function as a typed, checked object."""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classlab.contract import FunctionVariable


class BadEnvironmentError(Exception):
    """A variable that the stack should have set is missing or empty."""


class TeardownEnvironment(BaseModel):
    """What the teardown function reads."""

    model_config = ConfigDict(frozen=True)

    classroom: str = Field(alias=FunctionVariable.CLASSROOM, min_length=1)
    class_bucket: str = Field(alias=FunctionVariable.CLASS_BUCKET, min_length=3)
    boundary_arn: str = Field(alias=FunctionVariable.BOUNDARY_ARN, pattern=r"^arn:[a-z-]+:iam::\d{12}:policy/.+$")


def read_environment[M: BaseModel](model: type[M], environment: Mapping[str, str] = os.environ) -> M:
    """The model, filled from the environment; raises :class:`BadEnvironmentError` that names every wrong variable."""
    try:
        return model.model_validate(dict(environment))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
        raise BadEnvironmentError(
            f"the function's environment is wrong ({wrong}); deploy the class stack again"
        ) from error
