#!/usr/bin/env python3
"""Draws what `tests/bench/measure` has measured, and writes it into the page.

    tests/bench/plots.py            writes docs/figures/*.svg and the tables of docs/figures.md
    tests/bench/plots.py --check    only says what is not what the figures make

It reads docs/figures/*.json. The same figures make the same bytes, so that nobody can edit a plot
or a table by hand: a test runs this with `--check`. The exit code is 1 if something differs.
"""

import argparse
import json
import math
import re
import sys
import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIGURES = ROOT / "docs" / "figures"
PAGE = ROOT / "docs" / "figures.md"

# A phone shows a plot at about this width, at which its text is still readable.
WIDTH = 380
# The width on a larger screen. Nothing but the size changes.
SHOWN = 570
MARGIN = 12
LINE = 17

STYLE = """
svg { font: 12px system-ui, sans-serif; background: #fff; }
.paper { fill: #fff; } text { fill: #24292f; } .soft { fill: #57606a; }
.axis { stroke: #8c959f; } .grid { stroke: #d8dee4; }
.ours { fill: #0969da; } .others { fill: #8c959f; }
.line { stroke: #0969da; stroke-width: 2; fill: none; }
.other { stroke: #8c959f; stroke-width: 2; fill: none; stroke-dasharray: 5 4; }
.title { font-weight: 600; } .value { font-variant-numeric: tabular-nums; }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; }
  .paper { fill: #0d1117; } text { fill: #e6edf3; } .soft { fill: #9198a1; }
  .axis { stroke: #656c76; } .grid { stroke: #30363d; }
  .ours { fill: #4493f8; } .others { fill: #656c76; }
  .line { stroke: #4493f8; } .other { stroke: #8b949e; }
}
"""


@dataclass(frozen=True)
class Bars:
    """A bar for each row, in one panel for each column. Without `beside`, the first row is ours.
    Otherwise all are, and `beside` may name what each column is compared with: a label and a
    column. Only the rows with the largest `last` are drawn, and the `most` largest ones.
    """

    label: str
    columns: tuple[str, ...]
    beside: tuple[tuple[str, str], ...] | None = None
    last: str | None = None
    most: int | None = None

    def draw(self, rows):
        drawing = Drawing()
        if self.last:
            largest = max(row[self.last] for row in rows)
            rows = [row for row in rows if row[self.last] == largest]
        if self.most:
            rows = sorted(rows, key=lambda row: -row[self.columns[0]])[: self.most]
        for number, column in enumerate(self.columns):
            ours = rows if self.beside is not None else rows[:1]
            bars = [(row[self.label], row[column], "ours") for row in ours]
            bars += [(row[self.label], row[column], "others") for row in rows[len(ours) :]]
            if self.beside:
                label, other = self.beside[number]
                bars.append((label, rows[0][other], "others"))
            drawing.title(column, f"{figure(largest)} {self.last}" if self.last else None)
            for label, value, kind in bars:
                drawing.bar(label, value, max(value for _, value, _ in bars), kind)
            drawing.space()
        return drawing


@dataclass(frozen=True)
class Lines:
    """A panel for each column over the column `x`, both on logarithmic axes, and for each value of
    the column `by`. A dashed line is what is proportional to `x` and ends in the last point.
    """

    x: str
    columns: tuple[str, ...]
    by: str | None = None

    def draw(self, rows):
        drawing = Drawing()
        for each in dict.fromkeys(row[self.by] for row in rows) if self.by else [None]:
            ours = [row for row in rows if each is None or row[self.by] == each]
            for column in self.columns:
                drawing.title(column, each)
                drawing.panel(self.x, [(row[self.x], row[column]) for row in ours])
                drawing.space()
        return drawing


# How each figure is drawn. One that is not here has a table only.
DRAWN = {
    "gate": Bars("program", ("start ms", "memory MB", "warm decision ms", "cold decision ms")),
    "desk": Lines("pipelines", ("first page ms", "processor ms")),
    "history": Lines("actions", ("cpu_s", "peak_mb"), by="by"),
    "evidence": Bars(
        "format",
        ("cpu_s", "peak_mb"),
        beside=(("Python json.load", "json_load_s"), ("the input", "input_mb")),
        last="executions",
    ),
    "audit": Bars("shape", ("cpu_s", "peak_mb")),
    "hard": Bars("shape", ("cpu_s",), beside=(), most=10),
}


