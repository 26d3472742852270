"""The board in JupyterLab in a real browser: what is brushed and clicked is what the kernel hands back."""

from __future__ import annotations

import csv
import io

import nbformat
import pytest
from lab_server import READY, drive

HOSTILE = "<img src=x onerror='window.ran = 1'><script>window.ran = 2</script>"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not READY, reason="needs Chromium, Node and playwright-core, which .ci/run installs"),
]

BOARD = [
    """import dtanalytics as dta
stack = dta.demo()
stack.start()
calls = dta.load_leadflow("2026-10", progress=False)
board = calls.calls.explore()
board""",
    "print(f\"{board.calls.calls.margin()['margin'][0]:,.2f}\")",
]
NAMES = [
    f"""import pandas as pd
import dtanalytics as dta
calls = pd.DataFrame({{"affiliate": [{HOSTILE!r}, "=1+1"] * 4, "offer": [{HOSTILE!r}] * 8}}).assign(
    lead_status="Connected", offer_qualified=True, offer_price=5.0, affiliate_qualified=True, affiliate_price=2.0,
    caller_id="2125550101", lf_state={HOSTILE!r}
)
calls.calls.explore()""",
    f"dta.show(calls, {HOSTILE!r})",
]


def notebook(path, cells):
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What the browser saw, in one session."""
    folder = tmp_path_factory.mktemp("boards")
    notebook(folder / "board.ipynb", BOARD)
    notebook(folder / "hostile.ipynb", NAMES)
    return drive(folder, "explore.mjs")


def test_a_brushed_week_and_a_clicked_affiliate_are_the_frame_of_the_kernel(seen):
    assert seen["start"]["call_count"] == "10,134"
    assert "2026-10-05 to 2026-10-11" in seen["days"]
    assert seen["chosen"]["margin"] == f"${seen['margin'].strip()}"
    assert seen["chosen"]["call_count"] == "430"


def test_the_keyboard_chooses_and_takes_back(seen):
    assert seen["keyboard"] == [
        "affiliate: Meridian Media\n\N{MULTIPLICATION SIGN}",
        "hour of the week: Mon, Tue 0:00 to 2:00\n\N{MULTIPLICATION SIGN}",
        "clear all",
    ]
    assert seen["escaped"] == ["affiliate: Meridian Media\n\N{MULTIPLICATION SIGN}", "clear all"]


def test_the_table_filters_by_name(seen):
    assert seen["filtered"] == "Meridian Media"


def test_the_board_fits_a_narrow_window_and_turns_dark(seen):
    assert seen["wide"] <= 0
    ink, paper = (sum(map(int, colour[4:-1].split(","))) for colour in seen["colours"])
    assert ink > 600
    assert paper < 200


def test_names_stay_text_on_the_board_and_in_a_shown_table(seen):
    assert seen["ran"] is None
    assert seen["images"] == 0
    assert HOSTILE in seen["board"]
    assert HOSTILE in seen["shown"]
    assert "2125550101" not in seen["board"] + seen["shown"]


def test_a_saved_table_holds_no_formula(seen):
    rows = [row for row in csv.reader(io.StringIO(seen["csv"].lstrip("\ufeff"))) if row]

    assert rows[0][:2] == ["affiliate", "offer"]
    assert {row[0] for row in rows[1:]} == {HOSTILE, "'=1+1"}


def test_nothing_is_fetched_from_elsewhere_and_no_script_fails(seen):
    assert seen["outside"] == []
    assert seen["errors"] == []
