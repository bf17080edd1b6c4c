"""The Java that the tests of Spark run on."""

import re
import shutil
import subprocess

NEEDED = 17  # of SageMaker's Spark 3.5
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')  # Java 8 calls itself 1.8


def installed() -> int | None:
    """The main version of the java on the PATH, or None where there is none that works."""
    if not (java := shutil.which("java")):
        return None
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return version_in(done.stdout + done.stderr)


def version_in(said: str) -> int | None:
    """The main version in what `java -version` says."""
    found = _VERSION.search(said)
    return int(found[1]) if found else None