class Drawing:
    """The elements of an SVG, from top to bottom."""

    def __init__(self):
        self.elements = []
        self.y = MARGIN

    def add(self, name, text=None, **attributes):
        written = "".join(
            f' {key.rstrip("_").replace("_", "-")}="{number(value)}"'
            for key, value in attributes.items()
        )
        end = "/>" if text is None else f">{escape(text)}</{name}>"
        self.elements.append(f"<{name}{written}{end}")

    def text(self, text, x, y, kind=None, anchor=None):
        more = {"text_anchor": anchor} if anchor else {}
        self.add("text", text, x=x, y=y, **({"class_": kind} if kind else {}), **more)

    def title(self, column, of=None):
        self.y += LINE
        self.text(f"{of}: {named(column)}" if of else named(column), MARGIN, self.y, "title")
        self.y += 6

    def space(self):
        self.y += 10

    def bar(self, label, value, largest, kind):
        self.y += LINE
        self.text(label, MARGIN, self.y, "soft")
        self.y += 5
        room = WIDTH - 2 * MARGIN - 62
        width = max(room * value / largest, 1)
        self.add("rect", x=MARGIN, y=self.y, width=width, height=13, rx=2, class_=kind)
        self.text(figure(value), MARGIN + width + 6, self.y + 11, "value")
        self.y += 15

    def panel(self, x_name, points):
        """A curve over logarithmic axes, with a line at each power of ten."""
        left, right = MARGIN + 44, WIDTH - MARGIN - 14
        top, bottom = self.y + 8, self.y + 168
        across = Axis([x for x, _ in points], left, right)
        up = Axis([y for _, y in points], bottom, top)
        for value in up.marks():
            y = up(value)
            self.add("line", x1=left, x2=right, y1=y, y2=y, class_="grid")
            self.text(figure(value), left - 6, y + 4, "soft", "end")
        for value in across.marks():
            x = across(value)
            self.add("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid")
            self.text(figure(value), x, bottom + 16, "soft", "middle")
        self.add("line", x1=left, x2=right, y1=bottom, y2=bottom, class_="axis")
        self.add("line", x1=left, x2=left, y1=top, y2=bottom, class_="axis")
        last_x, last_y = points[-1]
        first = max(points[0][0], last_x * up.low / last_y)
        proportional = [(first, last_y * first / last_x), (last_x, last_y)]
        self.add("polyline", points=path(proportional, across, up), class_="other")
        self.add("polyline", points=path(points, across, up), class_="line")
        for x, y in points:
            self.add("circle", cx=across(x), cy=up(y), r=3.5, class_="ours")
        self.text("dashed: proportional", left, bottom + 33, "soft")
        self.text(named(x_name), right, bottom + 33, "soft", "end")
        self.y = bottom + 36

    def svg(self, title):
        height = self.y + MARGIN
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{SHOWN}" '
            f'height="{number(height * SHOWN / WIDTH)}" viewBox="0 0 {WIDTH} {number(height)}" '
            f'role="img">'
        )
        paper = f'<rect class="paper" width="{WIDTH}" height="{number(height)}"/>'
        parts = [head, f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", paper]
        return "\n".join([*parts, *self.elements, "</svg>"]) + "\n"


class Axis:
    """A logarithmic axis over whole decades, from one place to another."""

    def __init__(self, values, begin, end):
        least, most = min(values), max(values)
        self.low = 10 ** math.floor(math.log10(least) + 1e-9)
        self.high = 10 ** math.ceil(math.log10(most) - 1e-9)
        if self.high <= self.low:
            self.high = self.low * 10
        self.begin, self.end = begin, end

    def __call__(self, value):
        part = math.log10(value / self.low) / math.log10(self.high / self.low)
        return self.begin + part * (self.end - self.begin)

    def marks(self):
        decades = round(math.log10(self.high / self.low))
        return [self.low * 10**it for it in range(decades + 1)]


def path(points, across, up):
    return " ".join(f"{number(across(x))},{number(up(y))}" for x, y in points)


def number(value):
    """A number of an SVG, rounded, so that it does not depend on the processor."""
    return f"{round(value, 1):g}" if isinstance(value, int | float) else escape(str(value))


def figure(value):
    """A figure as people read it: `12,345`, `12.3`, `0.12`."""
    if not is_number(value):
        return "" if value is None else str(value)
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


UNITS = {"s": "s", "seconds": "s", "ms": "ms", "mb": "MB", "kb": "kB"}
# Short keys, as people read them.
NAMES = {
    "cpu_s": "processor_s",
    "wall_s": "clock_s",
    "peak_mb": "memory_mb",
    "json_load_s": "json.load_s",
    "of_json_load": "of json.load",
    "cpu_exponent": "processor grows by n to the",
    "peak_exponent": "memory grows by n to the",
    "exponent": "grows by n to the",
    "ratio": "of json.load",
}


def named(column):
    """The name of a column, with its unit in brackets: `start (ms)`."""
    words = NAMES.get(column, column).replace("_", " ")
    name, _, unit = words.rpartition(" ")
    if name and (unit := UNITS.get(unit.lower())):
        return f"{name} ({unit})"
    return words


def table(rows):
    """The rows, without columns in which nothing is known."""
    names = dict.fromkeys(name for row in rows for name in row)
    names = [name for name in names if any(row.get(name) is not None for row in rows)]
    numeric = [all(is_number(row.get(name) or 0) for row in rows) for name in names]
    lines = [
        f"| {' | '.join(map(named, names))} |",
        f"|{'|'.join('---:' if it else '---' for it in numeric)}|",
    ]
    for row in rows:
        lines.append(f"| {' | '.join(figure(row.get(name)) for name in names)} |")
    return "\n".join(lines)


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def section(name, document):
    """The text for one figure, between its markers."""
    parts = []
    if name in DRAWN:
        parts.append(f"![{document['title']}](figures/{name}.svg)")
    parts.append(table(document["rows"]))
    if document.get("limits"):
        parts.append(table(document["limits"]))
    if document.get("unit notes"):
        notes = document["unit notes"]
        notes = notes if isinstance(notes, str) else "; ".join(notes)
        parts.append(textwrap.fill(f"{notes[0].upper()}{notes[1:].rstrip('.')}.", 100))
    if measured := document.get("measured"):
        load = measured["load before"]
        parts.append(
            f"{measured['processor']}, {measured['processors']} processors, {measured['date']}, "
            f"load before: {load}."
        )
        parts.append(f"```sh\n{document['command']}\n```")
    return "\n\n".join(parts)


def made(page, documents):
    """Every file that the figures make, by its path."""
    files = {}
    for name, document in documents.items():
        if name in DRAWN:
            drawing = DRAWN[name].draw(document["rows"])
            files[FIGURES / f"{name}.svg"] = drawing.svg(document["title"])

    def filled(found):
        name = found[1]
        text = f"Not measured for this page yet:\n\n```sh\ntests/bench/measure {name}\n```"
        if name in documents:
            text = section(name, documents[name])
        return f"<!-- figures of {name} -->\n\n{text}\n\n<!-- end -->"

    marked = re.compile(r"<!-- figures of (\S+) -->\n.*?<!-- end -->", re.DOTALL)
    files[PAGE] = marked.sub(filled, page)
    for name in documents:
        if f"<!-- figures of {name} -->" not in page:
            sys.exit(f"error: docs/figures.md has no place for `{name}`; add its two markers")
    return files


def read():
    return {path.stem: json.loads(path.read_text()) for path in sorted(FIGURES.glob("*.json"))}


def write(only_check=False):
    """Writes every file that differs, or only says which. Returns how many do."""
    differing = 0
    for path, text in made(PAGE.read_text(), read()).items():
        if path.exists() and path.read_text() == text:
            continue
        differing += 1
        shown = path.relative_to(ROOT)
        if only_check:
            print(f"{shown} is not what the figures make; run `tests/bench/plots.py`")
        else:
            path.write_text(text)
            print(f"{shown}: written")
    return differing


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    given = parser.parse_args()
    differing = write(only_check=given.check)
    return 1 if given.check and differing else 0


if __name__ == "__main__":
    sys.exit(main())
