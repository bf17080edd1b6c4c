# Two commands do everything: `make rehearse` and `make test`. Each installs what it needs the first time.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
SOURCES := app.py benchmarks classlab embedded_aws infra lab_assets lambdas lifecycle tests
# Their cells keep rules of their own (`labs check`); here only names that nothing defines or uses.
NOTEBOOKS := $(wildcard lab_assets/*/notebook.py lab_assets/*/comparison.py classlab/templates/new_lab/notebook.py)
ARGS ?=

# Environments without compiled bytecode import four times as slowly.
unexport PYTHONDONTWRITEBYTECODE
export CDK_DISABLE_CLI_TELEMETRY := true
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20

.PHONY: help setup rehearse rehearse-all test test-workshop bench bench-labs bench-engine lint format lock clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(BIN)/classlab node_modules/.package-lock.json ## Install everything from the lock files

rehearse: setup ## Run a whole class on this machine (ARGS="--attendees 5 --keep" and so on)
	$(BIN)/classlab rehearse $(ARGS)

rehearse-all: setup ## Run every lab for one attendee (ARGS="--attendees 3" and so on)
	$(BIN)/classlab rehearse --labs all --attendees 1 $(ARGS)

test: setup lint ## Lint, type-check and run every test
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-workshop: setup ## Run every lab with its exercises solved, and a class in Korean (25 minutes)
	$(BIN)/python -m pytest -m workshop $(ARGS)

bench: setup ## Print the benchmarks' ratios and write build/bench/*.json
	$(BIN)/python -m benchmarks.skeleton $(ARGS)

bench-labs: setup ## Print what the labs' own code costs, and write build/bench/labs.json
	$(BIN)/python -m benchmarks.labs $(ARGS)

bench-engine: setup ## Print what a hundred seats cost the embedded AWS, and write build/bench/engine.json
	$(BIN)/python -m benchmarks.engine $(ARGS)

lint: setup ## Format check, ruff, mypy, import contracts, shellcheck
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff check --isolated --select F --ignore F811 $(NOTEBOOKS)  # an exercise and its solution share a name
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shellcheck .ci/run .ci/find-python312 lifecycle/*.sh classlab/templates/*.sh

format: setup ## Format the sources
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

# A line "# Python 3.11 ..." in an *.in names another Python than 3.12; uv looks for wheels where pip does.
lock: setup ## Compile every *.in into its hash-locked *.txt
	@export UV_FIND_LINKS="$${UV_FIND_LINKS-$${PIP_FIND_LINKS-}}"; \
	for source in $$(git ls-files '*.in'); do \
	  echo "$$source"; \
	  override="$${source%.in}.override"; \
	  version=$$(sed -nE 's/^# Python (3\.[0-9]+).*/\1/p' "$$source" | head -n 1); \
	  $(BIN)/uv pip compile --quiet --python-version "$${version:-3.12}" --generate-hashes $$(test -f "$$override" && echo "--override $$override") \
	    "$$source" -o "$${source%.in}.txt" || exit 1; \
	done

clean: ## End a kept rehearsal, then remove everything that was built or installed
	@test ! -x $(BIN)/classlab || $(BIN)/python -m classlab.rehearsal.ending build
	rm -rf .venv .envs .cache node_modules build cdk.out

$(BIN)/classlab: requirements-bootstrap.txt requirements-dev.txt pyproject.toml
	@echo "installing the Python environment (.venv) from the lock files; this downloads about 200 MB"
	python=$$(.ci/find-python312) && "$$python" -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements-dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $(BIN)/classlab

node_modules/.package-lock.json: package-lock.json
	@command -v npm >/dev/null || { echo "ClassLab needs Node 20 or newer with npm for the CDK command line; install it and run make again." >&2; exit 1; }
	@echo "installing the CDK command line (node_modules) from the lock file; this downloads about 8 MB"
	npm ci --silent
	@touch $@
