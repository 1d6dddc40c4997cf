"""The book's page of figures is what was measured. Nobody edits a table or a plot by hand."""

import argparse
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import BINARIES, ROOT

BENCH = ROOT / "tests" / "bench"
sys.path.insert(0, str(BENCH))

import plots  # noqa: E402

import desk  # noqa: E402
import reviews  # noqa: E402


def test_every_table_and_plot_is_what_the_figures_make():
    checked = subprocess.run(
        [sys.executable, BENCH / "plots.py", "--check"], capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_an_edited_table_is_found():
    documents = plots.read()
    page = plots.made(plots.PAGE.read_text(), documents)[plots.PAGE]
    edited = page.replace("| gate |", "| gate | 0 |", 1)
    assert edited != page
    assert plots.made(edited, documents)[plots.PAGE] == page


def test_each_figure_names_its_machine_and_a_command_that_is_there():
    for name, document in plots.read().items():
        script = document["command"].split()[0]
        assert (ROOT / script).is_file(), (name, script)
        measured = document["measured"]
        assert measured["processor"], name
        assert measured["date"], name


def test_each_plot_has_a_title_and_text_that_a_phone_shows_readably():
    for path in plots.FIGURES.glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        svg = "{http://www.w3.org/2000/svg}"
        assert root.find(f"{svg}title").text, path
        _, _, width, height = map(float, root.get("viewBox").split())
        # A phone has 390 pixels, less the page's margins. Letters are 12 units high.
        assert 12 * 358 / width >= 11, path
        for text in root.iter(f"{svg}text"):
            assert 0 <= float(text.get("x")) <= width, (path, text.text)
            assert 0 <= float(text.get("y")) <= height, (path, text.text)


@pytest.mark.parametrize("values", [[3, 3], [0.02, 7], [1, 10_000], [10, 100]])
def test_an_axis_holds_its_values_between_powers_of_ten(values):
    axis = plots.Axis(values, 0, 100)
    assert all(0 <= axis(value) <= 100 for value in values)
    assert len(axis.marks()) >= 2


def bench(folder, **scripts):
    """A copy of the command, beside other benchmarks."""
    copied = folder / "tests" / "bench"
    copied.mkdir(parents=True)
    for name in ("measure", "plots.py"):
        (copied / name).write_bytes((BENCH / name).read_bytes())
    for name, text in scripts.items():
        (copied / f"{name}.py").write_text(text)

    def measure(*names):
        command = [sys.executable, copied / "measure", "--quick", "--no-build", *names]
        return subprocess.run(command, capture_output=True, text=True)

    return measure


def test_a_bench_without_figures_is_named_and_not_called_measured(tmp_path):
    failing = "import sys  # --json\nsys.exit(3)\n"
    measure = bench(tmp_path, desk="print('no figures')\n", history=failing)
    done = measure("gate", "desk", "history")
    assert done.returncode == 1
    assert "gate: there is no tests/bench/gate.py" in done.stdout
    assert "desk: tests/bench/desk.py does not write its figures (`--json`)" in done.stdout
    assert "history: ended with 3, and wrote no figures" in done.stdout
    assert "measured" not in done.stdout.partition("=== summary")[2]


def test_a_bench_with_figures_is_measured(tmp_path):
    writes = (
        "import pathlib, sys\n"
        "path = sys.argv[sys.argv.index('--json') + 1]\n"
        """pathlib.Path(path).write_text('{"title": "x", "rows": [{"pages": 1}]}')\n"""
    )
    done = bench(tmp_path, desk=writes)("desk")
    assert done.returncode == 0, done.stdout + done.stderr
    written = json.loads((tmp_path / "target" / "figures" / "desk.json").read_text())
    assert written["rows"] == [{"pages": 1}]
    assert written["command"].startswith("tests/bench/desk.py")
    assert written["measured"]["processors"] >= 1


def test_a_name_that_is_not_a_figure_is_refused(tmp_path):
    done = bench(tmp_path)("gates")
    assert done.returncode == 2
    assert "no such figure: gates" in done.stderr


def test_the_benchmark_of_reviews_still_runs():
    for method, requests in (("merge", 10), ("squash", 10)):
        row = reviews.measure(8, 4, method, 0)
        assert row["pull requests"] == 4
        assert row["requests"] >= requests


def test_the_benchmark_of_the_desk_still_runs():
    given = argparse.Namespace(program=BINARIES / "desk", pages=1, round_trip=1, throttle=False)
    row = desk.measure(given, 3)
    assert row["pipelines"] == 3
    # Whose credentials these are, the list, and four questions for each pipeline.
    assert row["calls"] == 1 + 1 + 4 * 3
