"""Before the class: the embedded AWS, its account, the instructor, and the strangers who were there first."""

from collections.abc import Callable
from dataclasses import replace

from classlab.build import pack
from classlab.cdk import Cdk
from classlab.errors import UserError
from classlab.labs import image_uri
from classlab.rehearsal import account, inventory
from classlab.rehearsal.day import Day, Progress, Step
from classlab.rehearsal.strangers import plant
from classlab.rehearsal.strangers.twin import Twin, nobody_among
from classlab.reporting.events import Note
from embedded_aws import launcher
from embedded_aws.runtime.environments import InstallError


def _prepare(day: Day, _progress: Progress) -> None:
    """Everything that will be downloaded is said here, once and before it begins, the build's kernel packs too."""
    environments = day.options.environments
    uris = {image_uri(job.image, launcher.REGION) for lab in day.labs for job in lab.pipeline.jobs.values()}
    if size := launcher.download_mb(environments, uris) + pack.download_mb(day.labs):
        day.note(f"this rehearsal downloads up to {size} MB, which stay for the next", important=True)
    try:
        launcher.prepare(environments, lambda text: day.emit(Note(text)), uris)
    except InstallError as error:
        raise UserError(str(error)) from error


def _start_engine(day: Day, _progress: Progress) -> None:
    workspace = day.workspace
    try:
        day.engine = launcher.start(
            state=workspace.state, environments=day.options.environments, log=workspace.engine_log
        )
    except launcher.EngineError as error:
        raise UserError(str(error)) from error
    day.root = account.connect(day.engine, account.root_keys(day.engine))


def _bootstrap(day: Day, _progress: Progress) -> None:
    """The CDK's own bootstrap, by root: all that root does for the class. It needs no app, so none is synthesised."""
    cdk = replace(cdk_as(day, account.root_keys(day.engine)), context={}, project=day.workspace.scratch)
    target = f"aws://{day.engine.account}/{day.engine.region}"
    cdk.run("bootstrap", target, heard=cdk_log(day))


def _make_instructor(day: Day, _progress: Progress) -> None:
    keys = account.create_instructor(day.root)
    day.instructor_keys = keys
    day.instructor = account.connect(day.engine, keys)
    day.cdk = cdk_as(day, keys)


def _plant_strangers(day: Day, _progress: Progress) -> None:
    before = inventory.take(day.engine)
    ids = [attendee.id for attendee in day.attendees]
    lab = day.labs[0]
    plant(
        Twin(
            aws=day.root,
            classroom=day.classroom.name,
            attendee=ids[0],
            nobody=nobody_among(ids),
            image=image_uri(lab.pipeline.prepare.image, day.engine.region),
        )
    )
    day.baseline = inventory.take(day.engine)
    day.strangers = frozenset(item for item, digest in day.baseline.items() if before.get(item) != digest)


def cdk_as(day: Day, keys: account.Keys) -> Cdk:
    """The CDK command line as a principal of the embedded account."""
    workspace = day.workspace
    files = {"classroom": workspace.classroom, "roster": workspace.roster, "build": workspace.build}
    return Cdk(
        context={name: str(path) for name, path in files.items()},
        environment=workspace.environment() | account.variables(day.engine, keys),
    )


def cdk_log(day: Day) -> Callable[[str], None]:
    """Keeps what the CDK says, for whoever looks into a failure; from any number of threads."""

    def keep(line: str) -> None:
        with day.workspace.cdk_log.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")

    return keep


PREPARE = Step(name="prepare", title="Prepare the engine's Python environments", run=_prepare)
ENGINE = Step(name="engine", title="Start the embedded AWS", run=_start_engine, needs=("prepare",))
BOOTSTRAP = Step(name="bootstrap", title="Bootstrap the account for the CDK", run=_bootstrap, needs=("engine",))
INSTRUCTOR = Step(name="instructor", title="Make the instructor's user", run=_make_instructor, needs=("bootstrap",))
STRANGERS = Step(
    name="strangers",
    title="Let strangers move in, and count what is there",
    run=_plant_strangers,
    needs=("instructor",),
)
