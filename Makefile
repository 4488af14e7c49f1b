# Targets for people and for CI. The work is done by the go command and the scripts in hack/.

VERSION ?= $(shell git describe --tags --always --dirty --match 'v*' 2>/dev/null || echo dev)

# The version of the release that make krew and make image build.
RELEASE ?= v0.1.0

# What is released has no C in it, so what is tested and checked has none either.
export CGO_ENABLED ?= 0

.DEFAULT_GOAL := help
.PHONY: help build test soak verify docs recording demo bench krew image sandbox-image release-snapshot release clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

build: ## build the programs into bin/
	@hack/build.sh '$(VERSION)'

test: ## install or build what the tests need, then run all of them
	hack/test.sh

soak: ## hours of tests: race detector, all faults of all files, kills, storms, fuzzing; QUICK=1: ten minutes; FUZZTIME=1h
	QUICK=$(QUICK) FUZZTIME=$(FUZZTIME) PARTS="$(PARTS)" hack/soak.sh

verify: ## format, vet, lint, modules, platforms, dependencies, scripts, manifests, text
	hack/verify.sh

docs: ## write what is generated of docs/
	go run ./hack/manual -page docs/commands.md -troubles docs/troubleshooting.md

recording: build ## record docs/recording.svg, in a sandbox
	hack/recording.sh

demo: build ## set up a sandbox and play the whole workflow in it
	hack/prepare.sh demo
	hack/demo.sh

bench: build ## measure the helper side by side with its peers; QUICK=1: few rounds, and nothing is written
	hack/bench.sh $(if $(QUICK),--quick)

krew: ## build what Krew installs, and its index, into out/krew; RELEASE=v1.2.3
	hack/krew.sh $(RELEASE)

image: ## build the container image into out/image, without an engine
	hack/image.sh $(RELEASE)

sandbox-image: ## build the container image of edge-sandbox into out/sandbox-image; it takes the API server's build
	hack/sandbox-image.sh $(RELEASE)

release-snapshot: ## build the whole release of this commit into out/release, twice, compare, and install it in each way
	hack/release.sh snapshot

release: ## publish the tag that is checked out: what CI does, with its keys
	hack/release.sh publish

clean: ## remove what was built here; the servers' build cache stays
	rm -rf bin out dist
