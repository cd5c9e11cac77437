# Needs Rust, Python 3.10 or later, and make. Everything else comes into .venv from requirements.txt.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := $(CURDIR)/.venv
VENV_STAMP := $(VENV)/.installed
STACK := $(VENV)/bin/python scripts/stack.py
RELEASED_STACK := $(STACK) run --template .aws-sam/release/template.yaml

export PATH := $(VENV)/bin:$(PATH)
export SAM_CLI_TELEMETRY := 0
# Linting and building name a Region although they talk to none.
export AWS_DEFAULT_REGION ?= us-east-1
export AWS_REGION ?= $(AWS_DEFAULT_REGION)

HOST_ARCH := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
TARGET := $(abspath $(or $(CARGO_TARGET_DIR),target))
SEVER := $(TARGET)/debug/sever
FUNCTIONS := $(notdir $(wildcard functions/*))

.PHONY: help
help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: venv
venv: $(VENV_STAMP) ## Install the pinned tools into .venv (about a minute, once)

$(VENV_STAMP): requirements.txt
	@command -v cargo >/dev/null || { echo "Rust is missing: see https://rustup.rs" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "Python 3.10 or later is needed; name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing the pinned tools into .venv: about a minute, once"
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/pip install --disable-pip-version-check --requirement requirements.txt
	@touch $@

# Functions, tests and `sever` share one profile and one set of features, so that no dependency is compiled twice.
.PHONY: build
build: venv ## Build the functions and `sever` for this machine, as the emulator runs them (minutes when fresh)
	cargo build --workspace --bins --locked
	@$(VENV)/bin/python scripts/lay_out.py $(TARGET)/debug

# As `make package` builds, but with the host's own linker: Rust needs that one anyway, and it saves what Zig takes to build its
# C library. SAM hides what Cargo prints, so each function is compiled in the open first, by the very command that SAM will use:
# it then finds everything done.
.PHONY: build-release
build-release: export CARGO_LAMBDA_COMPILER := cargo
build-release: venv ## Build the functions as they ship, but for this machine: what the benches measure
	@for function in $(FUNCTIONS); do \
	  echo "Compiling $$function for $(HOST_ARCH)"; \
	  (cd functions/$$function && cargo lambda build --release $(if $(filter arm64,$(HOST_ARCH)),--arm64)); \
	done
	@sam build --build-dir .aws-sam/release --parameter-overrides Architecture=$(HOST_ARCH)

.PHONY: package
package: venv ## Build the functions for AWS: arm64, against the C library of Amazon Linux 2023
	@rustup target add aarch64-unknown-linux-gnu
	sam build --build-dir .aws-sam/package --parameter-overrides Architecture=arm64
	@echo 'Next: sam deploy --guided --template-file .aws-sam/package/template.yaml'

# Tests of `late` need a stack whose AWS is late; it is another one, started with a seed. They mostly wait: more threads than cores.
LATE := run --late $(or $(SEED),7) --parameter SettleSeconds=5
.PHONY: test
test: build ## All tests, end to end included, against the emulator with IAM enforced, prompt and late
	@$(VENV)/bin/python -m unittest discover --start-directory tests/emulator
	@if cargo nextest --version >/dev/null 2>&1; then \
	  cargo nextest run --workspace --tests --no-run; \
	  $(STACK) run --with-observe-stack --with-review-stack --with-moto -- env SEVERANCE_SEVER=$(SEVER) \
	    cargo nextest run --workspace --tests --no-fail-fast -E 'not test(/^late::/)'; \
	  $(STACK) $(LATE) -- env SEVERANCE_SEVER=$(SEVER) \
	    cargo nextest run --workspace --tests --no-fail-fast --test-threads 12 -E 'package(severance-tests) & test(/^late::/)'; \
	  if grep -rqE '^ *//[/!] *```' --include='*.rs' crates functions; then cargo test --workspace --doc; fi; \
	else \
	  cargo test --workspace --tests --no-run; \
	  $(STACK) run --with-observe-stack --with-review-stack --with-moto -- env SEVERANCE_SEVER=$(SEVER) \
	    cargo test --workspace --tests --no-fail-fast -- --skip late::; \
	  $(STACK) $(LATE) -- env SEVERANCE_SEVER=$(SEVER) \
	    cargo test --workspace --tests --no-fail-fast late:: -- --test-threads 12; \
	fi

# With the features of the whole workspace, so that no dependency is compiled once more.
ADVERSARY := $(TARGET)/debug/adversary
.PHONY: adversary-build
adversary-build:
	@cargo build --workspace --bins --locked

.PHONY: adversary
adversary: adversary-build ## An attacker against the whole product: known failures, single acts, random schedules (MINUTES=2)
	@$(ADVERSARY) ci --minutes $(or $(MINUTES),2)

.PHONY: adversary-soak
adversary-soak: adversary-build ## Random schedules of the attacker for MINUTES=60; goes on where it stopped (SOAK=target/soak.json)
	@$(ADVERSARY) soak --state $(or $(SOAK),$(TARGET)/soak.json) --minutes $(or $(MINUTES),60)

.PHONY: mutants
mutants: adversary-build ## Is each safeguard missed when it is taken away? (hours; ONLY='text of a name')
	@$(ADVERSARY) mutants --only '$(ONLY)'

.PHONY: demo
demo: build ## Watch four events become contained identities, and a key replaced under a service that works with it
	@$(STACK) run --parameter 'CutoverQuiet=*=3s' --parameter CutoverDeletion=3s -- $(VENV)/bin/python scripts/demo.py --sever $(SEVER)

# One function as it ships, under AWS's own runtime interface emulator.
.PHONY: smoke
smoke: export CARGO_LAMBDA_COMPILER := cargo
smoke: build ## Build one function as it ships, but for this machine, and let it react to one event
	@cd functions/posture-finding && cargo lambda build --release $(if $(filter arm64,$(HOST_ARCH)),--arm64)
	@sam build PostureFindingFunction --build-dir .aws-sam/smoke --parameter-overrides Architecture=$(HOST_ARCH)
	@$(STACK) run -- $(VENV)/bin/python scripts/bench.py --built .aws-sam/smoke --only PostureFindingFunction --events 2

.PHONY: bench
bench: build-release ## Size, start, time, memory and AWS calls of each function
	@$(RELEASED_STACK) -- $(VENV)/bin/python scripts/bench.py

# 77: Cloud Custodian cannot be installed here, so nothing was compared. The script says so last, and loudly. `own`: sessions
# of roles that the user had assumed are not its own; nothing else of it may live.
.PHONY: bench-containment
bench-containment: build-release ## One containment by Severance and by Cloud Custodian, side by side
	@$(RELEASED_STACK) -- env SEVERANCE_CACHE=$(or $(SEVERANCE_CACHE),$(HOME)/.cache/severance) \
	  $(VENV)/bin/python scripts/bench_containment.py --insist own || (($$? == 77))

.PHONY: bench-rotation
bench-rotation: build-release ## A rotation by its steps, and whether an exposed key dies later because of one
	@$(RELEASED_STACK) --parameter CopiesSearch=false --parameter 'CutoverQuiet=*=168h' \
	  -- $(VENV)/bin/python scripts/bench_rotation.py

.PHONY: lint
lint: venv ## What CI checks beside the tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked --document-private-items
	cargo xtask tidy
	cargo xtask gen --check
	cfn-lint template.yaml infra/*.yaml
	$(VENV)/bin/python scripts/check_template.py
	$(VENV)/bin/python scripts/permissions.py --check
	$(VENV)/bin/python -m compileall -q scripts tests/emulator

.PHONY: clean
clean: ## Remove what builds and runs left behind, except .venv and Cargo's target folder
	@for run in .severance/run-*/; do \
	  if pid=$$(cat "$$run/emulator.pid" 2>/dev/null) && kill -0 "$$pid" 2>/dev/null; then echo "$$run is in use, left alone"; \
	  else rm -rf "$$run"; fi; \
	done
	rm -rf .aws-sam

.PHONY: clean-venv
clean-venv: ## Remove .venv
	rm -rf $(VENV)
