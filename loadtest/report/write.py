"""Write the report of a run folder: timeline.csv, summary.json, chart.png and report.html.

Everything follows from the files of the run, so a report can be made again at any time.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from loadtest.format import clock, number, plural
from loadtest.report import caveats, chart, events, scaling, summary, timeline, timeline_csv, verdict
from loadtest.report.chart import Layout
from loadtest.report.panels import COLOURS
from loadtest.report.scaling import Scaling
from loadtest.report.timeline import Run, Second
from loadtest.report.verdict import Verdict
from loadtest.users.models import describe_weights

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Headline:
    """One of the few figures above the chart."""

    value: str
    unit: str
    text: str


def write(folder: Path) -> Verdict:
    """Write the report from the files of a run folder. Raises ValueError if there is nothing to report."""
    run = timeline.read(folder)
    scaled = scaling.analyse(run)
    judgement = verdict.judge(run, scaled)
    figures = summary.summarize(run, scaled, judgement)
    timeline_csv.write(run, folder / "timeline.csv")
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
    wide = chart.draw(run, scaled, chart.WIDE)
    chart.write_png(wide, folder / "chart.png")
    (folder / "report.html").write_text(_page(run, scaled, judgement, figures, wide), encoding="utf-8")
    return judgement


def _page(run: Run, scaled: Scaling, judgement: Verdict, figures: dict[str, Any], wide: Figure) -> str:
    templates = jinja2.FileSystemLoader(HERE)
    environment = jinja2.Environment(loader=templates, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {"clock": clock, "number": number, "plural": plural}
    others = [(chart.draw(run, scaled, layout), layout) for layout in (chart.PAPER, chart.NARROW)]
    return environment.get_template("report.html.j2").render(
        run=run,
        plan=run.plan,
        models=describe_weights(run.models),
        verdict=judgement,
        figures=figures,
        headlines=headlines(run, figures),
        events=events.list_events(run, scaled),
        caveats=caveats.list_caveats(run),
        colours=COLOURS,
        charts=[_embed(figure, layout) for figure, layout in ((wide, chart.WIDE), *others)],
        seconds=[_readout(second) for second in run.seconds],
        style=_read_unescaped("report.css"),
        script=_read_unescaped("report.js"),
        began=datetime.fromtimestamp(int(run.start), UTC),
        plan_json=json.dumps(run.plan, indent=2, ensure_ascii=False),
    )


def _read_unescaped(name: str) -> Markup:
    """Read one of our own files for the page, which the template must not escape."""
    return Markup((HERE / name).read_text(encoding="utf-8"))  # noqa: S704


def _embed(figure: Figure, layout: Layout) -> dict[str, Any]:
    """Return a chart for the page with the position of its time axis; matplotlib has escaped its text."""
    left, right = chart.plot_span(layout)
    return {"name": layout.name, "left": left, "right": right, "svg": Markup(chart.to_svg(figure, layout.name))}  # noqa: S704


def _readout(second: Second) -> str:
    """Return the figures of one second for the pointer, one per line."""
    lines = [clock(second.t)]
    if (load := second.load) is not None:
        p50, p95, p99 = second.percentiles.values()
        lines.append(f"{plural(load.users, 'user')}, {number(load.sent)} requests/s")
        if second.failures:
            lines.append(f"{number(load.failed)} failed, {number(load.lost)} lost")
        if p50 is not None and p95 is not None and p99 is not None:
            lines.append(f"p50 {number(p50)}, p95 {number(p95)}, p99 {number(p99)} ms")
    if (state := second.cluster) is not None:
        if state.cpu is not None:
            lines.append(f"CPU {state.cpu:g} % of the request")
        lines.append(f"{state.ready} of {plural(state.desired, 'pod')} ready")
    return "\n".join(lines)


def headlines(run: Run, figures: dict[str, Any]) -> list[Headline]:
    requests, p99, scaled = figures["requests"], figures["latency_ms"]["p99"], figures["scaling"]
    bad = requests["failed"] + requests["lost"]
    found = [
        Headline(
            number(requests["sent"]), "requests", f"{number(bad)} failed or lost" if bad else "none failed, none lost"
        ),
        Headline(number(p99) if p99 is not None else "–", "ms", "p99 latency over the whole run"),
    ]
    if scaled is None:
        mean = number(requests["per_second_mean"] or 0)
        return [*found, Headline(mean, "per second", f"on average over {plural(run.duration, 'second')}")]
    if scaled["peak_after_s"] is not None:
        text = f"from the load step to {plural(scaled['peak_replicas'], 'pod')} ready"
        found.append(Headline(number(scaled["peak_after_s"]), "s", text))
    else:
        found.append(Headline("–", "", "no scale-up was completed"))
    used, most = figures["cost"]["pod_seconds"], figures["cost"]["at_maximum_pod_seconds"]
    saved = f"{100 - 100 * used / most:.0f} % less than with the maximum of pods throughout" if most else ""
    return [*found, Headline(number(used), "pod-seconds", saved)]
