# mypy: allow-untyped-calls, allow-untyped-decorators
# Locust leaves its event hooks unannotated.
"""Users who request predictions and check every response.

Locust runs it on its own, with its web page or headless:

    locust -f loadtest/locustfile.py --host http://$(minikube ip):30001
    locust -f loadtest/locustfile.py --host http://$(minikube ip):30001 --models breast_model=3,digits=1

Without `--models`, or classes named in Locust's way (`… DigitsUser BrainMriUser`, `--class-picker`), all users send
rows. The labels and the size of pictures come from the server's `/info`, so a further model of pictures needs nothing
but a folder in `loadtest/pictures`.

`rows.csv` next to this file holds real rows of the Wisconsin data with their correct labels. A simple model that was
fitted on other rows is sure of each, so that any sound model gets them right and a wrong label is a wrong answer, not a
hard case. Their values are distributed as in training. `tests/loadtest/test_rows.py` chooses them again and compares.

A user's pace suits the CPU time that a prediction takes: the same number of users of any model is about the same load.
"""

import csv
import logging
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locust import events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment
from locust.runners import WorkerRunner
from urllib3 import encode_multipart_formdata

from loadtest import cost
from loadtest.users.models import COST, HELP, PICTURES, TABULAR, CannotRunError, parse_weights, read_info
from loadtest.users.paced_user import PacedUser
from loadtest.users.pictures import Picture, read_pictures
from loadtest.users.schedule import ARRIVALS

BATCH = 8
SMALL = 64 * 64  # pixels: predictions for pictures up to this size take little CPU time


def read_rows(path: Path) -> list[tuple[dict[str, float], str]]:
    """Read (inputs, correct label) of each row."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [({name: float(value) for name, value in row.items() if name != "label"}, row["label"]) for row in rows]


ROWS = read_rows(Path(__file__).with_name("rows.csv"))
CAMPAIGNS = cost.read_rows()


class TabularUser(PacedUser):
    """Sends rows of measurements."""

    model = TABULAR
    requests_per_second = 5

    @task(19)
    def predict(self) -> None:
        row, label = random.choice(ROWS)  # noqa: S311
        self.post("/predict", lambda body: self.checker.row(body, label), json=row)

    @task(1)
    def predict_batch(self) -> None:
        rows = random.sample(ROWS, BATCH)
        labels = [label for _, label in rows]
        instances = {"instances": [row for row, _ in rows]}
        self.post("/predict/batch", lambda body: self.checker.rows(body["predictions"], labels), json=instances)


class MediaCostUser(PacedUser):
    """Sends synthetic rows of media campaigns."""

    model = COST
    requests_per_second = 5

    @task(19)
    def predict(self) -> None:
        place = random.randrange(len(CAMPAIGNS))  # noqa: S311
        self.post(f"/predict/{COST}", lambda body: self.checker.cost(body, place), json=CAMPAIGNS[place])

    @task(1)
    def predict_batch(self) -> None:
        places = random.sample(range(len(CAMPAIGNS)), BATCH)
        instances = {"instances": [CAMPAIGNS[place] for place in places]}
        path = f"/predict/{COST}/batch"
        self.post(path, lambda body: self.checker.costs(body["predictions"], places), json=instances)


class PictureUser(PacedUser):
    """Sends pictures as files, sometimes as a browser's form does, and seldom several of them as arrays."""

    abstract = True
    pictures: tuple[Picture, ...]

    @task(15)
    def predict(self) -> None:
        picture = random.choice(self.pictures)  # noqa: S311
        self._predict_file(picture, picture.data, picture.content_type)

    @task(4)
    def predict_form(self) -> None:
        picture = random.choice(self.pictures)  # noqa: S311
        file = (picture.name, picture.data, picture.content_type)
        self._predict_file(picture, *encode_multipart_formdata({"image_file": file}))

    @task(1)
    def predict_batch(self) -> None:
        # Arrays are not scaled, so only pictures of the model's own size can be sent as such.
        fitting = [picture for picture in self.pictures if picture.size == self.info.size]
        if len(fitting) < BATCH:
            return self.predict()
        chosen = random.sample(fitting, BATCH)
        names = [picture.name for picture in chosen]
        arrays = {"x": [picture.pixels for picture in chosen]}
        path = f"/predict/{self.model}/batch"
        return self.post(path, lambda body: self.checker.classes(body["y"], names), json=arrays)

    def _predict_file(self, picture: Picture, body: bytes, content_type: str) -> None:
        content = {"data": body, "headers": {"Content-Type": content_type}}
        self.post(f"/predict/{self.model}", lambda answer: self.checker.picture(answer, picture.name), **content)


def picture_user(model: str) -> type[PictureUser]:
    """Make the class of the users of one model: `DigitsUser` for `digits`."""
    pictures = read_pictures(model)
    small = max(height * width for height, width in (picture.size for picture in pictures)) <= SMALL
    facts = {"model": model, "pictures": pictures, "requests_per_second": 2 if small else 0.25, "abstract": False}
    name = "".join(part.title() for part in model.split("_")) + "User"
    return type(name, (PictureUser,), facts)


# Locust finds its user classes among the names of this module.
globals().update({user.__name__: user for user in map(picture_user, PICTURES)})


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser) -> None:
    parser.add_argument("--models", type=parse_weights, env_var="LOCUST_MODELS", include_in_web_ui=False, help=HELP)
    parser.add_argument("--open", choices=ARRIVALS, help="send by schedule, without waiting for responses")


@events.init.add_listener
def choose_users(environment: Environment, **_: Any) -> None:
    """Keep the users of the models on the command line, with their weights."""
    options = environment.parsed_options
    if options is None or (not options.models and (options.user_classes or options.class_picker)):
        return
    chosen = options.models or {TABULAR: 1}
    known: Mapping[str, Any] = environment.available_user_classes or {}
    users = [user for user in known.values() if issubclass(user, PacedUser) and user.model in chosen]
    for user in users:
        user.weight = chosen[user.model]
        user.arrivals = options.open
    environment.user_classes[:] = users


@events.test_start.add_listener
def choose_users_of_test(environment: Environment, **_: Any) -> None:
    """Choose again on a worker: one of another machine learns the options of the test when the test starts."""
    if isinstance(environment.runner, WorkerRunner):
        choose_users(environment)


@events.init.add_listener
def describe_models(environment: Environment, **_: Any) -> None:
    """Read from the server what the responses of each model must look like, before the clock of the test starts."""
    if not environment.host or not environment.parsed_options or not environment.parsed_options.headless:
        return  # the web page asks for the host
    try:
        prepare_users(environment)
    except CannotRunError as error:
        sys.exit(str(error))


@events.test_start.add_listener
def describe_models_of_web_host(environment: Environment, **_: Any) -> None:
    try:
        prepare_users(environment)
    except CannotRunError as error:
        logging.getLogger(__name__).error("%s", error)  # noqa: TRY400  the sentence is for a person
        if environment.runner is not None:
            environment.runner.quit()


def prepare_users(environment: Environment) -> None:
    """Give each class of users what the host says about its model. Raises CannotRunError."""
    host = (environment.host or "").rstrip("/")
    for user in environment.user_classes:
        if issubclass(user, PacedUser) and user.described_host != host:
            user.prepare(host, read_info(host, user.model))
