# `make demo` and `make test` do everything. Both install what they need and say what they do.
SHAPE ?= demo
MODEL ?= breast_cancer
MANIFEST = model/bundles/breast_model/manifest.json

.DEFAULT_GOAL := help
.PHONY: help demo test check train serve cluster image kserve load logs monitoring bench clean

ifneq ($(filter test,$(MAKECMDGOALS)),)
ifneq ($(shell uname -s),Linux)
$(error make test requires Linux, because it starts a node of Kubernetes on this machine)
endif
endif

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

demo: .venv/installed ## the whole story: train, build, deploy, predict, load, scale 1 → 3 → 1, report
	scripts/demo

test: check .venv/training .venv/boosters ## run every test, on a real cluster and in a real browser
	scripts/tests

check: train ## run the linters, mypy and the tests that need no cluster, in under ten minutes
	.venv/bin/ruff check && .venv/bin/ruff format --check  # to fix: .venv/bin/ruff check --fix; .venv/bin/ruff format
	.venv/bin/mypy
	.venv/bin/python -m pytest -q -n 2 --dist loadfile -m 'not (slow or browser or network or load or docker or node or cluster or timing or data)'

ifeq ($(MODEL),breast_cancer)
train: .venv/installed $(MANIFEST) ## train the breast-cancer model, or an image model: MODEL=digits, MODEL=brain_mri
else
train: .venv/training
	.venv/bin/python -m model train $(MODEL)
endif

serve: train ## serve the model on this machine, on PORT (8000)
	DOCS=on .venv/bin/python -m server

cluster: ## start the built-in node, for a machine without another cluster
	scripts/node/node up

image: train ## build the image and make it available to the cluster
	scripts/image/build

kserve: ## serve the models by KServe on a cluster that has it, from the store: docs/kserve.md
	scripts/kserve

load: .venv/installed ## run one experiment on the deployment and report: SHAPE=demo|saturate|ramp|step|spike|faults|soak|smoke, MODELS=digits,… OVERLAY=tuned LOCUST_PODS=4
	scripts/load "$(SHAPE)" "$(MODELS)" $(OPTIONS)

logs: .venv/installed ## print the last 100 lines of every pod, or write all of them to a file: FILE=pods.log
	scripts/logs $(if $(FILE),"$(FILE)")

monitoring: ## apply Prometheus with alerts, and Grafana with dashboards, to the cluster
	scripts/monitoring

bench: .venv/installed ## measure it next to FastAPI and KServe on this machine, about half an hour; QUICK=1 for a trial
	scripts/bench measure $(if $(QUICK),--quick)

clean: ## remove the deployment, the node, the images and the environment
	scripts/clean

.venv/installed: requirements-dev.lock requirements-uv.lock
	scripts/environment
	@touch $@

.venv/training: requirements-train.lock .venv/installed
	scripts/environment training
	@touch $@

.venv/boosters: requirements-boosters.lock .venv/installed
	scripts/environment boosters
	@touch $@

$(MANIFEST): $(wildcard model/*.py model/train/*.py model/train/tabular/*.py model/bring/*.py) requirements-dev.lock | .venv/installed
	.venv/bin/python -m model train breast_cancer
