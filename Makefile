PYTHON ?= python3
.PHONY: run test check bench install

run: ; @$(PYTHON) -m scripts.install && exec .venv/bin/python -m scripts.run
test: ; @$(PYTHON) -m scripts.install --dev && .venv/bin/python -m pytest $(ARGS)
check: ; @$(PYTHON) -m scripts.install --dev && .venv/bin/python -m scripts.check
bench: ; @$(PYTHON) -m scripts.install --dev && .venv/bin/python -m scripts.bench $(ARGS)
install: ; @$(PYTHON) -m scripts.install
