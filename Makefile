# Masugata. `make run` shows the demo, `make test` proves everything; both install what they need.
.DEFAULT_GOAL := help
.PHONY: help run test collected test-applications faults overload soak fuzz story lint bench lock sbom audit image clean

# Whoever forbids Python to keep what it compiles lets each of a thousand processes compile all of it again.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE_PORT := 9000
LOCKS := requirements-build.txt requirements.txt
export PYTHON

help:  ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

$(VENV)/made-for-running: $(LOCKS) setup.cfg pyproject.toml .ci/environment
	@.ci/step 'Python environment' .ci/environment $(VENV)
	@touch $@

$(VENV)/made-for-testing: $(VENV)/made-for-running requirements-test.txt
	@.ci/step 'Python packages for the tests' $(BIN)/pip install -qq --require-hashes -r requirements-test.txt
	@touch $@

tests/node_modules/made: tests/package-lock.json
	@.ci/step 'npm packages for the tests' npm ci --prefix tests --no-audit --no-fund --loglevel=error
	@touch $@

run: $(VENV)/made-for-running  ## Start the demo and a sample service; Ctrl-C ends both
	@.ci/demo $(BIN) conf $(SAMPLE_PORT)

lint: $(VENV)/made-for-testing  ## Check style and types
	@.ci/step 'ruff check' $(BIN)/ruff check
	@.ci/step 'ruff format' $(BIN)/ruff format --check
	@.ci/step 'mypy --strict' $(BIN)/mypy

# Each process of the tests reads all of them: what one has compiled beside the linters, three need not.
collected: $(VENV)/made-for-testing
	@.ci/step 'Collecting the tests' $(BIN)/pytest -q --collect-only

test:  ## Install what is missing, check style and types, run every test
	@.ci/step 'Debian packages for the tests' .ci/debian-packages
	@$(MAKE) --no-print-directory --jobs=2 lint tests/node_modules/made collected
	@$(BIN)/pytest -q -n 3 --dist loadfile --no-loadscope-reorder

tests/applications/node_modules/made: tests/applications/package-lock.json
	@.ci/step 'npm packages for the applications' npm ci --prefix tests/applications --no-audit --no-fund --loglevel=error
	@touch $@

test-applications: $(VENV)/made-for-testing tests/applications/node_modules/made  ## Sign people in to large applications
	@$(BIN)/pytest -q tests/applications

bench: $(VENV)/made-for-testing  ## Measure what a login costs
	@$(BIN)/python -m tests.bench.run
	@$(BIN)/python -m tests.bench.radius

story: $(VENV)/made-for-testing  ## Change a policy on two nodes under load, and ask for the promised second
	@STORY_SECONDS=1 $(BIN)/pytest -q tests/story

faults: $(VENV)/made-for-testing  ## Break a cluster under load in every way we know, kill one node 1,000 times, and see that nothing is lost
	@$(BIN)/python -m tests.faults.cluster
	@$(BIN)/python -m tests.faults.one_node

overload: $(VENV)/made-for-testing  ## Offer once, twice and ten times the load that a process can carry
	@$(BIN)/python -m tests.overload.run

soak: $(VENV)/made-for-testing  ## Keep a server under load for two hours (SOAK_SECONDS), and see whether anything grows
	@$(BIN)/python -m tests.soak.run

fuzz: $(VENV)/made-for-fuzzing  ## Feed bad input to every parser (FUZZ_SECONDS each) and every door (FUZZ_INPUTS each)
	@$(BIN)/python -m tests.protocols.radius.fuzz
	@$(BIN)/python -m tests.fuzz.run
	@FUZZ_INPUTS=$${FUZZ_INPUTS:-100000} $(BIN)/pytest -q tests/fuzz/test_doors.py

# There is no wheel of atheris for every Python; without it inputs are mutated without a guide.
$(VENV)/made-for-fuzzing: $(VENV)/made-for-testing requirements-fuzz.txt
	@.ci/step 'Python packages for fuzzing' $(BIN)/pip install -qq --require-hashes --only-binary :all: -r requirements-fuzz.txt || echo "no atheris for this Python"
	@touch $@

lock:  ## Take the newest releases that setup.cfg allows into the lock files
	@.ci/lock

sbom: $(VENV)/made-for-testing  ## Write the bill of materials and the list of licences anew, after make lock
	@$(BIN)/python -m tests.supply_chain.sbom

audit: $(VENV)/made-for-running  ## Ask which locked releases have known holes; needs the internet
	@.ci/audit requirements*.txt

image:  ## Build the container image, by docker, podman or buildah
	@for builder in docker podman buildah; do $$builder info >/dev/null 2>&1 && break; done || \
		{ echo 'docker (and its daemon), podman or buildah is needed' >&2; exit 1; }; \
	BUILDAH_FORMAT=docker $$builder build --tag masugata .

clean:  ## Remove what was made, but no data: conf/var keeps the demo's
	rm -rf $(VENV) build dist *.egg-info tests/node_modules .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
