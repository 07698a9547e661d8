import numpy as np

from model.train.picture.photographs import photographs


def test_photographs_are_the_same_each_time_and_no_two_alike() -> None:
    first, second = (photographs(np.random.default_rng(0), 6, 40) for _ in range(2))
    assert {picture.shape for picture in first} == {(40, 40)}
    assert all(np.array_equal(*both) for both in zip(first, second, strict=True))
    assert len({picture.tobytes() for picture in first}) == 6
