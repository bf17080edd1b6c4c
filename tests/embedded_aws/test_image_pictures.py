"""How the built-in image classification reads and varies pictures, and finds them in its channels."""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from embedded_aws.runtime.container_code.image_classification import channels, pictures
from embedded_aws.runtime.container_code.image_classification.failures import CustomerError
from tests.embedded_aws.drawn_pictures import encoded, picture, recordio, stripes

RECORDIO = {"ContentType": "application/x-recordio"}
PICTURES = {"ContentType": "application/x-image"}


def numbered(width: int, height: int) -> Image.Image:
    """A picture in which every pixel tells its column and row."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return Image.fromarray(np.stack([x, y, x * 0], -1).astype(np.uint8))


def test_the_middle_is_cropped_and_smaller_pictures_are_told() -> None:
    middle = pictures.array(pictures.crop(numbered(30, 20), 10, 10))
    assert (middle.shape, middle[:, 0, 0].tolist()) == ((3, 10, 10), [10, 5, 0])
    with pytest.raises(CustomerError, match=r"30 x 20 pixels is smaller than image_shape \(32 x 10\)"):
        pictures.crop(numbered(30, 20), 10, 32)


def test_the_shortest_side_is_resized() -> None:
    assert pictures.fit(numbered(30, 20), 10).size == (15, 10)
    assert pictures.fit(numbered(30, 20), None).size == (30, 20)


def test_channels_are_one_or_three_and_other_data_is_none() -> None:
    data = encoded(numbered(4, 4), "PNG")
    assert pictures.array(pictures.decode(data, 3)).shape == (3, 4, 4)
    assert pictures.array(pictures.decode(data, 1)).shape == (1, 4, 4)
    with pytest.raises(ValueError, match="cannot be decoded"):
        pictures.decode(b"no picture", 3)


def test_without_augmentation_pictures_stay_and_with_it_they_vary() -> None:
    given = picture(2, 0, 40)
    plain = pictures.Augmentation(None, 0)
    assert np.array_equal(plain(given, 40, 40), pictures.array(given))
    for kind in ("crop", "crop_color", "crop_color_transform"):
        varied = [pictures.Augmentation(kind, seed)(given, 32, 32) for seed in range(4)]
        assert all(each.shape == (3, 32, 32) and each.dtype == np.uint8 for each in varied)
        assert len({each.tobytes() for each in varied}) > 1
        again = pictures.Augmentation(kind, 0)(given, 32, 32)
        assert np.array_equal(varied[0], again)


def test_colours_turn_as_the_standard_library_turns_them() -> None:
    rgb = np.random.default_rng(0).random((3, 4, 5))
    planes = pictures._to_hls(rgb)
    expected = np.array([colorsys.rgb_to_hls(*pixel) for pixel in rgb.reshape(3, -1).T]).T.reshape(3, 4, 5)
    assert np.allclose(planes, expected, atol=1e-5)
    assert np.allclose(pictures._to_rgb(planes), rgb, atol=1e-5)


def test_records_are_the_pictures_of_a_channel(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train/a.rec").write_bytes(recordio(stripes(1)))
    (tmp_path / "train/b.rec").write_bytes(recordio([(2, b"x")]))
    held = channels.open_channel(tmp_path, {"train": RECORDIO}, "train")
    assert [held[number][1] for number in range(len(held))] == [0, 1, 2, 2]
    assert held[3][0] == b"x"


def listed(folder: Path, listing: str) -> channels.Pictures:
    """A channel of picture files and their list."""
    for name in ("train/birds", "train_lst"):
        (folder / name).mkdir(parents=True)
    (folder / "train/birds/wren.jpg").write_bytes(b"wren")
    (folder / "train_lst/train.lst").write_text(listing)
    return channels.open_channel(folder, {"train": PICTURES, "train_lst": PICTURES}, "train")


def test_a_list_names_the_pictures_of_a_channel(tmp_path: Path) -> None:
    held = listed(tmp_path, "5\t1\tbirds/wren.jpg\n6\t0.0\tbirds/wren.jpg\n")
    assert [held[number] for number in range(len(held))] == [(b"wren", 1), (b"wren", 0)]


@pytest.mark.parametrize(
    ("listing", "text"),
    [
        ("5 1 birds/wren.jpg\n", "train.lst, line 1 is not INDEX, CLASS and PATH"),
        ("\n5\tone\tbirds/wren.jpg", "train.lst, line 2 is not INDEX, CLASS and PATH"),
        ("5\t1\tbirds/none.jpg", "line 1 names birds/none.jpg, which the channel does not have"),
    ],
)
def test_a_list_that_is_wrong_is_told_with_its_line(tmp_path: Path, listing: str, text: str) -> None:
    with pytest.raises(CustomerError, match=text):
        listed(tmp_path, listing)


@pytest.mark.parametrize(
    ("configuration", "text"),
    [
        ({}, "Caused by: 'train' is a required property"),
        ({"train": PICTURES}, "Caused by: 'train_lst' is a required property"),
        ({"train": {"ContentType": "text/csv"}}, "content type 'text/csv' of the train channel is not supported"),
        ({"train": {"ContentType": None}}, "content type 'None' of the train channel"),
        ({"train": RECORDIO}, "no .rec file in the train channel"),
    ],
)
def test_channels_that_cannot_be_read_are_told(tmp_path: Path, configuration: dict[str, Any], text: str) -> None:
    with pytest.raises(CustomerError, match=text):
        channels.open_channel(tmp_path, configuration, "train")


def test_damaged_records_and_models_to_go_on_from_are_told(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train/a.rec").write_bytes(b"a JPEG or so")
    with pytest.raises(CustomerError, match="Invalid RecordIO file in the train channel"):
        channels.open_channel(tmp_path, {"train": RECORDIO}, "train")
    with pytest.raises(CustomerError, match="incremental training"):
        channels.refuse_model({"model": {}})
