"""`classlab build`: everything that the class stack carries, made before synthesis, which runs no git and no index.

A build counts when its manifest is there: that is removed first and written last.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from classlab.build import pack as packs
from classlab.build.archives import built_file, file_sha256
from classlab.build.assets import Kernel, write_lab_files, write_tools
from classlab.build.bundle import make_bundle
from classlab.build.lambdas import make_lambdas
from classlab.build.manifest import ASSETS_FOLDER, LAMBDA_FOLDER, MANIFEST_NAME, BuildManifest, BuiltFile, BuiltPack
from classlab.build.tools import Report
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.settings import Classroom

BUNDLE_PATH = "labs.bundle"
_ID_DIGITS = 16
_WORK_GIB = 2  # of a volume stay free for what attendees make


def build_class(classroom: Classroom, labs: Sequence[Lab], folder: Path, report: Report) -> BuildManifest:
    """Make the build of a classroom in ``folder``; ``report`` hears one line about each thing that is done.

    Raises:
        UserError: what could not be made, and what to do about it.
    """
    _check_names(labs)
    assets = folder / ASSETS_FOLDER
    (folder / MANIFEST_NAME).unlink(missing_ok=True)
    shutil.rmtree(assets, ignore_errors=True)
    kernels = [_kernel(lab, classroom, assets, report) for lab in _one_a_kernel(labs)]
    _check_volume(classroom, kernels)
    report("the lab bundle")
    commit = make_bundle(labs, assets / BUNDLE_PATH, language=classroom.language, region=classroom.region)
    bundle = built_file(assets, BUNDLE_PATH)
    manifest = _manifest(
        classroom=classroom.name,
        lab_commit=commit,
        bundle=bundle,
        tools=built_file(assets, write_tools(assets, bundle, commit, kernels)),
        packs=[kernel.pack for kernel in kernels],
        lab_files=[built_file(assets, path) for lab in labs for path in write_lab_files(lab, assets)],
        lambda_sha256=make_lambdas(folder / LAMBDA_FOLDER, classroom.lambda_architecture, report),
    )
    draft = folder / (MANIFEST_NAME + ".new")
    draft.write_text(manifest.model_dump_json(indent=1) + "\n", encoding="utf-8")
    draft.replace(folder / MANIFEST_NAME)
    report(f"the build {manifest.build_id} is complete")
    return manifest


def volume_gib(kernels: Iterable[int]) -> int:
    """What an attendee's volume must hold at least: the kernels, given their bytes, and work."""
    return -(-sum(kernels) // (1 << 30)) + _WORK_GIB


def _check_volume(classroom: Classroom, kernels: Sequence[Kernel]) -> None:
    needed = volume_gib(kernel.needs for kernel in kernels)
    if classroom.volume_gib < needed:
        sizes = ", ".join(f"{kernel.pack.kernel} {kernel.needs / (1 << 30):.1f}" for kernel in kernels)
        raise UserError(
            f"{classroom.name}: volume_gib: the kernels ({sizes}) and the attendees' work need {needed} GiB, "
            f"the class has {classroom.volume_gib}: raise it"
        )


def _check_names(labs: Sequence[Lab]) -> None:
    for number, lab in enumerate(labs):
        for other in labs[:number]:
            where = f"the labs in {other.folder} and {lab.folder}"
            if lab.name == other.name:
                raise UserError(f"{where} have the same name, {lab.name!r}; rename one")
            if lab.kernel == other.kernel and packs.recipe_of(lab) != packs.recipe_of(other):
                raise UserError(
                    f"{where} name their kernel {lab.kernel!r} and lock different packages for it: "
                    "rename one kernel, or give both the same requirements.txt and kernel_python"
                )


def _one_a_kernel(labs: Sequence[Lab]) -> list[Lab]:
    """The first lab of every kernel."""
    return list({lab.kernel: lab for lab in reversed(labs)}.values())[::-1]


def _kernel(lab: Lab, classroom: Classroom, assets: Path, report: Report) -> Kernel:
    archive, made = packs.make_pack(lab, report)
    path = f"packs/{lab.kernel}-{made.sha256[:12]}.tar"
    packs.link(archive, assets / path)
    pack = BuiltPack(
        kernel=lab.kernel,
        file=BuiltFile(path=path, sha256=made.sha256, size=made.size),
        requirements_sha256=file_sha256(packs.lock_of(lab)),
        interpreter=made.interpreter,
        portable=made.portable,
    )
    return Kernel(title=lab.titled(classroom.language), pack=pack, needs=made.needs)


def _manifest(**parts: object) -> BuildManifest:
    """The manifest with its id, which follows from all its other parts."""
    draft = BuildManifest.model_validate({"build_id": "0" * _ID_DIGITS, **parts})
    canonical = json.dumps(draft.model_dump(mode="json"), sort_keys=True)
    identity = hashlib.sha256(canonical.encode()).hexdigest()[:_ID_DIGITS]
    return draft.model_copy(update={"build_id": identity})
