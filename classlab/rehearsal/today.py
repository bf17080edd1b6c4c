"""The class of today: the classroom's dates are moved to now, so that a sample never ages; the roster is cut or filled.

Ids beyond the roster are made up as `guest-01`, `guest-02` and so on, passing over ids that the roster has. Other labs
than the classroom's may be asked for.
"""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from classlab.errors import UserError
from classlab.fitting import longest_minutes
from classlab.labs import Lab, earlier, in_order, lab_folders, read_lab
from classlab.roster import Attendee
from classlab.settings import Classroom

_HEADER = ("id", "name", "email")


def move_to_today(classroom: Classroom, now: datetime) -> Classroom:
    """The same class starting this minute and lasting as long as it would have."""
    zone = ZoneInfo(classroom.time_zone)
    starts = now.astimezone(UTC).replace(second=0, microsecond=0)
    ends = starts + max(_lasts(classroom), timedelta(minutes=30))
    return classroom.model_copy(update={"starts_at": starts.astimezone(zone), "ends_at": ends.astimezone(zone)})


def _lasts(classroom: Classroom) -> timedelta:
    """How long the class takes; in UTC, since a zone's own clock may jump in between."""
    first, last = (classroom.localised(moment).astimezone(UTC) for moment in (classroom.starts_at, classroom.ends_at))
    return last - first


def labs_of_today(classroom: Classroom, wanted: Sequence[str]) -> list[Lab]:
    """The classroom's labs, or the wanted ones (folders or names) with those they start from; earlier ones first."""
    if not wanted:
        return in_order([read_lab(folder) for folder in classroom.labs])
    known = {lab.folder.name: lab for lab in map(read_lab, lab_folders())}
    by_word = known | {lab.name: lab for lab in known.values()}
    unknown = [word for word in wanted if word not in by_word]
    if unknown:
        raise UserError(f"--labs: there is no lab {', '.join(unknown)}; there are {', '.join(known)}")
    chosen = [one for word in wanted for one in (*earlier(by_word[word]), by_word[word])]
    return in_order(list({lab.name: lab for lab in chosen}.values()))


def with_labs(classroom: Classroom, labs: Sequence[Lab]) -> Classroom:
    """The class with these labs, and room for their longest job."""
    minutes = max(classroom.max_job_minutes, longest_minutes(labs))
    folders = [lab.folder.name for lab in labs]
    return classroom.model_copy(update={"labs": folders, "max_job_minutes": minutes})


def attendees_of_today(roster: list[Attendee], wanted: int | None) -> tuple[list[Attendee], list[str]]:
    """The attendees, and the ids among them that were made up."""
    if wanted is None:
        return roster, []
    if wanted < 1:
        raise UserError(f"--attendees {wanted}: a class has at least one attendee")
    known = {attendee.id for attendee in roster}
    fresh = (id_ for id_ in (f"guest-{number:02d}" for number in count(1)) if id_ not in known)
    made_up = list(islice(fresh, max(0, wanted - len(roster))))
    return [*roster[:wanted], *(Attendee(id=id_) for id_ in made_up)], made_up


def write_classroom(classroom: Classroom, path: Path) -> None:
    """The classroom as a file that `classlab` and the CDK app read."""
    document = classroom.model_dump(mode="json")
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


def write_roster(attendees: list[Attendee], path: Path) -> None:
    """The roster as a file that `classlab` and the CDK app read."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(_HEADER)
        writer.writerows((attendee.id, attendee.name, attendee.email) for attendee in attendees)
