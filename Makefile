# Everything needs only make and python3 (3.11 or newer, with venv); the rest comes from uv.lock into .venv.

PYTHON ?= python3
PY := .venv/bin/python
BIN := .venv/bin
# Runs a command in the folder of each service (or of those named before the dashes), two at a time.
EACH := $(PY) -m local each
STRICT := $(BIN)/mypy --strict --warn-unreachable --enable-error-code ignore-without-code
SERVICE_FOLDERS := auth_service:inventory_service:orders_service:payment_service:aggregator_service
GENERATED := '*/openapi.yaml' '*.mo' clients docs/operations/configure.md

.DEFAULT_GOAL := help
.PHONY: help setup barman backup backups verify-backup restore restore-forget dump load drill drill-report bench run reset logs \
	demo audit reconcile test test-exhaustive latency test-browser test-charts charts test-deploy compose-secrets images compose-demo lint \
	fmt bandit audit-dependencies typecheck imports spec clients messages variables migrations drift compatibility release fuzz \
	chaos mutations check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-19s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Make .venv from uv.lock (every target does it; quick when nothing changed)
	@$(PYTHON) -m local.bootstrap

# `exec`: signals must reach the runner, not a shell in front of it.
run: setup ## Start the whole platform with demo data; Ctrl-C stops it
	@exec $(PY) -m local run

reset: setup ## Forget all local data: empties var/
	@$(PY) -m local reset

logs: setup ## Show the merged logs (REQUEST=<request id>, SERVICE=<name>, FOLLOW=1)
	@exec $(PY) -m local logs $(if $(REQUEST),--request '$(REQUEST)') $(if $(SERVICE),--service '$(SERVICE)') \
		$(if $(FOLLOW),--follow)

demo: setup ## Play a purchase through the public API of the running platform
	@$(PY) -m local demo

# `python -m local audit` tells findings (exit code 1) from what could not be read (2); make makes one of both.
audit: setup ## Audit the running platform (SINCE=24h|all|…, SETTLE=60, RECORD=file)
	@$(PY) -m local audit -- $(if $(SINCE),--since '$(SINCE)') $(if $(SETTLE),--settle '$(SETTLE)') \
		$(if $(RECORD),--record '$(abspath $(RECORD))')

# Exit codes as audit's: 1 where something is left to do, 2 where a service did not answer.
reconcile: setup ## Bring all services to agreement after a restore; says what it would do (APPLY=1 does it, SINCE=24h|all|…)
	@$(PY) -m local reconcile -- $(if $(APPLY),--apply) $(if $(SINCE),--since '$(SINCE)')

# Backups need Barman, rsync and flock (util-linux); what is missing is said. All of it: docs/operations/backups.md
barman: setup ## Install Barman for the next ones; what they need of the system they say themselves
	@$(PYTHON) -m local.bootstrap backups

backup: barman ## Back up the databases of the running platform (SERVICE=<name>, TYPE=full|incremental)
	@exec $(PY) -m backups take $(if $(SERVICE),--service '$(SERVICE)') $(if $(TYPE),--type '$(TYPE)')

backups: barman ## List the backups, and what is in doubt about them (SERVICE=<name>)
	@exec $(PY) -m backups list $(if $(SERVICE),--service '$(SERVICE)')

verify-backup: barman ## Restore the newest backups elsewhere and read all of them (SERVICE=<name>, BACKUP=<id>)
	@exec $(PY) -m backups verify $(if $(SERVICE),--service '$(SERVICE)') $(if $(BACKUP),--backup '$(BACKUP)')

restore: barman ## Put a database back to a moment (SERVICE=orders AT="2026-11-22 14:05"|latest)
	@exec $(PY) -m backups restore --service '$(SERVICE)' --at '$(AT)' $(if $(TIMELINE),--timeline '$(TIMELINE)')

restore-forget: barman ## Delete the old data that restores and loads have kept (SERVICE=<name>)
	@exec $(PY) -m backups forget $(if $(SERVICE),--service '$(SERVICE)')

