"""Lab manifests: what is read, and how mistakes are told."""

from pathlib import Path

import pytest
import yaml

from classlab.errors import UserError
from classlab.labs import LABS_FOLDER, Lab, earlier, image_uri, in_order, read_lab
from embedded_aws.runtime.images import IMAGES


def write_manifest(folder: Path, **changes: object) -> Path:
    document = yaml.safe_load((LABS_FOLDER / "churn_xgboost" / "lab.yaml").read_text())
    document.update(changes)
    (folder / "mine").mkdir(parents=True)
    (folder / "mine" / "lab.yaml").write_text(yaml.safe_dump(document))
    return folder


def labs_named(*origins: str) -> list[Lab]:
    """Labs a, b, …, each of which starts from the one whose folder is given; empty for one that starts from data."""
    base = read_lab("churn_xgboost")
    letters = [chr(ord("a") + number) for number in range(len(origins))]
    return [
        base.model_copy(
            update={
                "name": letter,
                "folder": LABS_FOLDER / letter,
                "starts_from": origin,
                "data": None if origin else base.data,
            }
        )
        for letter, origin in zip(letters, origins, strict=True)
    ]


def test_an_unknown_lab_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no lab 'chrun'.*churn_xgboost"):
        read_lab("chrun")


def test_an_unknown_key_is_refused_with_the_nearest_right_one(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"lab\.yaml: kernal: unknown key; did you mean 'kernel'"):
        read_lab("mine", write_manifest(tmp_path, kernal="x"))


def test_a_name_too_long_for_aws_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="longer than the 20 characters"):
        read_lab("mine", write_manifest(tmp_path, name="churn-with-xgboost-and-more"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"starts_from": "churn_xgboost"}, "exactly one of `data` and `starts_from`"),
        ({"data": None}, "exactly one of `data` and `starts_from`"),
        ({"title": {"ko": "제목"}}, r"an English title \(`en`\) is needed"),
        ({"title": {"en": "Title", "fr": "Titre"}}, r"title\.fr"),
        ({"notebooks": {"churn-xgboost": "more.py"}}, "becomes churn-xgboost by itself"),
        ({"notebooks": {"more": "notebook.py"}}, "becomes churn-xgboost by itself"),
        ({"notebooks": {"More": "more.py"}}, "'More' is no name"),
        ({"kernel_python": "3"}, "kernel_python"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, changes: dict[str, object], told: str) -> None:
    with pytest.raises(UserError, match=told):
        read_lab("mine", write_manifest(tmp_path, **changes))


def test_titles_and_files_are_found_by_language_and_by_name(tmp_path: Path) -> None:
    lab = read_lab(
        "mine", write_manifest(tmp_path, title={"en": "Title", "ko": "제목"}, borrows={"score.py": "its/x.py"})
    )
    assert (lab.titled("ko"), lab.titled("ja")) == ("제목", "Title")
    assert lab.file("score.py") == tmp_path / "its/x.py"
    assert lab.file("train.py") == tmp_path / "mine/train.py"


def test_the_labs_own_notebook_comes_first(tmp_path: Path) -> None:
    lab = read_lab("mine", write_manifest(tmp_path, notebooks={"comparison": "comparison.py"}))
    assert list(lab.notebook_sources.items()) == [("churn-xgboost", "notebook.py"), ("comparison", "comparison.py")]


@pytest.mark.parametrize("line", ["numpy==2.0", "# comment"])
def test_jobs_install_only_what_container_txt_names(tmp_path: Path, line: str) -> None:
    lab = read_lab("mine", write_manifest(tmp_path))
    (lab.folder / "container.txt").write_text(f"# comment\n\n{line}\n")
    assert lab.installs_in_jobs == (line != "# comment")


def test_labs_come_after_those_they_start_from() -> None:
    assert [lab.name for lab in in_order(labs_named("c", "", "b"))] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("origins", "told"), [(("b", "a"), "start from each other in a circle"), (("x",), "starts from x, which the class")]
)
def test_a_circle_or_a_missing_lab_is_refused(origins: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        in_order(labs_named(*origins))


def test_the_earlier_labs_of_a_lab_are_read_from_its_neighbours(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    last = read_lab("mine", tmp_path).model_copy(update={"starts_from": "mine", "data": None, "folder": tmp_path / "z"})
    assert [lab.folder.name for lab in earlier(last)] == ["mine"]


def test_an_image_is_named_with_its_region_and_registry() -> None:
    uri = image_uri("sagemaker-xgboost:3.2-0", "us-east-1")
    assert uri == "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"


@pytest.mark.parametrize("uri", [image.uri for image in IMAGES.values() if image.uri])
def test_every_image_that_the_embedded_aws_has_is_recorded(uri: str) -> None:
    assert image_uri(uri.partition("/")[2], "us-east-1") == uri


@pytest.mark.parametrize(
    ("image", "region", "account"),
    [
        ("pytorch:2.13-cpu-amzn2023-sagemaker", "ap-northeast-2", "763104351884"),
        ("tensorflow-training:2.21-cpu-py312", "eu-south-1", "692866216735"),
        ("autogluon-inference:1.5.0-cpu-py312-ubuntu22.04", "af-south-1", "626614931356"),
        ("image-classification:1", "ap-northeast-1", "501404015308"),
    ],
)
def test_registries_of_frameworks_and_algorithms_differ_by_region(image: str, region: str, account: str) -> None:
    assert image_uri(image, region) == f"{account}.dkr.ecr.{region}.amazonaws.com/{image}"


def test_an_image_of_another_region_comes_from_that_regions_registry() -> None:
    uri = image_uri("sagemaker-scikit-learn:1.9-0-cpu-py3", "eu-central-1")
    assert uri == "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


@pytest.mark.parametrize(
    ("image", "region", "told"),
    [
        ("sagemaker-xgboost:3.2-0", "mars-north-1", "not recorded for mars-north-1; regions: af-south-1"),
        ("mine:1", "us-east-1", r"add it to classlab/image_registries\.yaml"),
    ],
)
def test_an_image_that_is_not_recorded_is_refused_with_what_to_do(image: str, region: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        image_uri(image, region)
