"""Tables of texts."""

import numpy as np
import pandas as pd
from numpy.random import Generator

from tests.bring.tables.table import predicting

_GOOD = ["great", "love", "excellent", "wonderful", "enjoyed", "superb", "happy", "perfect"]
_BAD = ["terrible", "hate", "awful", "boring", "refund", "worst", "broken", "disappointed"]
_BAIT = ["FREE", "win", "prize", "claim", "txt", "urgent", "£1000", "call", "0800", "cash"]
_TALK = ["ok", "see", "you", "later", "home", "lunch", "sorry", "lol", "u", "r"]
_OTHER = ["the", "movie", "was", "phone", "I", "it", "very", "not", "this", "film", "didn't", "café", "100", "Really"]


@predicting("sentiment")
def reviews(rng: Generator, count: int) -> pd.DataFrame:
    liked = rng.integers(0, 2, count)
    texts = [_mixed(rng, _GOOD if good else _BAD, 2, 6) + rng.choice([".", "!", "?!"]) for good in liked]
    return pd.DataFrame({"review": texts, "sentiment": np.where(liked, "positive", "negative")})


@predicting("v1")
def messages(rng: Generator, count: int) -> pd.DataFrame:
    spam = rng.random(count) < 0.3
    texts = [_mixed(rng, _BAIT if bad else _TALK, 4, 3) for bad in spam]
    return pd.DataFrame({"v2": texts, "v1": np.where(spam, "spam", "ham")})


@predicting("urgent")
def tickets(rng: Generator, count: int) -> pd.DataFrame:
    """Text next to a category and a number."""
    rows = reviews.draw(rng, count)
    return pd.DataFrame(
        {
            "text": rows["review"],
            "channel": rng.choice(["mail", "phone", "chat"], count),
            "age_days": rng.integers(0, 30, count),
            "urgent": np.where(rows["sentiment"] == "negative", "yes", "no"),
        }
    )


def _mixed(rng: Generator, telling: list[str], some: int, others: int) -> str:
    return " ".join(rng.permutation([*rng.choice(telling, some), *rng.choice(_OTHER, others)]))
