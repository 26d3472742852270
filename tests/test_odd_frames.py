"""Frames that a merge, a pivot or a clock set wrong leaves behind."""

import numpy as np
import pandas as pd
import pytest

from dtanalytics.analysis.supply.talk import buffers, durations, survival
from dtanalytics.errors import SchemaError
from dtanalytics.mask import mask


@pytest.mark.parametrize("look", [buffers, durations, survival])
def test_a_talk_of_less_than_no_seconds_is_refused(look):
    calls = pd.DataFrame(
        {
            "lead_status": "Connected",
            "talk_seconds": [30, -5],
            "offer": "Roof",
            "offer_qualified": [True, False],
        }
    )
    with pytest.raises(
        SchemaError, match=r"'talk_seconds' holds -5 s, which is no length of a talk; leave these"
    ):
        look(calls)


def test_one_column_called_by_a_pair_among_plain_ones_is_masked_by_its_parts():
    calls = pd.DataFrame({"sid": ["1", "2"], "margin": [1.5, 2.5]})
    calls[("caller_id", "first")] = ["2125550101", "2125550102"]
    found = mask(calls, key=b"k" * 32)
    assert found["margin"].tolist() == [1.5, 2.5]
    assert not np.isin(["2125550101", "2125550102"], found.astype(str).to_numpy()).any()
