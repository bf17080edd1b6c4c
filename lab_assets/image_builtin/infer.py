"""Turn the algorithm's answers into classes: of a batch transform's files, and of an endpoint.

SageMaker's built-in image classification serves itself, so nothing here runs behind the endpoint. It answers a picture
(application/x-image) with the probability of every class, a JSON list in the order of the classes' numbers; a batch
transform writes such an answer into ``<picture>.out``. ``python infer.py ANSWERS LABELS`` prints what a folder of
answers says as a table (file, class, probability); LABELS holds ``classes.json``.
"""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PICTURE = "application/x-image"
JSON = "application/json"
SUFFIX = ".out"


class AnswerError(ValueError):
    """An answer that is no list of probabilities; the text says whose."""


def read_answer(text: str | bytes, classes: int, *, name: str = "the answer") -> list[float]:
    """The probability of every class."""
    try:
        values = [float(value) for value in json.loads(text)]
    except (ValueError, TypeError) as error:
        raise AnswerError(f"{name} is no list of probabilities: {error}") from error
    if len(values) != classes:
        raise AnswerError(f"{name} has {len(values)} probabilities, there are {classes} classes")
    return values


def best(probabilities: Sequence[float], classes: Sequence[str]) -> tuple[str, float]:
    """The most probable class and its probability; the first of equals."""
    probability = max(probabilities)
    return classes[list(probabilities).index(probability)], probability


def ask(runtime: Any, endpoint: str, picture: bytes, classes: Sequence[str]) -> tuple[str, float]:  # noqa: ANN401 - a boto3 client
    """Class and probability of one picture from an endpoint; ``runtime`` is boto3's ``sagemaker-runtime``."""
    answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType=PICTURE, Accept=JSON, Body=picture)
    return best(read_answer(answer["Body"].read(), len(classes), name=endpoint), classes)


def table(answers: Path, classes: Sequence[str]) -> list[tuple[str, str, float]]:
    """File, class and probability of every answer of a batch transform, by name of the file."""
    found = sorted(answers.rglob(f"*{SUFFIX}"))
    if not found:
        raise AnswerError(f"{answers} holds no answer (*{SUFFIX})")
    read = {
        path.name.removesuffix(SUFFIX): read_answer(path.read_bytes(), len(classes), name=path.name) for path in found
    }
    return [(name, *best(values, classes)) for name, values in sorted(read.items())]


def main() -> None:
    """Print the table as CSV."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("answers", type=Path)
    parser.add_argument("labels", type=Path)
    options = parser.parse_args()
    try:
        classes = json.loads((options.labels / "classes.json").read_text(encoding="utf-8"))
        rows = table(options.answers, classes)
    except (AnswerError, OSError, ValueError) as error:
        sys.exit(str(error))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("file", "class", "probability"))
    writer.writerows((name, label, f"{probability:.4f}") for name, label, probability in rows)


if __name__ == "__main__":
    main()
