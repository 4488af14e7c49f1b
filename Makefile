# Targets for people and for CI. The work is done by the go command and the scripts in hack/.

VERSION ?= $(shell git describe --tags --always --dirty --match 'v*' 2>/dev/null || echo dev)

# The commit, and when it was made: not the time of the build, so that two builds of a commit are the same.
COMMIT ?= $(shell git rev-parse --verify HEAD 2>/dev/null)
DATE ?= $(shell TZ=UTC0 git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null)

# The version of the release that make krew builds.
RELEASE ?= v0.1.0

# What is released has no C in it, so what is tested and checked has none either.
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build test verify docs demo bench krew clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 9

build: ## build the programs into bin/
	@hack/build.sh '$(VERSION)' '$(COMMIT)' '$(DATE)'

test: ## install or build what the tests need, then run all of them
	hack/test.sh

verify: ## format, vet, lint, modules, platforms, dependencies, scripts, manifests, text
	hack/verify.sh

docs: ## write what is generated of docs/
	go run ./hack/manual -page docs/commands.md -troubles docs/troubleshooting.md

demo: build ## set up a sandbox and play the whole workflow in it
	hack/prepare.sh demo
	hack/demo.sh

bench: build ## measure the helper side by side with its peers; QUICK=1: few rounds, and nothing is written
	hack/bench.sh $(if $(QUICK),--quick)

krew: ## build the release archives and Krew manifests into out/
	hack/krew.sh $(RELEASE)

clean: ## remove what was built here; the servers' build cache stays
	rm -rf bin out
