"""Lay out the handbook's pages in build/handbook/ and let Sphinx write build/docs/ (``make docs``).

The pages are those of docs/, the notebooks, and the Markdown files beside README. Pages that list what the
package has (reference, pictures of the gallery) are written from the package, so that none is forgotten.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import reference

import dtanalytics as dta

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "build" / "handbook"
SITE = ROOT / "build" / "docs"
CARD = """:::{{grid-item-card}} {title}
:img-top: thumbs/{file}
:link: picture-{name}
:link-type: ref
:::
"""
BESIDE_README = ("GLOSSARY.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")


def lay_out() -> None:
    """Copy every page to where the site has it, with links that hold there, and write the generated ones."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(
        ROOT / "docs", SOURCE, ignore=shutil.ignore_patterns("build.py", "reference.py", "__pycache__")
    )
    shutil.copytree(
        ROOT / "notebooks", SOURCE / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints")
    )
    for page in SOURCE.rglob("*.md"):
        # A page of docs/ says ../GLOSSARY.md; in the site the glossary stands beside it.
        up = "../" * len(page.relative_to(SOURCE).parts)
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(f"]({up}", f"]({up[3:]}"), encoding="utf-8")
    for name in BESIDE_README:
        text = (ROOT / name).read_text(encoding="utf-8")
        text = re.sub(r"\]\(docs/", "](", text)
        (SOURCE / name).write_text(text, encoding="utf-8")
    reference.write(SOURCE)
    pictures(SOURCE / "gallery")


def pictures(folder: Path) -> None:
    """Draw the small pictures of the gallery's first page, each a link to its section."""
    from dtanalytics import plots

    thumbs = folder / "thumbs"
    with dta.demo():
        calls, earlier = (dta.load_leadflow(month, progress=False) for month in ("2026-10", "2026-09"))
        bids = dta.load_bids("2026-10", progress=False)
        drawn = plots.gallery(calls, thumbs, earlier, dpi=60, bids=bids)
    pages = "\n".join(page.read_text(encoding="utf-8") for page in folder.glob("*.md"))
    sections = set(re.findall(r"^\(picture-([a-z_]+)\)=$", pages, re.MULTILINE))
    missing = [path.stem for path in drawn if path.stem not in sections]
    if missing:
        raise SystemExit(f"pictures without a section in docs/gallery/: {', '.join(missing)}")
    cards = "\n".join(
        CARD.format(title=path.stem.replace("_", " ").capitalize(), file=path.name, name=path.stem)
        for path in drawn
    )
    index = folder / "index.md"
    text = index.read_text(encoding="utf-8")
    index.write_text(text.replace("<!-- pictures -->", cards), encoding="utf-8")


def main() -> None:
    """Write the site; a warning is an error."""
    lay_out()
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-j", "2", "-W", "--keep-going", "-q"]
    shutil.rmtree(SITE, ignore_errors=True)
    done = subprocess.run(
        [*command, str(SOURCE), str(SITE)], check=False, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    for line in done.stderr.splitlines():
        if "Kernel is running over TCP" not in line:  # said by every kernel of every page
            print(line, file=sys.stderr)
    shutil.rmtree(SITE / ".doctrees", ignore_errors=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    print(f"wrote {SITE / 'index.html'}")


if __name__ == "__main__":
    main()
