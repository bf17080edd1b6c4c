"""Which Java is here is read from what it says, old and new ways of counting."""

import pytest

from tests.labs.java import NEEDED, version_in


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment (build 17.0.15+6)', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_392"', 8),
        ('Picked up JAVA_TOOL_OPTIONS: -Xmx1g\nopenjdk version "11.0.2" 2019-01-15', 11),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_the_main_version_is_read(said: str, version: int | None) -> None:
    assert version_in(said) == version


def test_spark_needs_what_its_image_brings() -> None:
    assert NEEDED == 17
