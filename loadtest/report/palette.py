"""The report's colours in light; `report.css` has them again for the dark.

Okabe and Ito's hues and greys: told apart by every kind of colour vision, and by lightness in grey print. No two
values are equal, as the chart's SVG finds the name of a colour by its value.
"""

COLOURS = {
    "ink": "#1f2328",
    "muted": "#5f6872",
    "grid": "#e4e7ea",
    "paper": "#fffffe",
    "users": "#7d8590",
    "pod-1": "#0072b2",
    "pod-2": "#56b4e9",
    "pod-3": "#a9d7f2",
    "bad": "#d55e00",
    "p99": "#8a3d7a",
    "p95": "#c07db2",
    "p50": "#dfbcd8",
    "cpu": "#009e73",
    "cpu-pod": "#7fcdb6",
    "ready": "#c3ccd5",
    "hatch": "#b9bfc6",
}
PODS = ("pod-1", "pod-2", "pod-3")
