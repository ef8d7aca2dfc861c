# `make` or `make help` lists the commands: each has its sentence behind ##.
.DEFAULT_GOAL := help
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

PORT ?= 8000
DATA ?= ./var
BIN := .venv/bin
JOBS ?= 2
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/messages.po))

# A checkout that was moved needs its .venv built again.
ifneq ($(file < .venv/.ready-run),$(CURDIR))
.PHONY: .venv/.ready-run .venv/.ready-test
endif

.PHONY: help setup run test lint types imports translations migrations format migrate check bench faults lock messages clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' Makefile
	@printf '\nPORT (%s) and DATA (%s) set where `make run` listens and keeps its data.\n' '$(PORT)' '$(DATA)'

setup: .venv/.ready-run $(CATALOGUES) ## build .venv with .venv/bin/tracker, and nothing else
	@:

.venv/.ready-run: requirements/run.txt tools/venv
	@tools/venv run

.venv/.ready-test: requirements/test.txt tools/venv .venv/.ready-run
	@tools/venv test

%.mo: %.po .venv/.ready-run
	@$(BIN)/pybabel -q compile -i $< -o $@

run: setup ## start everything in one process, plan 271 loaded; Ctrl-C stops it
	@exec $(BIN)/tracker up --sample --port "$(PORT)" --data "$(DATA)"

test: .venv/.ready-test setup ## everything CI runs: lint, types, imports, translations, migrations, tests
	@tools/need
	@$(MAKE) check
	@$(BIN)/pytest -q -n $(JOBS)

check: lint types imports translations migrations ## what needs no server: lint, types, imports, translations, migrations

lint: .venv/.ready-test ## ruff: style and the usual mistakes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: .venv/.ready-test ## ruff: put the style right
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

types: .venv/.ready-test ## mypy --strict over tracker, workers and config
	@$(BIN)/mypy

imports: .venv/.ready-test ## import-linter: the directions between the rooms
	@$(BIN)/lint-imports

translations: .venv/.ready-test ## every sentence is in both catalogues, none missing or fuzzy
	@$(BIN)/python -m tools.messages check

migrations: .venv/.ready-test ## the migrations build exactly what the models say
	@$(BIN)/python -m tools.migrations check

migrate: .venv/.ready-test ## write a migration from the models: make migrate m="add remark"
	@$(BIN)/python -m tools.migrations new "$(m)"

messages: .venv/.ready-test ## collect the sentences into both catalogues and compile them
	@$(BIN)/python -m tools.messages update
	@$(MAKE) setup

bench: .venv/.ready-test setup ## measure speed and size beside target and bare limit
	@$(BIN)/python -m bench $(ONLY)

faults: .venv/.ready-test setup ## the fault runs: kill, cut, fill and pause while an outside ledger watches
	@$(BIN)/pytest -q tests/faults/test_short.py tests/faults/long_runs.py

lock: .venv/.ready-test ## lock the requirements again, with hashes, for every platform
	@for set in run test; do $(BIN)/uv pip compile --quiet --generate-hashes --universal --no-header \
		--no-emit-index-url --python-version 3.11 requirements/$$set.in -o requirements/$$set.txt || exit 1; done

clean: ## remove what the tools made; the data folder stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis translations/messages.pot
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@rm -f translations/*/LC_MESSAGES/*.mo
