# Every command of the project; `make` alone lists them. Each works from a fresh clone: .venv is made when needed.

PYTHON := $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
BABEL := $(PY) -m babel.messages.frontend --quiet
# A stamp newer than requirements.txt says that .venv holds what it asks for.
VENV := .venv/.made

.DEFAULT_GOAL := help
.PHONY: help run test test-fast check audit bench screenshots messages

help: # list the commands
	@sed -n 's/^\([a-z-]*\):[^#]*# /make \1\t/p' $(MAKEFILE_LIST)

run: $(VENV) # start everything and print the address; ARGS="--port 8600" and so on are passed on
	@exec $(PY) -m dashboard $(ARGS)

# What was compiled is kept beside the source, also where the environment says otherwise (images of containers do): each
# worker would else compile and rewrite all tests again, for 20 seconds, and each dashboard that a test starts itself.
unexport PYTHONDONTWRITEBYTECODE

# The folders whose every line a test must run.
WHOLE := dashboard/domain/*,dashboard/access/*,dashboard/audit/*,dashboard/actions/*

test: $(VENV) # every test, with the ten slowest and the lines that no test ran; without Chromium, Java, Node or PostgreSQL some are skipped
	$(PY) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder --durations=10 $(if $(ARGS),$(ARGS),--cov --cov-report=)
	$(if $(ARGS),,$(PY) -m coverage report --skip-covered --show-missing)
	$(if $(ARGS),,$(PY) -m coverage report --include="$(WHOLE)" --fail-under=100)

test-fast: $(VENV) # what needs no browser, no Java, no Node and no patience: about two minutes on two cores
	LAWS=short $(PY) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not slow and not browser and not java and not node" $(ARGS)

check: $(VENV) # ruff, mypy --strict over dashboard/, and the rules of the house (which way imports point ...)
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -m pytest -q tests/unit/house/test_house.py

audit: $(VENV) # are the installed packages the pinned ones, and is one of them known to be bad
	@.ci/audit

bench: $(VENV) # measure, print one table, write tests/benchmarks/results.md and .json; PART=1 for one part's alone
	$(PY) -m tests.benchmarks $(if $(PART),--part $(PART)) $(ARGS)

screenshots: $(VENV) # every page, light and dark, 1280 and 1920 wide, into tests/screenshots and data/pictures
	$(PY) -m tests.browser.screenshots $(ARGS)

messages: $(VENV) # gather the words of t() into data/locales/dashboard.pot, and bring every catalogue up to date
	$(BABEL) extract --keywords "t tn:1,2 mark" --no-default-keywords --omit-header --no-location --sort-output \
	  --output-file data/locales/dashboard.pot dashboard pages
	@for language in $$(ls -d data/locales/*/ | xargs -n 1 basename); do \
	  $(BABEL) update --no-fuzzy-matching --ignore-obsolete --omit-header --domain dashboard --locale $$language \
	    --input-file data/locales/dashboard.pot --output-dir data/locales --init-missing || exit 1; done

$(VENV): requirements.txt
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: sudo apt install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "This Python cannot make environments; on Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
	@echo "Making .venv and installing requirements.txt; the first time takes a minute or two ..."
	@test -x $(PY) && $(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@
