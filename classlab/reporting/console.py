"""Events for people: steps with a tick and their seconds, a bar over attendees; plain lines where no terminal is."""

from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from classlab.reporting.events import Event, Finished, Note, StepEnded, StepProgressed, StepStarted

_MARKS = {"held": ("✓", "green"), "failed": ("✗", "red"), "skipped": ("–", "dim")}
_BAR_WIDTH = 24


class _Bar(BarColumn):
    """A bar once it is known how much there is to do."""

    def render(self, task: Task) -> RenderableType:  # type: ignore[override]  # rich promises its own bar only
        """Nothing until then."""
        return super().render(task) if task.total is not None else Text()


class _Count(MofNCompleteColumn):
    """How many of how many, once it is known."""

    def render(self, task: Task) -> Text:
        """Nothing until then."""
        return super().render(task) if task.total is not None else Text()


class ConsoleRenderer:
    """A live line for the step under way, above it what is done. Use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            _Bar(bar_width=_BAR_WIDTH),
            _Count(),
            TextColumn("[dim]{task.fields[note]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._last: dict[str, StepProgressed] = {}

    def __enter__(self) -> Self:
        """Start the live display, where there is a terminal."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the live display, so that a traceback or prompt starts on a clean line."""
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        match event:
            case StepStarted():
                self._started(event)
            case StepProgressed():
                self._progressed(event)
            case StepEnded():
                self._ended(event)
            case Note():
                self._say(f"  [{'bold yellow' if event.important else 'dim'}]{escape(event.text)}")
            case Finished():
                self._finished(event)

    def _started(self, event: StepStarted) -> None:
        self._tasks[event.name] = self._progress.add_task(escape(event.title), total=None, note="")
        if not self._console.is_terminal:
            self._say(f"[dim]… {escape(event.title)}")

    def _progressed(self, event: StepProgressed) -> None:
        task = self._tasks.get(event.name)
        if task is not None:
            self._progress.update(task, completed=event.done, total=event.total, note=escape(event.note))
        if not self._console.is_terminal and event != self._last.get(event.name):
            self._say(f"  {event.done}/{event.total} {escape(event.note)}".rstrip())
        self._last[event.name] = event

    def _ended(self, event: StepEnded) -> None:
        task = self._tasks.pop(event.name, None)
        if task is not None:
            self._progress.remove_task(task)
        mark, colour = _MARKS[event.outcome]
        self._say(f"[{colour}]{mark}[/] {escape(event.title)} [dim]{event.seconds:.1f} s[/]")
        for problem in event.problems:
            self._say(f"  [red]{escape(problem)}")

    def _finished(self, event: Finished) -> None:
        verdict = "[bold green]everything held[/]" if event.ok else "[bold red]not everything held[/]"
        self._say(f"{verdict} [dim]after {event.seconds:.0f} s[/]")
        if event.report:
            self._say(f"report: {escape(event.report)}")

    def _say(self, markup: str) -> None:
        self._console.print(markup, highlight=False, soft_wrap=True)
