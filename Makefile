# Two commands matter: `make run` and `make test`. Both set up everything they need.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.ONESHELL:
.PHONY: help setup run test lint check bench cluster-demo lock format clean system-packages

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

BIN := .venv/bin
RUNTIME := .venv/runtime.stamp
DEVELOPMENT := .venv/development.stamp
INSTALL := $(BIN)/python -m pip -qq --no-input --disable-pip-version-check install --no-deps
PROVIDERS := aliyun tencent wechat
COMPILE := $(BIN)/uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --custom-compile-command 'make lock' $(UPGRADE) pyproject.toml

# The interpreter that makes the virtual environment: the first one found that is new enough.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo "$$name" && break; done)

help: ## list these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 14

setup: $(RUNTIME) $(EXTRAS:%=.venv/extra-%.stamp) ## make the virtual environment; EXTRAS="aliyun tencent wechat" adds providers

run: setup ## start console and daemon
	@exec $(BIN)/huodian serve

test: $(DEVELOPMENT) system-packages ## set up everything, then run the whole test suite
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadgroup $(COVERAGE) $(ARGS)

lint: $(DEVELOPMENT) ## format, style, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: COVERAGE := --cov --cov-report term-missing
check: lint test ## lint, then test with the coverage gate

bench: $(DEVELOPMENT) ## measure
	$(BIN)/python -m bench $(ARGS)

cluster-demo: $(DEVELOPMENT) ## show a cluster on this machine, one daemon of which is killed
	$(BIN)/python -m tests.cluster_demo

lock: $(DEVELOPMENT) ## renew the lock files; UPGRADE=--upgrade moves to newer versions
	$(COMPILE) --group build --output-file requirements.lock
	$(COMPILE) --all-extras --group build --group dev --group bench --constraint requirements.lock \
	  --output-file requirements-dev.lock
	# An extra's file holds only what is not locked above.
	locked=$$(sed -nE 's/^([A-Za-z0-9._-]+)(\[.*\])?==.*/--no-emit-package \1/p' requirements.lock)
	for extra in $(PROVIDERS); do
	  $(COMPILE) --extra "$$extra" --constraint requirements-dev.lock $$locked \
	    --output-file "requirements-$$extra.lock"
	done

format: $(DEVELOPMENT) ## format, and mend what can be mended mechanically
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove the environment and caches; var/ stays, it holds the work
	rm -rf .venv .*_cache .hypothesis .coverage .coverage.* mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---- Python packages ------------------------------------------------------------------------

$(BIN)/pip:
	@$(SHELL_FUNCTIONS)
	if [ -z "$(PYTHON)" ]; then
	  complain 'Python 3.11 or newer is needed. On Debian: apt-get install python3 python3-venv'
	  exit 1
	fi
	if ! "$(PYTHON)" -c 'import ensurepip' 2>/dev/null; then
	  may_install && apt_install python3-venv || {
	    complain "$(PYTHON) cannot make a virtual environment. On Debian: apt-get install python3-venv"
	    exit 1
	  }
	fi
	"$(PYTHON)" -m venv .venv

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/pip
	@echo 'Installing the locked run-time dependencies into .venv'
	$(INSTALL) --require-hashes --requirement requirements.lock
	$(INSTALL) --no-build-isolation --editable .
	touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	@echo 'Installing the locked development dependencies into .venv'
	$(INSTALL) --require-hashes --requirement requirements-dev.lock
	touch $@

.venv/extra-%.stamp: requirements-%.lock $(RUNTIME)
	@echo 'Installing what $* needs into .venv'
	$(INSTALL) --require-hashes --requirement $<
	touch $@

# ---- Debian packages that some tests need ---------------------------------------------------
# Without them those tests skip; with CI=true nothing may be skipped.

system-packages:
	@$(SHELL_FUNCTIONS)
	for package in postgresql chromium fonts-noto-cjk kannel kannel-extras; do
	  present "$$package" && continue
	  may_install && apt_install "$$package" && present "$$package" && continue
	  complain "$$package is missing and its tests are skipped. On Debian: apt-get install $$package"
	  [ "$${CI:-}" != true ]
	done

define SHELL_FUNCTIONS
complain() { echo "$$*" >&2; }
may_install() { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
present() {
  case "$$1" in
    postgresql) compgen -G '/usr/lib/postgresql/*/bin/postgres' ;;
    chromium) command -v chromium ;;
    fonts-noto-cjk) compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK-*' ;;
    kannel) [ -x /usr/sbin/bearerbox ] ;;
    kannel-extras) [ -x /usr/lib/kannel/test/fakesmsc ] ;;
  esac >/dev/null
}
apt_install() (
  echo "Installing $$1 with apt-get"
  # Only the programs are wanted: no service may start by being installed.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$$policy" ]; then
    trap 'rm -f "$$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$$policy"
    chmod 755 "$$policy"
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt="apt-get --quiet=2 --option DPkg::Lock::Timeout=120"
  install="$$apt install --yes --no-install-recommends $$1"
  # The package lists are renewed only when they turn out to be missing or stale.
  output=$$($$install 2>&1) || output=$$($$apt update 2>&1; $$install 2>&1) || {
    complain "$$output"
    return 1
  }
)
endef