dump: barman ## Write plain SQL of a database, or of all, to var/dumps/ (SERVICE=<name>, FILE=<path>)
	@exec $(PY) -m backups dump $(if $(SERVICE),--service '$(SERVICE)') $(if $(FILE),--file '$(FILE)')

load: barman ## Put such a dump in place of a database (SERVICE=<name> FILE=<path>)
	@exec $(PY) -m backups load --service '$(SERVICE)' --file '$(FILE)'

drill: ## Break databases in every way we know, and restore them (SERVICE=<name> for all on one; BACK=300 goes back so far, in s)
	@$(PYTHON) -m local.bootstrap backups
	@exec env $(if $(SERVICE),DRILL_SERVICE='$(SERVICE)') $(if $(BACK),DRILL_BACK_SECONDS='$(BACK)') $(PY) -m local test drill agreement archives

drill-report: ## Drill, measure sizes, times and costs, and write them into docs/operations/backups.md (idle machine)
	@$(PYTHON) -m local.bootstrap backups
	@DRILL_FIGURES=/tmp/drill.$$$$ && export DRILL_FIGURES && $(PY) -m local test drill && \
		$(PY) -m tests.backups.figures "$$DRILL_FIGURES" && rm "$$DRILL_FIGURES"

test: setup ## Run the tests on a PostgreSQL of their own (ONLY="chassis orders" for some)
	@exec $(PY) -m local test $(ONLY)

test-exhaustive: setup ## Run the whole platform's tests, those that take long included
	@exec $(PY) -m local test crash needs platform -- --exhaustive

latency: setup ## Compare latencies while a service hangs with calm ones; writes docs/proof/latency.md (idle machine; SECONDS=10 a round)
	@exec env LATENCY_SECONDS='$(or $(SECONDS),10)' $(PY) -m local test latency

test-browser: ## Run the browser tests (they need Chromium)
	@$(PYTHON) -m local.bootstrap browser
	@exec $(PY) -m local test browser

test-deploy: setup ## Build the images, run the compose stack and the chart's pods (root or Docker, 8 min; ALLOW_SKIP=1 leaves out what cannot run)
	@exec $(PY) -m local test deploy

test-charts: ## Run the tests of charts, Terraform, alerts and log pipeline (ALLOW_SKIP=1 leaves out what cannot run)
	@$(PYTHON) -m local.bootstrap deploy
	@$(PY) -m local.deploy_tools
	@exec $(PY) -m local test terraform charts

charts: ## Write the charts' rendered examples
	@$(PYTHON) -m local.bootstrap deploy
	@$(PY) -m local.charts

fuzz: setup ## Send made-up requests to every API (MINUTES=2, SERVICE=<name>, SEED=1)
	@exec $(PY) -m local test fuzz -- --minutes '$(or $(MINUTES),2)' --seed '$(or $(SEED),1)' --service '$(SERVICE)'

mutations: setup ## Break a copy of the code on purpose, mistake by mistake, and see a net catch it (ONLY="tombstone")
	@exec $(PY) -m tests.mutations $(ONLY)

chaos: setup ## Storm over a whole platform, then audit it (SEED=7 CHECKOUTS=1000 FAULTS=60); reports to var/chaos/
	@exec $(PY) -m tests.chaos $(if $(SEED),--seed '$(SEED)') $(if $(CHECKOUTS),--checkouts '$(CHECKOUTS)') \
		$(if $(FAULTS),--faults '$(FAULTS)')

compose-secrets: ## Draw the secrets of docker/compose.yaml into docker/secrets/; those that are there stay
	@sh docker/make-secrets.sh

# What the labels of an image tell of it.
BUILT_FROM = REVISION=$$(git rev-parse HEAD) CREATED=$$(date -u +%Y-%m-%dT%H:%M:%SZ)

images: ## Build the images that docker/.env asks for (VERSION=1.0.0 for another version)
	@cd docker && $(if $(VERSION),VERSION='$(VERSION)') $(BUILT_FROM) docker compose build

COMPOSE_DEMO := docker compose --env-file docker/demo.env -f docker/compose.yaml -f docker/compose.demo.yaml

