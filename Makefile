# The two commands a newcomer needs are `make demo` and `make test`. Each installs what is missing and may run again.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
TESTS ?= tests

.PHONY: help demo parts chromium test coverage mutants bench lint format types layers clean
help:
	@echo "make demo                    open the workstation on a book of fictional debtors"
	@echo "make demo ARGS=--headless    work one account without a terminal and print what happened"
	@echo "make test                    lint, types, layers and tests (TESTS=tests/desk for a part)"
	@echo "make coverage                the tests once more, with the lines they reach counted (half an hour)"
	@echo "make mutants                 change the gate's code in 2,000 small ways and count what no test notices (hours)"
	@echo "make bench                   the benchmarks        make format    rewrite in house style"

$(VENV)/bin/pip:
	@test -n "$(PYTHON)" || { echo "Dunline needs Python 3.11 or newer: install it (apt-get install python3) and run again."; exit 1; }
	@echo "== making $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || $(PYTHON) -m virtualenv -q $(VENV) 2>/dev/null || { rm -rf $(VENV); \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get install -y -q python3-venv && $(PYTHON) -m venv $(VENV); \
	  else echo "This Python has no venv: run 'apt-get install python3-venv' as root, or 'pip install --user virtualenv'."; exit 1; fi; }

# Stamps, so that running again is quick: remade only when the requirements change.
$(VENV)/.run: requirements.txt pyproject.toml | $(VENV)/bin/pip
	@echo "== installing what Dunline runs on"
	@$(BIN)/pip install --progress-bar on -r requirements.txt
	@$(BIN)/pip install --quiet --no-deps -e .
	@touch $@
$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "== installing what the tests need"
	@$(BIN)/pip install --progress-bar on -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.run
	@$(BIN)/dunline demo $(ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
types: $(VENV)/.dev
	@$(BIN)/mypy
layers: $(VENV)/.dev
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
format: $(VENV)/.dev
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

parts: $(VENV)/.run
	@echo "== the parts the tests run on: Asterisk, the speech model, voices"
	@$(BIN)/dunline doctor --fix --only parts

# One test drives a real browser. Only root can install one; without it that test says so and is skipped.
chromium: parts  # after them: two apt-get at once do not go
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then echo "== installing Chromium"; \
	    apt-get install -y -q --no-install-recommends chromium || { apt-get update -q && \
	    apt-get install -y -q --no-install-recommends chromium; } || echo "Chromium cannot be installed here"; \
	  else echo "No Chromium: its test is skipped (as root: apt-get install chromium)"; fi

# Checking and fetching go together: one waits for the processor, the other for the network.
test: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j 2 parts chromium lint types layers
	@$(BIN)/pytest -q -n 3 --dist worksteal $(TESTS)

# Counting lines doubles the time the tests take, so it is a command of its own.
coverage: $(VENV)/.dev parts
	@rm -f .coverage .coverage.*
	@$(BIN)/pytest -q -n 2 --dist loadfile --cov --cov-report= $(TESTS)
	@$(BIN)/coverage report

mutants: $(VENV)/.dev
	@nice $(BIN)/mutmut run --max-children 2
	@$(BIN)/mutmut results

bench: $(VENV)/.dev parts
	@for b in bench/[a-z]*.py; do m=$$(basename $$b .py); echo "== $$m"; $(BIN)/python -m bench.$$m || exit 1; done

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
