"""What is installed is what was written: metadata, lazy imports, layers, the wheel."""

from __future__ import annotations

import importlib.metadata
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dtanalytics as dta

ROOT = Path(__file__).parents[1]
LAZY = (
    "matplotlib",
    "scipy",
    "requests",
    "duckdb",
    "narwhals",
    "great_tables",
    "click",
    "pydantic",
    "dask",
    "msgspec",
    "polars",
    "pyarrow.parquet",
    "papermill",
    "xlsxwriter",
)


def run(*command: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        **options,
    )


def test_version_is_that_of_the_metadata():
    """The version in the code and the version that is installed agree."""
    assert dta.__version__ == importlib.metadata.version("dtanalytics")


def test_import_is_lazy():
    """Importing the package imports none of the heavy libraries that pandas does not import itself."""
    code = "import json, sys, pandas; before = set(sys.modules); import dtanalytics; print(json.dumps([*before, 0, *sys.modules]))"

    modules = json.loads(run(sys.executable, "-c", code).stdout)
    cut = modules.index(0)

    assert {name for name in LAZY if name in modules[cut:] and name not in modules[:cut]} == set()


def test_import_warns_of_nothing():
    """Importing the package under -W error works, twice in one process too."""
    done = run(sys.executable, "-W", "error", "-c", "import dtanalytics, importlib; dir(dtanalytics)")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", dta.__all__)
def test_public_names_exist_and_are_documented(name):
    """Every public name resolves, is listed by dir(), and says what it is."""
    value = getattr(dta, name)

    assert name in dir(dta)
    assert name == "__version__" or inspect.getdoc(value)


def test_imports_point_one_way():
    """The layers of pyproject.toml hold, and no module is left out of them."""
    done = run(Path(sys.executable).with_name("lint-imports"), "--no-cache", cwd=ROOT)

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    assert [contract["type"] for contract in contracts] == [
        "layers",
        "acyclic_siblings",
        "protected",
        "protected",
    ]
    assert contracts[0]["exhaustive"]
    assert done.returncode == 0, done.stdout


def test_no_file_names_a_package_index():
    """Where packages come from is the machine's business: no tracked file names a host."""
    hosts = ["py" + "pi.org", "pythonhosted" + ".org", "anaconda" + ".org", "npmjs" + ".", "npmmirror" + "."]
    files = run("git", "ls-files", "-z", cwd=ROOT).stdout.split("\0")[:-1]

    naming = [
        name
        for name in files
        if (ROOT / name).is_file()
        and re.search("|".join(map(re.escape, hosts)), (ROOT / name).read_bytes().decode("latin-1"))
    ]

    assert files
    assert naming == []


def test_constraints_pin_every_requirement():
    """Each requirement of pyproject.toml is pinned exactly, without an address."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[^\s;@/]+(  # .+)?", line) for line in lines)

    def normal(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [
        *project["dependencies"],
        *(line for extra in project["optional-dependencies"].values() for line in extra),
    ]
    wanted = {normal(re.match(r"[A-Za-z0-9_.-]+", line)[0]) for line in asked} - {"dtanalytics"}

    assert wanted - {normal(line.split("==")[0]) for line in lines} == set()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("dtanalytics-*.whl")
    return path


UV = shutil.which(
    "uv", path=str(Path(sys.executable).parent)
)  # made by `make setup`; four times as fast as pip


def empty_environment(folder: Path) -> Path:
    """Python of a new environment with nothing in it but an installer."""
    made = run(
        *([UV, "venv", "-q", "--python", sys.executable] if UV else [sys.executable, "-m", "venv"]), folder
    )
    assert made.returncode == 0, made.stderr
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(python: Path, *asked: object) -> subprocess.CompletedProcess[str]:
    """Install into an environment, by the settings and the cache of whoever runs the tests."""
    pip = [UV, "pip", "install", "-q", "--python", python] if UV else [python, "-m", "pip", "install", "-q"]
    return run(*pip, *asked, env=as_set_up())


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Python of an environment that holds the wheel, and beside it what is installed here."""
    python = empty_environment(tmp_path_factory.mktemp("installed") / "venv")
    unpacked = install(python, "--no-deps", "--no-index", wheel)
    assert unpacked.returncode == 0, unpacked.stderr
    # A path line is read as it is: the checkout's own .pth file is not followed from there.
    site = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])").stdout.strip())
    (site / "dependencies.pth").write_text(
        str(Path(inspect.getfile(pytest)).parents[1]) + "\n", encoding="utf-8"
    )
    return python


