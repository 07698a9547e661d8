"""Run folder → timeline.csv, chart.png, summary.json, report.html: a pure join of its files on the time axis."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from loadtest import chart, story, summary, table, timeline, verdict
from loadtest.timeline import Run
from loadtest.verdict import Verdict
from loadtest.words import clock, number, plural

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
    table.write(run, folder / "timeline.csv")
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
    wide = chart.draw(run, chart.WIDE)
    chart.png(wide, folder / "chart.png")
    (folder / "report.html").write_text(page(run, judged, figures, wide), encoding="utf-8")
    return judged


def page(run: Run, judged: Verdict, figures: dict[str, Any], wide: Any) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": clock, "number": number}
    return environment.get_template("report.html.j2").render(
        run=run,
        plan=run.plan,
        verdict=judged,
        figures=figures,
        keys=keys(run, figures),
        story=story.tell(run),
        limits=story.limits(run),
        colours=chart.COLOURS,
        wide=Markup(chart.svg(wide, "wide")),  # noqa: S704  drawn here; its words are escaped by matplotlib
        narrow=Markup(chart.svg(chart.draw(run, chart.NARROW), "narrow")),  # noqa: S704
        style=Markup((HERE / "report.css").read_text(encoding="utf-8")),  # noqa: S704
        began=datetime.fromtimestamp(int(run.start), UTC),
        plan_json=json.dumps(run.plan, indent=2, ensure_ascii=False),
    )


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
