"""The estimate of a run's duration, and the pace that it comes from."""

import json

import pytest

from digitpad.folders import user_folder
from digitpad.training.pace import (
    TEACHER_COST,
    Pace,
    duration,
    images_per_epoch,
    remember_pace,
    remembered_pace,
)
from digitpad.training.recipe import PAD, PATIENT, SEED

PACE = Pace(images_per_second=5_000, setup_seconds=20, final_seconds=10)


def test_a_run_takes_its_setup_its_epochs_and_its_evaluation():
    assert PACE.seconds(epochs=20, images=100_000) == 20 + 20 * 20 + 10


@pytest.mark.parametrize(
    ("recipe", "data", "ink_files", "images"),
    [
        (SEED, "mnist", False, 55_000),
        (PAD, "mnist", False, 55_000 / 0.75),
        (PAD, "mnist", True, 55_000 / 0.56),
        (PAD, "synthetic", False, 18_000),
        (PAD, "synthetic", True, 18_000 / 0.56),
    ],
)
def test_drawings_come_on_top_of_an_epoch(recipe, data, ink_files, images):
    assert images_per_epoch(recipe, data, ink_files=ink_files) == pytest.approx(images)


def test_the_last_run_of_each_recipe_on_each_device_is_remembered():
    paces = [Pace(number, number, number) for number in (1, 2, 3, 4)]
    remember_pace(PAD, "cpu", paces[0])
    remember_pace(PAD, "cpu", paces[1])
    remember_pace(PATIENT, "cpu", paces[2])
    assert remembered_pace(PAD, "auto") == remembered_pace(PAD, "cpu") == paces[1]
    assert remembered_pace(PATIENT, "cpu") == paces[2]
    assert remembered_pace(PAD, "cuda") is None
    remember_pace(PAD, "cuda", paces[3])
    assert remembered_pace(PAD, "auto") == paces[3]  # the GPU is used if there is one
    assert remembered_pace(PAD, "cpu") == paces[1]


def test_another_recipe_shows_the_pace_of_one_that_never_ran():
    assert remembered_pace(PAD, "auto") is None
    remember_pace(PAD, "cpu", PACE)
    assert remembered_pace(SEED, "cpu") == PACE
    derived = remembered_pace(PATIENT, "cpu")
    assert derived == Pace(pytest.approx(5_000 / TEACHER_COST), 20, 10)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"cpu": 1}',
        '{"cpu": {"pad": {"images_per_second": 9}}}',
        *(
            json.dumps({"cpu": {"pad": vars_}})
            for value in (0, -1, "9", None, float("nan"), float("inf"))
            for vars_ in [dict.fromkeys(Pace.__dataclass_fields__, value)]
        ),
    ],
)
def test_a_damaged_file_counts_as_none_and_is_replaced(content):
    remember_pace(PAD, "cpu", PACE)
    (file,) = user_folder("cache").iterdir()
    file.write_text(content)
    assert remembered_pace(PAD, "cpu") is None
    remember_pace(PAD, "cpu", PACE)
    assert remembered_pace(PAD, "cpu") == PACE


@pytest.mark.usefixtures("no_home")
def test_without_a_home_folder_nothing_is_remembered():
    remember_pace(PAD, "cpu", PACE)
    assert remembered_pace(PAD, "cpu") is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99, "99 s"), (422, "7 min"), (3_540, "59 min"), (7_500, "2 h 5 min")],
)
def test_a_duration_has_its_two_largest_units(seconds, text):
    assert duration(seconds) == text
