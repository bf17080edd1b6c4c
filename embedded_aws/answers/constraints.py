"""What IAM and STS refuse of a request by its model alone: lengths, patterns, ranges, and members that are missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.model import OperationModel

from embedded_aws.sagemaker import shapes, validation
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.trail import parameters

_TEXTS = {
    r"[\w+=,.@-]+": "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": (
        "It must begin and end with / and contain only alphanumeric characters and/or / characters."
    ),
}
"""What IAM says, by pattern, as users' reports and moto's models quote it; of other patterns it shows the pattern."""


def check(operation: OperationModel | None, form: Mapping[str, str]) -> None:
    """ValidationError for what the operation's model does not allow."""
    if operation is None or operation.input_shape is None:
        return
    try:
        given = shapes.coerced(operation.input_shape, parameters.of_form(form, operation.input_shape))
        _check_names(operation, given)
        validation.check(operation.input_shape, given)
    except AwsError as error:
        raise AwsError("ValidationError", error.message) from error


def _check_names(operation: OperationModel, given: Mapping[str, Any]) -> None:
    if operation.service_model.service_name != "iam" or operation.input_shape is None:
        return
    for name, shape in operation.input_shape.members.items():
        value, pattern = given.get(name), shape.metadata.get("pattern", "")
        if value and pattern in _TEXTS and not re.fullmatch(pattern, value, re.ASCII):
            member = name[:1].lower() + name[1:]
            raise AwsError("ValidationError", f"The specified value for {member} is invalid. {_TEXTS[pattern]}")
