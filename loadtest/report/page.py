"""The page of a run: report.html, and what the live page shows while the run goes on."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from loadtest.format import clock, number, plural
from loadtest.report import caveats, chart, cost, events, faults
from loadtest.report.chart import Layout
from loadtest.report.colours import COLOURS
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


def render(
    run: Run, scaled: Scaling, judgement: Verdict, figures: dict[str, Any], layouts: Sequence[Layout] = chart.LAYOUTS
) -> str:
    """Return the page of a run, with its chart in each of `layouts`."""
    seconds = [_readout(second) for second in run.seconds]
    axis = chart.time_range(run)
    return _template("report.html.j2").render(
        run=run,
        plan=run.plan,
        models=describe_weights(run.models),
        verdict=judgement,
        badge=_badge(run, judgement),
        words=_describe_progress(run) if run.running else judgement.text,
        figures=figures,
        headlines=headlines(run, figures),
        costs=cost.rows(figures["cost"], run.duration) if figures["cost"] else [],
        events=events.list_events(run, scaled),
        impacts=faults.impacts(run),
        caveats=caveats.list_caveats(run),
        charts=[_embed(run, scaled, layout) for layout in layouts],
        seconds=seconds + [""] * (axis[1] - axis[0] - len(seconds)),
        began=datetime.fromtimestamp(int(run.start), UTC),
        plan_json=json.dumps(_shorten(run.plan), indent=2, ensure_ascii=False),
    )


def render_live(report: Path) -> str:
    """Return the page that fetches a run's page again and again, until `report` is written."""
    return _template("live.html.j2").render(report=report, live_script=_read_unescaped("live.js"))


def _template(name: str) -> jinja2.Template:
    templates = jinja2.FileSystemLoader(HERE)
    environment = jinja2.Environment(loader=templates, autoescape=True, undefined=jinja2.StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {"clock": clock, "number": number, "plural": plural}
    style, script = _read_unescaped("report.css"), _read_unescaped("report.js")
    environment.globals |= {"colours": COLOURS, "style": style, "script": script}
    return environment.get_template(name)


def _read_unescaped(name: str) -> Markup:
    """Read one of our own files for the page, which the template must not escape."""
    return Markup((HERE / name).read_text(encoding="utf-8"))  # noqa: S704


def _shorten(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan without the rates of recorded traffic, which are megabytes for a day."""
    traffic = plan["shape"].get("traffic")  # older plans have none
    left = {"traffic": f"{number(len(traffic))} changes of rate"} if traffic else {}
    return {**plan, "shape": plan["shape"] | left}


def _embed(run: Run, scaled: Scaling, layout: Layout) -> dict[str, Any]:
    """Return a chart for the page with the position of its time axis; matplotlib has escaped its text."""
    left, right = chart.plot_span(layout)
    svg = chart.to_svg(chart.draw(run, scaled, layout), layout.name)
    return {"name": layout.name, "left": left, "right": right, "svg": Markup(svg)}  # noqa: S704


def _badge(run: Run, judgement: Verdict) -> str:
    if run.running:
        return "Running"
    return "Passed" if judgement.passed else "Interrupted" if judgement.interrupted else "Missed"


def _describe_progress(run: Run) -> str:
    """Return the stage of a run that goes on, and how long it still takes."""
    stage = run.shape.stage_at(run.duration)
    if stage is None:
        return "The load has ended, and the report is being written"
    left = clock(run.shape.duration - run.duration)
    return f"{stage.name.capitalize()}: {clock(run.duration)} of {clock(run.shape.duration)}, {left} left"


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
    span = "so far" if run.running else "over the whole run"
    found = [
        Headline(
            number(requests["sent"]), "requests", f"{number(bad)} failed or lost" if bad else "none failed, none lost"
        ),
        Headline(number(p99) if p99 is not None else "–", "ms", f"p99 latency {span}"),
    ]
    if scaled is None:
        mean = number(requests["per_second_mean"] or 0)
        return [*found, Headline(mean, "per second", f"on average over {plural(run.duration, 'second')}")]
    if scaled["peak_after_s"] is not None:
        text = f"from the load step to {plural(scaled['peak_replicas'], 'pod')} ready"
        found.append(Headline(number(scaled["peak_after_s"]), "s", text))
    else:
        found.append(Headline("–", "", f"no scale-up was completed{' yet' if run.running else ''}"))
    used, most = figures["cost"]["pod_seconds"], figures["cost"]["at_maximum_pod_seconds"]
    # Pods that are being replaced come on top of the maximum.
    change = f"{100 - 100 * used / most:.0f} % less" if used <= most else f"{100 * used / most - 100:.0f} % more"
    saved = f"{change} than with the maximum of pods throughout" if most else ""
    return [*found, Headline(number(used), "pod-seconds", saved)]
