# Every target installs what it needs and builds; nothing else is to be done by hand.
SHELL := /bin/bash
JOBS  ?= $(shell nproc)
BUILD := build

# The compiler cache keeps what did not change between the sanitizer builds and the release.
export CCACHE_DIR ?= $(HOME)/.cache/ccache

.PHONY: run test bench faults format tidy docs build unit asan tsan clean

run: ## the main job on an embedded default: no server needed (LOKI_URL=http://... ships to a real Loki)
	@.ci/packages run
	@$(MAKE) --no-print-directory build
	@./.ci/quickstart

build: ## the release build
	@.ci/build release

test: ## every test: unit, conformance, topology, e2e, fault smoke, style; then sanitizers
	@.ci/packages test
	@.ci/test

bench: ## benchmarks: micro, and the agent beside the limit loop and a peer
	@.ci/packages test
	@.ci/build release
	@ninja -C $(BUILD)/release sluice_micro sluice_limit sluice_loggen sluice_sink204
	@bench/run

faults: ## the fault scenarios at full size (about an hour)
	@.ci/packages test
	@.ci/build release
	@ninja -C $(BUILD)/release loki_standin log_writer
	@python3 tests/faults/run.py --full

format: ## clang-format over our sources
	@.ci/packages test
	@git ls-files '*.cc' '*.h' | xargs clang-format-19 -i

tidy: ## clang 19 with -Werror, and clang-tidy over what changed since main
	@.ci/packages tidy
	@.ci/build tidy
	@git ls-files '*.cc' | grep -v _test.cc | xargs -P $(JOBS) -n 4 clang-tidy-19 -p $(BUILD)/tidy --quiet

docs: ## regenerate the option tables and reference pages
	@.ci/build release
	@$(BUILD)/release/sluice docs --write .

clean:
	@rm -rf $(BUILD)
