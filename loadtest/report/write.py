"""Write the report of a run folder: timeline.csv, summary.json, chart.png and report.html.

Everything follows from the files of the run, so a report can be made again at any time.
"""

import json
from pathlib import Path

from loadtest.report import chart, page, scaling, summary, timeline, timeline_csv, verdict
from loadtest.report.verdict import Verdict


def write(folder: Path) -> Verdict:
    """Write the report from the files of a run folder. Raises ValueError if there is nothing to report."""
    run = timeline.read(folder)
    scaled = scaling.analyse(run)
    judgement = verdict.judge(run, scaled)
    figures = summary.summarize(run, scaled, judgement)
    timeline_csv.write(run, folder / "timeline.csv")
    text = json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    (folder / "summary.json").write_text(text, encoding="utf-8")
    chart.write_png(chart.draw(run, scaled, chart.WIDE), folder / "chart.png")
    (folder / "report.html").write_text(page.render(run, scaled, judgement, figures), encoding="utf-8")
    return judgement
