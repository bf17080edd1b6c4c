"""Measure what is on the instance and print `{"fingerprint": SHA-256, "parts": {…}}`.

Every part is read from the disk or asked of the interpreter in question; nothing is copied from what the class asked
for. The fingerprint is over the canonical JSON of the parts: two seats are the same if and only if it is, and the
parts say where they differ. Runs with the system's Python 3.9, standard library only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
from pathlib import Path

UNSTABLE = {"RECORD", "uv_cache.json"}  # hold times, or sizes that depend on them


def measure(labs: Path, kernelspecs: Path) -> dict[str, object]:
    """All parts by name."""
    specs = sorted(kernelspecs.glob("*/kernel.json"))
    return {
        "platform": measure_platform(),
        "labs": measure_labs(labs),
        "kernels": {spec.parent.name: measure_kernel(spec) for spec in specs},
        "kernelspecs": {spec.parent.name: digest(spec) for spec in specs},
    }


def measure_platform() -> dict[str, str]:
    """The operating system, not the machine's name or its kernel's build."""
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    release = dict(line.split("=", 1) for line in lines if "=" in line)
    system = release.get("PRETTY_NAME", platform.system()).strip('"')
    return {"system": system, "machine": platform.machine(), "c_library": "-".join(platform.libc_ver())}


def measure_labs(labs: Path) -> dict[str, object]:
    """Commit, changes against it, and the hash of every file but those that running a lab leaves: git ignores them."""
    changes = git(labs, "status", "--porcelain", "--untracked-files=all", "-z").split("\0")
    files = git(labs, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    return {
        "head": git(labs, "rev-parse", "HEAD").strip(),
        "changes": {change[3:]: change[:2].strip() for change in changes if change},
        "files": {path: digest(labs / path) for path in sorted(set(files)) if path and (labs / path).is_file()},
    }


def git(folder: Path, *arguments: str) -> str:
    """What git says in a folder; raises CalledProcessError with git's words on standard error."""
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def measure_kernel(spec: Path) -> dict[str, object]:
    """Interpreter and packages of the environment a kernel runs in."""
    python = Path(json.loads(spec.read_text(encoding="utf-8"))["argv"][0])
    asked = "import platform, sysconfig; print(platform.python_version(), sysconfig.get_path('purelib'))"
    answer = subprocess.run([str(python), "-c", asked], check=True, stdout=subprocess.PIPE, text=True).stdout
    version, packages = answer.strip().split(" ", 1)
    return {
        "environment": str(python.parent.parent),  # its folder's name ends in the hash of the pack it came from
        "python": version,
        "packages": installed(Path(packages)),
        "files": tree_digest(Path(packages)),
    }


def installed(packages: Path) -> dict[str, str]:
    """Version of each distribution by its name, as its own metadata says."""
    found = {}
    for metadata in sorted(packages.glob("*.dist-info/METADATA")):
        lines = metadata.read_text(encoding="utf-8", errors="replace").split("\n\n", 1)[0].splitlines()
        fields = dict(line.split(": ", 1) for line in lines if ": " in line)
        found[fields["Name"].lower().replace("_", "-")] = fields["Version"]
    return found


def tree_digest(folder: Path) -> str:
    """Hash over the paths and sizes of all files: sees an edit by hand without reading a gigabyte."""
    lines = [
        f"{path.relative_to(folder)} {path.stat().st_size}"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in UNSTABLE and "__pycache__" not in path.parts
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labs", type=Path, required=True)
    parser.add_argument("--kernelspecs", type=Path, required=True)
    options = parser.parse_args()
    parts = measure(options.labs, options.kernelspecs)
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    print(json.dumps({"fingerprint": hashlib.sha256(canonical.encode()).hexdigest(), "parts": parts}, sort_keys=True))


if __name__ == "__main__":
    main()
