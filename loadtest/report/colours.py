"""The colours of charts, by name."""

# The light style; report.css overrides it with a dark one. Okabe and Ito's hues and greys: distinguishable with every
# kind of colour vision, and by lightness in a grey print. All values differ, because chart.py looks a colour's name up
# by its value.
COLOURS = {
    "ink": "#1f2328",
    "muted": "#5f6872",
    "grid": "#e4e7ea",
    "paper": "#fffffe",
    "users": "#7d8590",
    "pod-1": "#0072b2",
    "pod-2": "#56b4e9",
    "pod-3": "#a9d7f2",
    "pod-4": "#e6a117",
    "pod-5": "#f6d58c",
    "pod-6": "#5b4a9e",
    "pod-7": "#a79bd6",
    "pod-8": "#117a65",
    "pod-9": "#7ec8b1",
    "pod-10": "#8c6d46",
    "bad": "#d55e00",
    "p99": "#8a3d7a",
    "p95": "#c07db2",
    "p50": "#dfbcd8",
    "cpu": "#009e73",
    "cpu-pod": "#7fcdb6",
    "ready": "#c3ccd5",
    "hatch": "#b9bfc6",
}
PODS = tuple(f"pod-{number}" for number in range(1, 11))
