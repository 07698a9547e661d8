import numpy as np
import pytest

pytestmark = pytest.mark.slow

SIDE = 16


def test_a_continued_network_computes_what_the_graph_does() -> None:
    from model.train.picture.calibrate import fit_detector
    from model.train.picture.continued import continued
    from model.train.picture.evaluate import predictor
    from model.train.picture.fit import outputs, stages
    from model.train.picture.network import nn, torch, untrained
    from model.train.picture.onnx import export

    pictures = np.random.default_rng(0).integers(0, 256, (60, SIDE, SIDE), np.uint8)
    network = untrained((4, 8), 3, seed=0)
    with torch.no_grad():
        network.train()(torch.rand(50, 1, SIDE, SIDE))  # so that the normalisations have statistics
    detector = fit_detector(stages(network, pictures), np.arange(60) % 3)
    graph = export(network.eval(), (SIDE, SIDE), 1.5, detector)
    again = continued(untrained((4, 8), 3, seed=1), graph, pictures)
    probabilities = nn.functional.softmax(torch.from_numpy(outputs(again, pictures)), dim=1).numpy()
    assert np.allclose(probabilities, predictor(graph)(pictures / 255).probabilities, atol=1e-5)
    again.train()
    inputs = torch.from_numpy(pictures[:, None] / 255).float()
    with torch.no_grad():
        trained, plain = again[0][:3](inputs), again.eval()[0][:3](inputs)
    assert float((trained - plain).abs().max()) < 0.05 * float(plain.abs().max())  # a fit starts from the same outputs
