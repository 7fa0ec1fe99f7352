# make app   the page on http://localhost:8501        make test   the whole suite        make help   the rest
# Written for GNU make 3.81 and BSD tools, which macOS has.
PORT ?= 8501
ARGS ?=
TESTERS ?= 2
PY = .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: app test bench load archive image lint format install install-dev lock texts docs docs-serve help clean

app: install ## start the page on http://localhost:8501 (another port: make app PORT=8600)
	@$(PY) -m ser app --port "$(PORT)"

test: install-dev ## run every test (some of them: make test TESTERS=0 ARGS="tests/test_audio.py -x")
	@$(PY) -m pytest --numprocesses "$(TESTERS)" --dist loadfile $(ARGS)

lint: install-dev ## check style, format, types and the Dockerfile
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/hadolint Dockerfile

bench: install-dev ## time and memory beside a peer, into docs/performance.md (five minutes)
	@$(PY) -m benchmarks.bench $(ARGS)

load: install-dev ## fifty visitors at once, into docs/performance.md (eight minutes)
	@$(PY) -m benchmarks.load $(ARGS)

archive: install-dev ## 20,000 clips on one worker and on two, into docs/performance.md (twenty minutes)
	@$(PY) -m benchmarks.archive $(ARGS)

image: install-dev ## build the container, try it, and write what it weighs into docs/performance.md
	@$(PY) -m benchmarks.image

format: install-dev ## rewrite the sources in the project's format
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

install: ## make .venv with what the page and the command ser need
	@bash scripts/install.sh

install-dev: ## make .venv with what tests need as well
	@bash scripts/install.sh dev

lock: install-dev ## write requirements-serve.txt, the container's packages with hashes, from its .in
	@sed -e '/^#/d' -e 's/  #.*//' requirements.txt >.venv/constraints.txt
	@$(PY) -m uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url -c .venv/constraints.txt requirements-serve.in -o requirements-serve.txt

texts: install-dev ## bring new and changed texts of the page into the catalogues, and compile those
	@$(PY) -m scripts.make_texts

docs: install-dev ## build the documentation's site into site/ (a minute: its notebook runs)
	@$(PY) -m mkdocs build

docs-serve: install-dev ## the site on http://localhost:8000, built again when a text changes
	@$(PY) -m mkdocs serve

clean: ## remove .venv, the site and the caches
	@rm -rf .venv site .mypy_cache .pytest_cache .ruff_cache ser.egg-info

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-12s %s\n", $$1, $$2 }'
