# Two commands do everything on a fresh machine with Python 3.11 or newer:
#   make app    set up, then the dashboard on http://localhost:8501   (PORT=8502, GPU=1)
#   make test   set up, lint, every test (browser tests too)
# and while working:
#   make lint   style and types    make quick   lint, and the tests that take no more than two minutes together

PORT ?= 8501
GPU ?=
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
VIEWER := static/3Dmol-min.js
VIEWER_VERSION := 2.5.5
JOBS ?= 2
EXAMPLES := 3I40 1BKV 1UBQ P01308

.PHONY: app test suite quick setup browser lint style types clean

# Where there is internet, structures to show are fetched meanwhile (not with BIOCORE_OFFLINE=1); the start waits for nothing.
app: setup
	@(sleep 15; exec nice $(BIN)/python -m biocore structure --prefetch $(EXAMPLES)) >/dev/null 2>&1 </dev/null &
	$(BIN)/python -m streamlit run app.py --server.port $(PORT)

# Types are checked beside the tests: on two cores that is quicker than one after the other.
test: style $(VIEWER) browser
	$(MAKE) --no-print-directory -j2 suite types

suite: $(VENV)/.test-ready
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

quick: lint
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not slow"

setup: $(VENV)/.ready $(if $(GPU),$(VENV)/.ready-gpu) $(VIEWER)

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is needed (Debian: apt-get install python3-venv)."; exit 1; }

$(VENV)/.ready: requirements.txt constraints.txt | $(VENV)/bin/python
	@echo "Installing packages (minutes, once) ..."
	$(PIP) $$(grep '^torch==' requirements.txt)
	$(PIP) -r requirements.txt -c constraints.txt
	touch $@

# A GPU machine: the CUDA build of JAX beside torch's own (torch from the package registry is a CUDA build on Linux).
$(VENV)/.ready-gpu: $(VENV)/.ready
	$(PIP) "jax[cuda13]==$$(sed -n 's/^jax==//p' requirements.txt)"
	touch $@

$(VENV)/.test-ready: $(VENV)/.ready requirements-dev.txt
	$(PIP) -r requirements-dev.txt -c constraints.txt
	touch $@

# The structure viewer, served by the dashboard itself so that it works offline. Without npm it comes from a CDN.
$(VIEWER):
	@mkdir -p static
	@if command -v npm >/dev/null; then \
		folder=$$(mktemp -d) && (cd $$folder && npm pack --silent 3dmol@$(VIEWER_VERSION) >/dev/null && tar -xzf 3dmol-*.tgz) \
		&& cp $$folder/package/build/3Dmol-min.js $(VIEWER) && rm -rf $$folder && echo "3Dmol.js $(VIEWER_VERSION) is in static/"; \
	else echo "npm is missing: the structure viewer will load 3Dmol.js from the internet."; fi

browser:
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium for the browser tests ..."; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null; fi
	@command -v chromium >/dev/null || echo "Chromium is missing: the browser tests will be skipped (with BIOCORE_TEST_REQUIRE=all they fail)."

lint: style types

style: $(VENV)/.test-ready
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(VENV)/.test-ready
	$(BIN)/mypy

clean:
	rm -rf $(VENV) $(VIEWER) .pytest_cache .ruff_cache .mypy_cache
