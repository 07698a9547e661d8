"""What skops cannot write is replaced by what predicts the same."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import Birch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from model import fitted_pipeline
from model.bring.description import for_sklearn
from model.bring.storable import storable

ROWS = pd.DataFrame(np.random.default_rng(0).normal(size=(3_000, 2)), columns=["x", "y"])
CLUSTERS = Birch(threshold=0.05, n_clusters=4)  # of some 1,000 leaves, each of which refers to the next


@pytest.mark.parametrize("model", [CLUSTERS, make_pipeline(StandardScaler(), CLUSTERS)], ids=["bare", "pipeline"])
def test_birch_is_stored_as_its_centers(model: object) -> None:
    fitted = model.fit(ROWS)  # type: ignore[attr-defined]
    own = fitted.predict(ROWS)
    restored = fitted_pipeline.load(fitted_pipeline.dump(for_sklearn(storable(fitted), ROWS)))
    assert restored.estimator.predict(ROWS).tolist() == own.tolist()
    assert set(own) == {0, 1, 2, 3}
    assert fitted.predict(ROWS).tolist() == own.tolist()
