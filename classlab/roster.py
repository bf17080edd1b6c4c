"""The roster: who attends, read from a CSV file with the columns id, name and email."""

import csv
import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from classlab.contract import ATTENDEE_MAX, ATTENDEE_PATTERN
from classlab.errors import UserError

COLUMNS = ("id", "name", "email")


class Attendee(BaseModel):
    """One line of the roster. The e-mail address never leaves the instructor's machine but as :attr:`email_hash`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(description="names stacks, notebook instance and policies")
    name: str = Field(default="", description="shown to people only")
    email: str = Field(default="", description="optional")

    @field_validator("id")
    @classmethod
    def _id_is_usable(cls, value: str) -> str:
        if not ATTENDEE_PATTERN.fullmatch(value):
            raise ValueError(
                f"{value!r} is no attendee id: 1 to {ATTENDEE_MAX} of a-z, 0-9 and single hyphens, none at the ends"
            )
        return value

    @property
    def email_hash(self) -> str:
        """SHA-256 of the lower-cased address, or empty where there is none."""
        return hashlib.sha256(self.email.strip().lower().encode()).hexdigest() if self.email else ""


def read_roster(path: Path) -> list[Attendee]:
    """The attendees of a roster file in its order; raises :class:`UserError` with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: the roster cannot be read: {error}") from error
    reader = csv.DictReader(text.splitlines())
    header = [name.strip() for name in reader.fieldnames or []]
    if "id" not in header or set(header) - set(COLUMNS):
        raise UserError(f"{path}:1: the header must name id, and may name name and email; it is {','.join(header)!r}")
    attendees: dict[str, Attendee] = {}
    for row in reader:
        attendee = _attendee(path, reader.line_num, row)
        if attendee.id in attendees:
            raise UserError(f"{path}:{reader.line_num}: the id {attendee.id!r} stands twice in the roster")
        attendees[attendee.id] = attendee
    if not attendees:
        raise UserError(f"{path}: the roster names nobody; add a line for each attendee")
    return list(attendees.values())


def _attendee(path: Path, line: int, row: dict[str | None, str | list[str] | None]) -> Attendee:
    if None in row:
        raise UserError(f"{path}:{line}: more cells than the header has columns; quote a name that holds a comma")
    values = {str(key).strip(): str(value or "").strip() for key, value in row.items()}
    try:
        return Attendee.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{path}:{line}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from error
