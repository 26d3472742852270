"""The page with every picture."""

from __future__ import annotations

import json
import re

import matplotlib.pyplot as plt
from click.testing import CliRunner

from dtanalytics.cli.commands import main

VERBS = r"\b(are|bites|brought|called|came|comes|costs|fell|have|is|keep|lie|peaked|qualified|ran|rose|talk|was|were|would)\b"


def test_the_gallery_is_a_page_with_every_picture_and_its_numbers(tmp_path):
    """Each is headed by a sentence with a number, names its period, and has its table beside it."""
    before = plt.get_fignums()

    done = CliRunner().invoke(main, ["gallery", "--out", str(tmp_path)])
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))

    assert done.exit_code == 0, done.output
    assert len(pictures) >= 30
    assert [name for name in pictures if f'src="{name}"' not in page] == []
    texts = re.findall(r'<img src="[^"]+" alt="([^"]+)"', page)
    assert len(texts) == len(pictures)
    assert [text for text in texts if len(text.split()) < 8 or not re.search(r"\d", text)] == []
    titles = [text.partition(". ")[0] for text in texts]
    assert [
        title for title in titles if not re.search(VERBS, title, re.IGNORECASE) or not re.search(r"\d", title)
    ] == []
    assert [text for text in texts if ". 2026-10-01 to 2026-10-31" not in text] == []
    assert re.search(
        r"<p>Period: 2026-10-01 to 2026-10-31, Eastern, as of .*, demonstration data, made up<", page
    )
    tables = [
        json.loads((tmp_path / name).with_suffix(".json").read_text(encoding="utf-8")) for name in pictures
    ]
    assert [name for name, table in zip(pictures, tables, strict=True) if not table] == []
    assert plt.get_fignums() == before
