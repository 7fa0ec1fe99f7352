import numpy as np
import pytest

from ser.sureness import SureFrom


def test_the_limit_lies_between_those_of_the_familiar_and_the_strange() -> None:
    limits = SureFrom(0.5, 0.9)
    assert limits.at(1.0) == 0.5
    assert limits.at(0.0) == 0.9
    np.testing.assert_allclose(limits.at(np.array([0.5, 0.75])), [0.7, 0.6])


def test_without_limits_every_answer_is_sure() -> None:
    assert SureFrom().at(0.3) == 0.0


def test_json_there_and_back() -> None:
    assert SureFrom.from_json({"familiar": 0.5, "strange": 1}) == SureFrom(0.5, 1.0)


@pytest.mark.parametrize("stored", [None, 0.5, {"familiar": 0.5}, {"familiar": 2, "strange": 0.5}, [0.5, 0.5]])
def test_what_is_no_pair_of_limits_is_refused(stored: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        SureFrom.from_json(stored)
