"""What goes wrong on a bad day, done as attendees and instructors would do it; steps for a rehearsal."""

import csv
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from classlab import data_source, pipelines
from classlab.contract import AttendeeOutput, ClassroomOutput, seat_notebook
from classlab.labs import Lab
from classlab.notebook_session import NotebookSession
from classlab.rehearsal.day import Day, Progress, Step
from classlab.rehearsal.steps.notebook import environment_url, restart
from classlab.reporting.report import NotebookRow
from classlab.reporting.rows import pipeline_row

SANE, DRIFTED, FULL, BARE = "ann", "ann-b", "anna", "guest-01"
BAD_ROW, BAD_COLUMN, BAD_WORD = 101, "Day Mins", "n/a"
LABEL = "Churn?"

DRIFT = """
import pathlib, joblib
(metadata,) = pathlib.Path(joblib.__file__).parents[1].glob("joblib-*.dist-info/METADATA")
metadata.write_text(metadata.read_text().replace("Version: " + joblib.__version__, "Version: 0.0.1"))
"""
FILL = """
import os, pathlib, shutil
volume = pathlib.Path.home() / "SageMaker"
usage = shutil.disk_usage(volume)
if usage.total < 30 << 30:
    shutil.rmtree(volume / ".classlab" / "kernels")
    with open(volume / "my-big-file", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(volume).free - (200 << 20))
    print("full")
"""
TIDY_AWAY = "import pathlib, shutil; shutil.rmtree(pathlib.Path.home() / 'SageMaker' / 'labs')"


def write_data(lab: Lab, folder: Path, *, spoil: bool, shuffle: bool) -> Path:
    """The lab's generated file with one word in a number, or with labels that mean nothing; returns the folder."""
    folder.mkdir()
    path = folder / lab.raw.file
    subprocess.run([sys.executable, str(lab.folder / lab.raw.generator), str(path)], check=True)
    with path.open(newline="") as stream:
        header, *rows = list(csv.reader(stream))
    if spoil:
        rows[BAD_ROW - 2][header.index(BAD_COLUMN)] = BAD_WORD  # rows are counted as in the file: the header is 1
    if shuffle:
        labels = [row[header.index(LABEL)] for row in rows]
        random.Random(1).shuffle(labels)  # noqa: S311 # repeatable, no secret
        for row, label in zip(rows, labels, strict=True):
            row[header.index(LABEL)] = label
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return folder


def _meaningless_labels(day: Day, _progress: Progress) -> None:
    """The same pipeline on labels that nothing can learn."""
    lab, bucket = day.labs[0], day.class_stack.output(ClassroomOutput.BUCKET)
    folder = write_data(lab, day.workspace.scratch / "shuffled", spoil=False, shuffle=True)
    file = data_source.DataFile(folder / lab.raw.file, "shuffled", generated=True)
    data = data_source.put(day.instructor, bucket, lab, file)
    (outcome,) = pipelines.run_all(day.instructor, {SANE: day.seats[SANE]}, lab=lab, data={SANE: data})
    day.pipelines.append(pipeline_row(outcome))


def _mishaps(day: Day, _progress: Progress) -> None:
    """One changes a package, one fills the disk, one throws the labs away while the class's copy is missing."""
    (bundle,) = [name for name in _class_files(day) if name.endswith("labs.bundle")]
    day.root.s3.delete_object(Bucket=day.class_stack.output(ClassroomOutput.BUCKET), Key=bundle)
    said = {seat: _as_attendee(day, seat, code) for seat, code in ((DRIFTED, DRIFT), (FULL, FILL), (BARE, TIDY_AWAY))}
    if "full" not in said[FULL]:
        day.note("the volumes of this machine have no limit, so no disk was full")
    with ThreadPoolExecutor() as pool:
        seats = list(pool.map(lambda seat: restart(day, seat), (DRIFTED, FULL, BARE)))
    day.environments |= {seat.attendee: seat for seat in seats}


def _class_files(day: Day) -> list[str]:
    listing = day.root.s3.list_objects_v2(Bucket=day.class_stack.output(ClassroomOutput.BUCKET))
    return [entry["Key"] for entry in listing["Contents"]]


def _as_attendee(day: Day, attendee: str, code: str) -> str:
    with NotebookSession(environment_url(day, attendee)) as session:
        return session.run_code(code, kernel=day.labs[0].kernel)


def _emptied_role(day: Day, _progress: Progress) -> None:
    """The notebook acts on the role's credentials alone: without rights it must fail."""
    lab = day.labs[0]
    role = day.seats[SANE].output(AttendeeOutput.EXECUTION_ROLE).rpartition("/")[2]
    for name in day.root.iam.list_role_policies(RoleName=role)["PolicyNames"]:
        day.root.iam.delete_role_policy(RoleName=role, PolicyName=name)
    with NotebookSession(environment_url(day, SANE)) as session:
        done = session.execute(seat_notebook(lab.name))
    day.notebooks.append(
        NotebookRow(attendee=SANE, lab=lab.name, status="failed", cells=done.cells, seconds=0, reason=done.error)
    )


MISHAPS = (
    Step(name="gate", title="Ask for what cannot be learned", run=_meaningless_labels, needs=("data",)),
    Step(name="mishaps", title="Let mishaps happen", run=_mishaps, needs=("environments", "gate", "pipelines")),
    Step(name="emptied", title="Take a role's rights away", run=_emptied_role, needs=("mishaps",)),
)
