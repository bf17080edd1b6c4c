"""The rehearsal's folder: one run at a time, and nothing of an earlier run, killed or not, survives the next start."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from classlab.errors import UserError
from embedded_aws import launcher

LOCK = "lock"


@dataclass(frozen=True)
class Workspace:
    """Paths below the rehearsal's folder. `state` and `scratch` never outlive a run that was not kept."""

    folder: Path

    @property
    def state(self) -> Path:
        """Everything the embedded AWS makes."""
        return self.folder / "state"

    @property
    def scratch(self) -> Path:
        """Temporary files of everything that the rehearsal starts."""
        return self.folder / "scratch"

    @property
    def build(self) -> Path:
        """What `classlab build` makes; kept between runs."""
        return self.folder / "build"

    @property
    def closed(self) -> Path:
        """What `classlab close` fetches."""
        return self.folder / "closed"

    @property
    def classroom(self) -> Path:
        """The classroom file of today."""
        return self.folder / "classroom.yaml"

    @property
    def roster(self) -> Path:
        """The roster of today."""
        return self.folder / "roster.csv"

    @property
    def report(self) -> Path:
        """The report's JSON; the HTML lies beside it."""
        return self.folder / "report.json"

    @property
    def page(self) -> Path:
        """The report for people."""
        return self.folder / "report.html"

    @property
    def cdk_log(self) -> Path:
        """Every line that the CDK CLI said."""
        return self.folder / "cdk.log"

    @property
    def engine_log(self) -> Path:
        """What the embedded AWS said."""
        return self.folder / "engine.log"

    @property
    def log(self) -> Path:
        """Tracebacks of steps that failed."""
        return self.folder / "rehearsal.log"

    @property
    def variables(self) -> Path:
        """Shell lines that reach a kept embedded AWS."""
        return self.folder / "environment.sh"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder for one run; the kernel lets go of it however the run ends."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UserError(f"another rehearsal is at work in {self.folder}: wait for it or end it") from error
            yield

    def clean(self) -> str:
        """Remove what an earlier run left, its processes and mounts first; returns what that was, or nothing."""
        done = launcher.clean(self.state)
        for folder in (self.scratch, self.closed):
            shutil.rmtree(folder, ignore_errors=True)
        written = (self.report, self.page, self.cdk_log, self.engine_log, self.log, self.variables)
        for file in (*written, self.classroom, self.roster):
            file.unlink(missing_ok=True)
        self.scratch.mkdir(parents=True)
        processes = sum(text.startswith("killed process") for text in done)
        return f"an earlier run had left {processes} processes and its state: removed" if done else ""

    def leave(self) -> None:
        """End everything this run started and remove what it needed; reports, logs and fetched work stay."""
        launcher.clean(self.state)
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.variables.unlink(missing_ok=True)

    def environment(self) -> dict[str, str]:
        """The environment of everything this run starts: marked, with its own temporary folder, without AWS settings.

        The mark is how the next start finds what a killed run left.
        """
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        return variables | self._mark()

    @contextmanager
    def marking(self) -> Iterator[None]:
        """Meanwhile whatever this process itself starts is marked too, and its temporary files lie in `scratch`."""
        before, folder = dict(os.environ), tempfile.tempdir
        os.environ.update(self._mark())
        tempfile.tempdir = str(self.scratch.resolve())
        try:
            yield
        finally:
            tempfile.tempdir = folder
            for name in self._mark():
                os.environ.pop(name)
                if name in before:
                    os.environ[name] = before[name]

    def _mark(self) -> dict[str, str]:
        return {launcher.STATE_VARIABLE: str(self.state.resolve()), "TMPDIR": str(self.scratch.resolve())}
