# Cartage: two commands matter to a newcomer, `make demo` and `make test`.
SHELL := /bin/bash
CARGO ?= cargo
BIN := target/debug/cartage
ARGS ?=

.PHONY: help setup assets build release demo test soak check bench bench-routing bench-matching

help:
	@echo "make demo     a living city on this machine, until Ctrl-C (ARGS=... for options)"
	@echo "make test     every test, with real servers; installs what is missing"
	@echo "make check    format, lints as errors, docs as errors"
	@echo "make assets   bundle what pages need in a browser"
	@echo "make soak     the long runs, with a dated report"
	@echo "make release  target/release/cartage, optimised throughout: what to serve with"
	@echo "make bench    measurements, with the house optimised; takes some minutes to build"
	@echo "make bench-routing  routes against the installed peers, into solver/BENCHMARKS.md (ARGS=...)"
	@echo "make bench-matching assignment beside lapjv of lapx"

# Packages of Debian 12 and 13; installed as root or by sudo, else named.
setup:
	@tools/setup.sh

assets: setup
	@tools/assets.sh

build: assets
	$(CARGO) build --locked --workspace

release: assets
	$(CARGO) build --locked --release --bin cartage

demo: build
	$(BIN) demo $(ARGS)

# Tests build what they need: a build without their dependencies first would compile
# half of the others twice, with other features.
test: assets
	@tools/test.sh

soak: build
	@tools/soak.sh

check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

# The build of demo and tests leaves the house itself as it is written, which is quick to
# compile and several times slower to run: nothing to measure with.
bench: assets
	$(CARGO) test --locked -p solver --test public -- --nocapture
	$(CARGO) build --locked --workspace --config 'profile.dev.package.cartage.opt-level=2'
	$(BIN) bench orders $(ARGS)

bench-routing:
	$(CARGO) build --locked -p solver --bin solve
	python3 tools/bench_routing.py $(ARGS)
	python3 tools/bench_routing_rich.py

bench-matching:
	$(CARGO) build --locked -p solver --bin solve
	python3 tools/bench_matching.py $(ARGS)
