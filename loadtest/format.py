"""How reports write times and numbers."""

MINUTE, HOUR = 60, 3600


def clock(t: float) -> str:
    """Write seconds of the run as minutes:seconds: 47 → `0:47`, 125 → `2:05`, -3 → `−0:03`."""
    minutes, seconds = divmod(abs(round(t)), MINUTE)
    return f"{'−' if round(t) < 0 else ''}{minutes}:{seconds:02d}"


def span(seconds: float) -> str:
    """Write how long something takes: `0:40 minutes`, and from an hour on `24:00 hours`."""
    return f"{clock(seconds)} minutes" if seconds < HOUR else f"{clock(seconds / MINUTE)} hours"


def number(value: float) -> str:
    """Write three significant digits below 100, whole numbers with thin spaces above: `0.42`, `12.3`, `84 102`."""
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004
        return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:.3g}"


def plural(count: int, noun: str) -> str:
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def listed(items: list[str]) -> str:
    """Join as `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
