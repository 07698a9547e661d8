import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_a_weak_label_costs_the_sum_of_the_classes_that_it_may_be() -> None:
    from model.train.picture.network import torch
    from model.train.picture.weak_labels import weak_cross_entropy

    probabilities = torch.tensor([[0.2, 0.3, 0.5]])
    loss = weak_cross_entropy([[0], [1], [2], [0, 1]], classes=3)
    assert float(loss(probabilities.log(), torch.tensor([3]), 0.0)) == pytest.approx(-np.log(0.5))
    assert float(loss(probabilities.log(), torch.tensor([1]), 0.0)) == pytest.approx(-np.log(0.3))


def test_for_plain_labels_it_is_the_cross_entropy() -> None:
    from model.train.picture.fit import cross_entropy
    from model.train.picture.network import torch
    from model.train.picture.weak_labels import weak_cross_entropy

    torch.manual_seed(0)
    logits, targets = torch.randn(20, 4, requires_grad=True), torch.arange(20) % 4
    weak = weak_cross_entropy([[0], [1], [2], [3], [0, 1, 3]], classes=4)(logits, targets, 0.05)
    assert float(weak.detach()) == pytest.approx(float(cross_entropy(logits, targets, 0.05).detach()), rel=1e-5)
    weak.backward()
    assert bool(torch.isfinite(logits.grad).all())
