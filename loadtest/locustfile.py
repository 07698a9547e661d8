# mypy: allow-untyped-calls, allow-untyped-decorators
# Locust leaves its event hooks unannotated.
"""Users who ask for predictions and check every answer.

By itself, with Locust's own web page or headless:

    locust -f loadtest/locustfile.py --host http://$(minikube ip):30001
    locust -f loadtest/locustfile.py --host http://$(minikube ip):30001 --models breast_model=3,digits=1

Without `--models`, or classes named as Locust has it (`… Digits Scans`, `--class-picker`), all send rows.

`rows.csv` beside this file holds real rows of the Wisconsin data with their right labels, taken far from the
boundary (big nuclei with deep concavities, and small ones with shallow), so that any sound model gets them right and
a wrong label is a wrong answer, not a hard case. `tests/loadtest/test_rows.py` chooses them again and compares.

A user's pace suits what its model takes of a CPU: as many users of any of them are about the same load.
"""

import csv
import random
from pathlib import Path
from typing import Any

from locust import events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from urllib3 import encode_multipart_formdata

from loadtest.users import checks
from loadtest.users.models import HELP, TABULAR, parse_weights
from loadtest.users.paced_user import Asker
from loadtest.users.pictures import Picture, read

FEATURES = ("concavity_mean", "concave_points_mean", "perimeter_se", "area_se", "texture_worst", "area_worst")
BATCH = 8
DIGITS, SCANS = read("digit"), read("scan")
PIXELS = {picture.name: picture.pixels for picture in DIGITS}


def read_rows(path: Path) -> list[tuple[dict[str, float], str]]:
    """(the six inputs, the right label) of each row."""
    with path.open(newline="") as file:
        return [({name: float(row[name]) for name in FEATURES}, row["label"]) for row in csv.DictReader(file)]


ROWS = read_rows(Path(__file__).with_name("rows.csv"))


class Clinic(Asker):
    """Sends the measurements of a row."""

    model = TABULAR
    requests_per_second = 5

    @task(19)
    def predict(self) -> None:
        row, label = random.choice(ROWS)  # noqa: S311
        self.ask("/predict", lambda answer: checks.row(answer, label), json=row)

    @task(1)
    def predict_batch(self) -> None:
        rows = random.sample(ROWS, BATCH)
        labels = [label for _, label in rows]
        instances = {"instances": [row for row, _ in rows]}
        self.ask("/predict/batch", lambda answer: checks.rows(answer["predictions"], labels), json=instances)


class Digits(Asker):
    """Sends handwritten digits as PNG files, and now and then several as arrays."""

    model = "digits"
    requests_per_second = 2
    witness = checks.Witness(model)

    @task(19)
    def predict(self) -> None:
        picture = random.choice(DIGITS)  # noqa: S311
        check = self.witness.picture
        png = {"data": picture.data, "headers": {"Content-Type": "image/png"}}
        self.ask("/predict/digits", lambda answer: check(answer, picture.name), **png)

    @task(1)
    def predict_batch(self) -> None:
        names = random.sample(list(PIXELS), BATCH)
        check = self.witness.classes
        images = {"x": [PIXELS[name] for name in names]}
        self.ask("/predict/digits/batch", lambda answer: check(answer["y"], names), json=images)


class Scans(Asker):
    """Sends brain scans as JPEG files, and now and then as a browser's form does."""

    model = "brain_mri"
    requests_per_second = 0.25
    witness = checks.Witness(model)

    @task(4)
    def predict(self) -> None:
        picture = random.choice(SCANS)  # noqa: S311
        self.ask_about(picture, picture.data, "image/jpeg")

    @task(1)
    def predict_form(self) -> None:
        picture = random.choice(SCANS)  # noqa: S311
        self.ask_about(picture, *encode_multipart_formdata({"image_file": (picture.name, picture.data, "image/jpeg")}))

    def ask_about(self, picture: Picture, body: bytes, content_type: str) -> None:
        check = self.witness.picture
        sent = {"data": body, "headers": {"Content-Type": content_type}}
        self.ask("/predict/brain_mri", lambda answer: check(answer, picture.name), **sent)


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser) -> None:
    parser.add_argument("--models", type=parse_weights, env_var="LOCUST_MODELS", include_in_web_ui=False, help=HELP)


@events.init.add_listener
def choose(environment: Environment, **_: Any) -> None:
    """Leave the users of the models that are named, with their weights."""
    options = environment.parsed_options
    if options is None or (not options.models and (options.user_classes or options.class_picker)):
        return
    chosen = options.models or {TABULAR: 1}
    askers = [user for user in environment.user_classes if issubclass(user, Asker) and user.model in chosen]
    for asker in askers:
        asker.weight = chosen[asker.model]
    environment.user_classes[:] = askers
