"""What CloudFormation sends to a custom resource, and what it hears."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

REASON_MAX = 1000  # CloudFormation refuses an answer above 4,096 bytes


class Request(BaseModel):
    """The part of the event that every answer needs, valid or not the rest may be."""

    model_config = ConfigDict(frozen=True)

    request_type: Literal["Create", "Update", "Delete"] = Field(alias="RequestType")
    response_url: str = Field(alias="ResponseURL")
    stack_id: str = Field(alias="StackId")
    request_id: str = Field(alias="RequestId")
    logical_id: str = Field(alias="LogicalResourceId")
    physical_id: str = Field(default="", alias="PhysicalResourceId")
    properties: dict[str, object] = Field(default_factory=dict, alias="ResourceProperties")


class Answer(BaseModel):
    """The answer, under CloudFormation's names."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    status: Literal["SUCCESS", "FAILED"] = Field(serialization_alias="Status")
    reason: str = Field(default="", serialization_alias="Reason")
    physical_id: str = Field(serialization_alias="PhysicalResourceId")
    stack_id: str = Field(serialization_alias="StackId")
    request_id: str = Field(serialization_alias="RequestId")
    logical_id: str = Field(serialization_alias="LogicalResourceId")
    data: dict[str, str] = Field(default_factory=dict, serialization_alias="Data")
