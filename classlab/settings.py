"""The classroom file: one class, validated; unknown keys are refused with the nearest right name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Self, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from rapidfuzz import process

from classlab.contract import CLASSROOM_MAX, CLASSROOM_PATTERN
from classlab.errors import UserError

Language = Literal["en", "ko", "ja"]


class Strict(BaseModel):
    """Frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Budget(Strict):
    """What the class may cost before mails go out."""

    amount: float = Field(gt=0, description="for the whole class, in `currency`")
    currency: Literal["USD"] = Field(default="USD", description="AWS Budgets bills in US dollars")
    emails: list[str] = Field(min_length=1, max_length=10, description="who is alerted")
    alert_at_percent: list[float] = Field(
        default=[50, 80, 100], max_length=5, description="of the amount, actual cost; a budget of AWS has five at most"
    )

    @field_validator("emails")
    @classmethod
    def _look_like_addresses(cls, value: list[str]) -> list[str]:
        for address in value:
            name, at, host = address.partition("@")
            if not (name and at and "." in host):
                raise ValueError(f"{address!r} is no e-mail address")
        return value


class Classroom(Strict):
    """One event for one class (``classroom.yaml``)."""

    name: str = Field(description="names the class stack and every attendee stack")
    region: str = Field(default="us-east-1", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    environment: Literal["notebook"] = Field(default="notebook", description="what every attendee gets")
    notebook_instance_type: str = Field(default="ml.t3.medium", pattern=r"^ml\.[a-z0-9]+\.[a-z0-9]+$")
    allowed_instance_types: list[str] = Field(
        default=[], description="what attendees may start jobs and endpoints on; empty: what the labs' manifests name"
    )
    volume_gib: int = Field(default=20, ge=5, le=16384, description="holds the kernels and the attendee's work")
    labs: list[str] = Field(min_length=1, description="folders of lab_assets")
    language: Language = Field(default="en", description="of the notebooks")
    time_zone: str = Field(default="UTC", description="IANA name; starts_at and ends_at without an offset are in it")
    starts_at: datetime
    ends_at: datetime = Field(description="the teardown begins `grace_minutes` later")
    grace_minutes: int = Field(default=30, ge=0, le=24 * 60)
    budget: Budget
    idle_stop_minutes: int = Field(default=60, ge=10, le=24 * 60)
    network: Literal["internet"] = Field(default="internet")
    lambda_architecture: Literal["arm64", "x86_64"] = "x86_64"
    max_job_minutes: int = Field(default=60, ge=5, le=24 * 60, description="cap of a job's runtime")
    owner: str = Field(min_length=1, description="whom to ask about this class; a team's address, not a person's")

    @field_validator("name")
    @classmethod
    def _name_is_usable(cls, value: str) -> str:
        if not CLASSROOM_PATTERN.fullmatch(value):
            raise ValueError(
                f"{value!r} is no classroom name: 1 to {CLASSROOM_MAX} of a-z, 0-9 and single hyphens, a letter first"
            )
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no IANA time zone, such as Europe/Berlin") from error
        return value

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.localised(self.ends_at) <= self.localised(self.starts_at):
            raise ValueError("ends_at must be later than starts_at")
        return self

    def localised(self, moment: datetime) -> datetime:
        """The moment with the class's time zone where it states none."""
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.time_zone))

    @property
    def teardown_at(self) -> datetime:
        """When the teardown begins, in UTC, to the second."""
        return self.localised(self.ends_at).astimezone(UTC) + timedelta(minutes=self.grace_minutes)


def read_classroom(path: Path) -> Classroom:
    """The classroom of a YAML file; raises :class:`UserError` that names file and key."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"{path}: the classroom file cannot be read ({error.strerror}); copy classroom.example.yaml"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise UserError(f"{path}: a classroom file is a mapping of keys to values; see classroom.example.yaml")
    try:
        return Classroom.model_validate(document)
    except ValidationError as error:
        raise UserError(explain(path, error, Classroom)) from error


def explain(path: Path, error: ValidationError, model: type[BaseModel]) -> str:
    """One line a mistake: file, key, what is wrong."""
    lines = (f"{path}: {'.'.join(map(str, key)) or '(whole file)'}: {what}" for key, what in mistakes(error, model))
    return "\n".join(lines)


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[tuple[tuple[int | str, ...], str]]:
    """Keys from the outermost inwards, and what is wrong there: for an unknown key also the nearest right one."""
    found = []
    for item in error.errors():
        what = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            nearest = process.extractOne(str(item["loc"][-1]), _keys_beside(model, item["loc"]))
            what = "unknown key" + (f"; did you mean {nearest[0]!r}?" if nearest else "")
        found.append((item["loc"], what))
    return found


def _keys_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys allowed where an unknown one was found."""
    for part in location[:-1]:
        annotation = model.model_fields[str(part)].annotation
        choices = (annotation, *get_args(annotation))  # a model, or a model or None
        model = next(choice for choice in choices if isinstance(choice, type) and issubclass(choice, BaseModel))
    return [field.alias or name for name, field in model.model_fields.items() if not field.exclude]
