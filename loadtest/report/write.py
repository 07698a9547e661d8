"""Run folder → timeline.csv, chart.png, summary.json, report.html: a pure join of its files on the time axis."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from loadtest.format import clock, number, plural
from loadtest.report import caveats, chart, events, summary, timeline, timeline_csv, verdict
from loadtest.report.chart import Layout
from loadtest.report.palette import COLOURS
from loadtest.report.timeline import Moment, Run
from loadtest.report.verdict import Verdict
from loadtest.users.load_second import percentile
from loadtest.users.models import worded

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Key:
    """One of the few figures that stand over the chart."""

    value: str
    unit: str
    words: str


def write(folder: Path) -> Verdict:
    """Make the report of a run folder again from its files. Raises ValueError when there is nothing to report."""
    run = timeline.read(folder)
    judged = verdict.judge(run)
    figures = summary.summarize(run, judged)
    timeline_csv.write(run, folder / "timeline.csv")
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
    wide = chart.draw(run, chart.WIDE)
    chart.png(wide, folder / "chart.png")
    (folder / "report.html").write_text(page(run, judged, figures, wide), encoding="utf-8")
    return judged


def page(run: Run, judged: Verdict, figures: dict[str, Any], wide: Figure) -> str:
    templates = jinja2.FileSystemLoader(HERE)
    environment = jinja2.Environment(loader=templates, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {"clock": clock, "number": number, "plural": plural}
    return environment.get_template("report.html.j2").render(
        run=run,
        plan=run.plan,
        models=worded(run.models),
        verdict=judged,
        figures=figures,
        keys=keys(run, figures),
        story=events.tell(run),
        limits=caveats.limits(run),
        colours=COLOURS,
        charts=[
            drawn(wide, chart.WIDE),
            *(drawn(chart.draw(run, layout), layout) for layout in (chart.PAPER, chart.NARROW)),
        ],
        seconds=[readout(moment) for moment in run.moments],
        style=as_it_is("report.css"),
        script=as_it_is("report.js"),
        began=datetime.fromtimestamp(int(run.start), UTC),
        plan_json=json.dumps(run.plan, indent=2, ensure_ascii=False),
    )


def as_it_is(name: str) -> Markup:
    """A file of ours for the page, which its template must not escape."""
    return Markup((HERE / name).read_text(encoding="utf-8"))  # noqa: S704


def drawn(figure: Figure, layout: Layout) -> dict[str, Any]:
    """A chart for the page, with the place of its time axis; matplotlib has escaped its words."""
    left, right = chart.plot_span(layout)
    return {"name": layout.name, "left": left, "right": right, "svg": Markup(chart.svg(figure, layout.name))}  # noqa: S704


def readout(moment: Moment) -> str:
    """The figures of one second, a line each, for the pointer."""
    lines = [clock(moment.t)]
    if (load := moment.load) is not None:
        p50, p95, p99 = (percentile(load.latency_ms, share) for share in (0.5, 0.95, 0.99))
        lines.append(f"{plural(load.users, 'user')}, {number(load.sent)} requests/s")
        if load.failed or load.lost:
            lines.append(f"{number(load.failed)} failed, {number(load.lost)} lost")
        if p50 is not None and p95 is not None and p99 is not None:
            lines.append(f"p50 {number(p50)}, p95 {number(p95)}, p99 {number(p99)} ms")
    if (state := moment.cluster) is not None:
        if state.cpu is not None:
            lines.append(f"CPU {state.cpu:g} % of request")
        lines.append(f"{state.ready} of {plural(state.desired, 'pod')} ready")
    return "\n".join(lines)


def keys(run: Run, figures: dict[str, Any]) -> list[Key]:
    requests, p99, scaled = figures["requests"], figures["latency_ms"]["p99"], figures["scaling"]
    bad = requests["failed"] + requests["lost"]
    found = [
        Key(number(requests["sent"]), "requests", f"{number(bad)} failed or lost" if bad else "none failed, none lost"),
        Key(number(p99) if p99 is not None else "–", "ms", "p99 latency over the run"),
    ]
    if scaled is None:
        return [
            *found,
            Key(number(requests["per_second_mean"] or 0), "a second", f"mean over {plural(run.seconds, 'second')}"),
        ]
    if scaled["peak_after_s"] is not None:
        words = f"from the load step to {plural(scaled['peak_replicas'], 'pod')} ready"
        found.append(Key(number(scaled["peak_after_s"]), "s", words))
    else:
        found.append(Key("–", "", "no scale-up was seen to its end"))
    used, most = figures["cost"]["pod_seconds"], figures["cost"]["at_maximum_pod_seconds"]
    saved = f"{100 - 100 * used / most:.0f} % less than always at the maximum" if most else ""
    return [*found, Key(number(used), "pod-seconds", saved)]
