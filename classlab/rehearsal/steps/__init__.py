"""The steps of the day, in their order."""

from classlab.rehearsal.steps.deploy import ATTENDEE_STACKS, BUILD, CLASS_STACK, TEMPLATES
from classlab.rehearsal.steps.evening import CLOSE, END, JUDGE
from classlab.rehearsal.steps.morning import BOOTSTRAP, ENGINE, INSTRUCTOR, PREPARE, STRANGERS
from classlab.rehearsal.steps.notebook import NOTEBOOK, RESTART
from classlab.rehearsal.steps.work import DATA, ENVIRONMENTS, PIPELINES

ACCOUNT = (PREPARE, ENGINE, BOOTSTRAP, INSTRUCTOR, STRANGERS)
CLASS = (BUILD, CLASS_STACK, ATTENDEE_STACKS, TEMPLATES, ENVIRONMENTS, DATA, PIPELINES, NOTEBOOK, RESTART)
EVENING = (END, CLOSE, JUDGE)

WHOLE_DAY = (*ACCOUNT, *CLASS, *EVENING)
KEPT_DAY = (*ACCOUNT, *CLASS)
"""The day without its end: the class stands, to be looked at."""
