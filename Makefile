# Two commands do everything: `make demo` and `make test`. Both install what they need and say what they do.
SHAPE ?= demo
MODEL ?= breast_cancer
PYTEST = .venv/bin/python -m pytest
MANIFEST = model/bundles/breast_model/manifest.json

.DEFAULT_GOAL := help
.PHONY: help demo test check train serve cluster image load bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: .venv/installed ## the whole story: train, build, deploy, predict, load, scale 1 → 3 → 1, report
	scripts/demo

test: check .venv/training ## every test, on a real cluster and in a real browser
	scripts/node/node down  # a test starts the node from nothing and stops it again
	$(PYTEST) -m '(slow or browser or network or load or node or cluster) and not data'

check: train ## what takes under a minute: lint, types, and the tests that need no cluster
	.venv/bin/ruff check && .venv/bin/ruff format --check  # mended by: .venv/bin/ruff check --fix; .venv/bin/ruff format
	.venv/bin/mypy
	$(PYTEST) -q -m 'not (slow or browser or network or load or node or cluster or data)'

ifeq ($(MODEL),breast_cancer)
train: .venv/installed $(MANIFEST) ## train the breast-cancer model; MODEL=digits or MODEL=brain_mri: one of pictures
else
train: .venv/training
	.venv/bin/python -m model train $(MODEL)
endif

serve: train ## serve it here, on PORT (8000)
	DOCS=on .venv/bin/python -m server

cluster: ## start the node of our own, where there is no other cluster
	scripts/node/node up

image: train ## build the image and hand it to the cluster
	scripts/image/build

load: .venv/installed ## one experiment against what is deployed, with its report: SHAPE=demo|ramp|step|spike|soak|smoke, MODELS=digits,…
	scripts/load $(SHAPE) $(MODELS)

bench: .venv/installed ## measure it beside FastAPI and KServe on this machine, a quarter of an hour; QUICK=1: see that it works
	scripts/bench measure $(if $(QUICK),--quick)

lock: .venv/installed ## lock the dependencies anew, with hashes
	scripts/lock

clean: ## undo all: what is deployed, the node, the images, the environment
	scripts/clean

.venv/installed: requirements-dev.lock
	scripts/environment
	@touch $@

.venv/training: requirements-train.lock .venv/installed
	scripts/environment training
	@touch $@

$(MANIFEST): $(wildcard model/*.py model/train/*.py) requirements-dev.lock | .venv/installed
	.venv/bin/python -m model train breast_cancer
