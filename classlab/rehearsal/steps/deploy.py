"""The class is deployed with the real CDK command line, by the instructor."""

from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from classlab import stacks
from classlab.build.make import build_class, volume_gib
from classlab.build.pack import make_pack
from classlab.cdk import CdkError
from classlab.contract import attendee_stack_name
from classlab.rehearsal.day import Day, Progress, Step, StepFailedError
from classlab.rehearsal.steps.morning import cdk_log
from classlab.rehearsal.today import write_classroom
from classlab.reporting.events import Note

_AT_ONCE = 3  # each is a Node process and a synthesis; more than the cores help no further
_DEPLOY = ("deploy", "--require-approval", "never", "--method", "direct", "--progress", "events")


def _build(day: Day, _progress: Progress) -> None:
    if day.options.labs:
        _grow_volume(day)
    build_class(day.classroom, day.labs, day.workspace.build, lambda text: day.emit(Note(text)))


def _grow_volume(day: Day) -> None:
    """Labs that the classroom did not choose may bring more kernels than its volumes hold."""
    packs = {lab.kernel: make_pack(lab, lambda text: day.emit(Note(text))) for lab in day.labs}
    needed = volume_gib(pack.needs for _, pack in packs.values())
    if needed > day.classroom.volume_gib:
        day.note(f"the volumes are {needed} GiB instead of {day.classroom.volume_gib}, to hold these labs' kernels")
        day.classroom = day.classroom.model_copy(update={"volume_gib": needed})
        write_classroom(day.classroom, day.workspace.classroom)


def _deploy_class(day: Day, _progress: Progress) -> None:
    output = day.workspace.scratch / "cdk.out"
    day.cdk.run(*_DEPLOY, "--output", str(output), heard=cdk_log(day))
    day.class_stack = stacks.class_stack(day.instructor, day.classroom.name)


def _deploy_attendees(day: Day, progress: Progress) -> None:
    """Everyone's stack; one that fails stops nobody else."""
    ids = [attendee.id for attendee in day.attendees]
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        futures = {pool.submit(_deploy_attendee, day, id_): id_ for id_ in ids}
        for done, future in enumerate(as_completed(futures), start=1):
            _tell(day, futures[future], future)
            progress(done, len(ids), futures[future])
    finally:
        # Interrupted, nobody waits here for the command lines under way: whoever interrupts ends them.
        pool.shutdown(wait=False, cancel_futures=True)
    day.seats = stacks.attendee_stacks(day.instructor, day.classroom.name)
    if not any(seat.deployed for seat in day.seats.values()):
        raise StepFailedError("no attendee stack stands")


def _tell(day: Day, attendee: str, deployed: Future[None]) -> None:
    """What went wrong, by the stack's own first failure where it has one."""
    try:
        deployed.result()
    except CdkError as error:
        name = attendee_stack_name(day.classroom.name, attendee)
        why = stacks.first_failure(day.instructor, name) if stacks.find(day.instructor, name) else ""
        day.problem(f"{attendee}: the stack was not deployed: {why or error}")


def _deploy_attendee(day: Day, attendee: str) -> None:
    output = day.workspace.scratch / f"cdk.out.{attendee}"
    day.cdk.run(*_DEPLOY, "-c", f"attendee={attendee}", "--output", str(output), heard=cdk_log(day))


def _read_templates(day: Day, progress: Progress) -> None:
    """The proof that all have one template: its hash, read back from every stack."""
    seen = set()
    for done, (attendee, stack) in enumerate(day.seats.items(), start=1):
        seen.add(stacks.template_sha256(day.instructor, stack.name))
        progress(done, len(day.seats), attendee)
    day.template_sha256 = sorted(seen)
    if len(seen) != 1:
        day.problem(f"the attendee stacks were deployed from {len(seen)} different templates")


BUILD = Step(name="build", title="Build the lab bundle, the kernel packs and the functions", run=_build)
CLASS_STACK = Step(name="class-stack", title="Deploy the class stack", run=_deploy_class, needs=("build", "strangers"))
ATTENDEE_STACKS = Step(
    name="attendee-stacks",
    title="Deploy {attendees} attendee stacks",
    run=_deploy_attendees,
    needs=("class-stack",),
)
TEMPLATES = Step(name="templates", title="Read every template back", run=_read_templates, needs=("attendee-stacks",))
