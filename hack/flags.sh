#!/usr/bin/env bash
# Sourced before go is run on this repository: the flags of a release for builds, tests and checks alike, so that all share one
# build cache and nothing is compiled twice.
export GOFLAGS="${GOFLAGS:-} -trimpath -buildvcs=false" CGO_ENABLED=0