compose-demo: compose-secrets ## Build the images and run the marketplace with demo data in containers, on this machine only
	@mkdir -p docker/mail && chmod 777 docker/mail
	@$(PYTHON) -c 'import pathlib; from local import demo_accounts as d; d.write_accounts(pathlib.Path("docker/secrets/demo_accounts.json"))'
	@chmod 444 docker/secrets/demo_accounts.json
	$(BUILT_FROM) $(COMPOSE_DEMO) up --build --detach --wait
	@echo 'The shop: http://localhost:8000/api/docs/ and :8001 to :8004; logins as in README.md. To end it: $(COMPOSE_DEMO) down'

lint: setup ## Check style and formatting
	@$(BIN)/ruff check --quiet --output-format concise .
	@$(BIN)/ruff format --check --quiet . || { echo 'Some files are not formatted: run make fmt.'; exit 1; }

fmt: setup ## Format, and fix what can be fixed
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

bench: setup ## Measure the platform beside a bare application; writes docs/performance.md (idle machine, wrk; ONLY="list add", QUICK=1)
	@exec $(PY) -m benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick)

# The plugins' settings belong to one Django project: each service is checked alone, what is not Django without them.
typecheck: ## Check types, strictly
	@$(PYTHON) -m local.bootstrap browser deploy backups
	@$(EACH) -- mypy --config-file ../pyproject.toml --explicit-package-bases --cache-dir ../.mypy_cache/{} .
	@cd chassis && ENVIRONMENT=development DJANGO_SETTINGS_MODULE=tests.settings PYTHONPATH=. \
		../$(BIN)/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache/chassis -p chassis -p tests
	@cd clients && ../$(BIN)/mypy --cache-dir ../.mypy_cache/clients generate.py tests
	@MYPYPATH=aggregator_service $(STRICT) --config-file= --cache-dir .mypy_cache/local local backups benchmarks tests \
		helm/databases/files/restore_check.py

imports: setup ## Check the walls between the packages
	@PYTHONPATH=$(SERVICE_FOLDERS):chassis:clients $(BIN)/lint-imports --no-logo

bandit: setup ## Look for what opens doors
	@$(BIN)/bandit --quiet --configfile pyproject.toml --severity-level medium --recursive chassis *_service local backups clients

# Needs an advisory service (osv.dev, or AUDIT_URL=…), and so is no part of `check`. Exits with an error when it cannot ask.
audit-dependencies: setup ## Ask which dependencies of uv.lock have known vulnerabilities
	@$(BIN)/uv audit --locked --preview-features audit $(if $(AUDIT_URL),--service-url '$(AUDIT_URL)')

migrations: setup ## Check that no model changed without its migration
	@$(EACH) -- python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

SPECTACULAR := python manage.py spectacular --validate --fail-on-warn --file openapi.yaml

spec: setup ## Write each service's openapi.yaml, and the clients that the aggregator's needs
	@$(EACH) auth inventory orders payment -- $(SPECTACULAR)
	@$(PY) clients/generate.py
	@$(EACH) aggregator -- $(SPECTACULAR)

clients: setup ## Generate the clients from the committed specs
	@$(PY) clients/generate.py

messages: setup ## Compile the translations
	@$(PY) -m local messages

variables: setup ## Write the tables of docs/operations/configure.md
	@$(PY) -m local.variables

drift: setup ## Check that generating specs, clients, translations and tables again changes nothing
	@state() { git status --porcelain -- $(GENERATED); git diff -- $(GENERATED); }; \
	before=$$(state); $(MAKE) --no-print-directory spec messages variables || exit 1; \
	test "$$before" = "$$(state)" || { git status --short -- $(GENERATED) | head -n 20; \
		echo 'Generated files were out of date; they are written now: commit them.'; exit 1; }

compatibility: setup ## Check that what breaks users of the last release's APIs stands in CHANGELOG.md
	@$(PY) -m local.releases

release: setup ## Keep the present specs as a release's (VERSION=1.2.3), and date CHANGELOG.md
	@$(PY) -m local.releases '$(VERSION)'

check: lint bandit typecheck imports migrations drift compatibility ## All checks that need no database, as CI runs them
