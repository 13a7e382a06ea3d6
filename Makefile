# make run · make test · make lab · make refresh · make bench. Each sets up what it needs.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# uv installs in seconds what takes pip minutes. It comes from the package index like any other package.
UV := $(BIN)/uv pip install --quiet --compile-bytecode --python

.PHONY: run test lab refresh bench clean
.DELETE_ON_ERROR:

run: .venv/ready
	@$(BIN)/python -m helpers.batch run

lab: .venv/ready
	@$(BIN)/jupyter lab --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate notebooks

refresh: .venv/ready
	@$(BIN)/python -m helpers.batch refresh

test: .venv/ready-test .venv-reference/ready .venv-modal/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m pytest

bench: .venv/ready-test .venv-reference/ready .venv-modal/ready
	@$(BIN)/python benchmarks/run.py
	@$(BIN)/python benchmarks/study.py --whole

.venv/ready: requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed: make $(MAKECMDGOALS) PYTHON=path/to/python"; exit 1; }
	@echo "Setting up the environment in .venv, once ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(UV) $(BIN)/python -r requirements.txt
	@$(UV) $(BIN)/python --no-deps --editable .
	@touch $@

.venv/ready-test: .venv/ready tests/requirements.txt
	@$(UV) $(BIN)/python -r tests/requirements.txt
	@touch $@

# Libraries that only tests and benchmarks compare with: .venv-reference, .venv-modal. Apart, because with scikit-learn
# beside it every `import tensorflow` takes a second longer, and modAL fails on scikit-learn 1.8 and newer.
.venv-%/ready: tests/requirements-%.txt .venv/ready
	@$(PYTHON) -m venv --clear --without-pip .venv-$*
	@$(UV) .venv-$*/bin/python -r $<
	@touch $@

clean:
	rm -rf .venv .venv-* runs
