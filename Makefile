# Thin: tutorial.py does the work, and is the same on systems without make. Arguments: make test ARGS=tests/test_pool.py
PYTHON ?= python3
ARGS ?=

.PHONY: run lab test study refresh bench check kit race setup
run lab test study refresh bench check kit race setup:
	@$(PYTHON) tutorial.py $@ $(ARGS)