@pytest.mark.wheel
def test_wheel_is_complete(installed, tmp_path):
    """The wheel alone imports, is typed, and carries the dictionary and the notebooks."""
    code = (
        "import dtanalytics, pathlib; from dtanalytics import reports;"
        "home = pathlib.Path(dtanalytics.__file__).parent; print(home);"
        "print((home / 'py.typed').is_file(), (home / 'data/dictionary.csv').is_file(), *reports.names())"
    )

    home, found = run(installed, "-c", code, cwd=tmp_path).stdout.splitlines()

    assert ROOT not in Path(home).parents
    assert found.split()[:4] == ["True", "True", "start_here", "margin"]


@pytest.mark.wheel
def test_wheel_has_the_command(installed, tmp_path):
    """The installed command runs outside the repository."""
    done = run(installed.with_name("dtanalytics"), "--version", cwd=tmp_path)

    assert done.stdout == f"dtanalytics, version {dta.__version__}\n"


@pytest.mark.wheel
def test_wheel_has_the_sample(installed, tmp_path):
    """dta.demo() finds its sample in the wheel and serves it."""
    code = "import dtanalytics as dta\nwith dta.demo():\n    print(len(dta.load_leadflow('2026-10-05')) > 0)"

    done = run(installed, "-c", code, cwd=tmp_path)

    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr


COMPILING = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # each start would compile every library again
EXTRAS = ("dask", "excel", "explore", "phone")  # of `notebook` the package uses no more than the commands


def floors() -> dict[str, str]:
    """Library -> the lowest version that pyproject.toml allows; each requirement has one, and no ceiling."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [line for line in project["dependencies"] if ";" not in line]  # others are for other systems
    asked += [line for extra in EXTRAS for line in project["optional-dependencies"][extra]]
    parts = [re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?>=([\d.]+)", line) for line in asked]
    return {part[1]: part[2] for part in parts}


@pytest.fixture(scope="module")
def lowest(wheel, tmp_path_factory) -> Path:
    """Python of an environment that holds the wheel, and of each library the lowest version allowed."""
    folder = tmp_path_factory.mktemp("lowest")
    python = empty_environment(folder / "venv")
    pins = folder / "constraints.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in floors().items()), encoding="utf-8")
    asked = f"{wheel}[{','.join(EXTRAS)}]"
    done = install(python, "-c", pins, asked)
    if re.search(
        r"NewConnectionError|ConnectTimeoutError|NameResolutionError|dns error|tcp connect", done.stderr
    ):
        pytest.skip("needs a package index, for versions that are not installed here")
    assert done.returncode == 0, done.stderr
    return python


def as_set_up() -> dict[str, str]:
    """The environment in which pip finds its settings and its cache: those of whoever runs the tests."""
    import pwd

    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return {**kept, "HOME": pwd.getpwuid(os.getuid()).pw_dir}


@pytest.mark.wheel
@pytest.mark.timeout(400)
def test_the_lowest_versions_are_those_that_are_tested(lowest):
    """Each floor is a version that exists, and is what pip installed."""
    code = "import importlib.metadata as m, json; print(json.dumps([(d.name, d.version) for d in m.distributions()]))"
    listed = json.loads(run(lowest, "-c", code).stdout)
    there = {name.lower().replace("-", "_"): version for name, version in listed}

    found = {name: there[name.lower().replace("-", "_")] for name in floors()}

    assert {
        name: version
        for name, version in found.items()
        if not re.fullmatch(re.escape(floors()[name]) + r"(\.0)*", version)
    } == {}


@pytest.mark.wheel
@pytest.mark.timeout(400)
def test_every_example_runs_on_the_lowest_versions(lowest, tmp_path):
    """Loads over HTTP, rollups on each engine, analyses, pictures, sheets: what the docstrings show holds there too."""
    done = run(
        lowest, "-W", "error::FutureWarning", ROOT / "tests" / "examples.py", cwd=tmp_path, env=COMPILING
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split(" examples")[0].splitlines()[-1]) > 300


@pytest.mark.wheel
@pytest.mark.timeout(400)
def test_the_command_runs_on_the_lowest_versions(lowest, tmp_path):
    """The command starts, prints the dictionaries and looks into the cache."""
    command = lowest.with_name("dtanalytics")
    asked = (["--version"], ["metrics", "--csv"], ["fields"], ["cache", "info"])
    done = [run(command, *words, cwd=tmp_path, env=COMPILING) for words in asked]

    assert [outcome.stderr for outcome in done if outcome.returncode] == []
    assert "margin_rate" in done[1].stdout
