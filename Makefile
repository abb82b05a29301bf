# Wadah. "make" lists what can be done; "make run" needs nothing but Go.

SHELL        := /bin/sh
VERSION      ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINT_VERSION := v2.15.0
LINT         := bin/golangci-lint-$(LINT_VERSION)
GO           ?= go
BUILD        := CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)"
ARGS         ?=

.DEFAULT_GOAL := help
.PHONY: help build run sandbox test test-short soak fuzz vuln bench generate golden licences fmt lint check check-static clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build one static binary, bin/wadah
	@mkdir -p bin
	@if [ -e bin/wadah ]; then echo 'Building bin/wadah: what has changed since the last time.'; else \
		echo 'Building bin/wadah. The first time, all that it is made of is compiled, which takes minutes;'; \
		echo 'the names of the parts go by. From then on only what has changed is, which takes seconds.'; fi
	$(BUILD) $(if $(wildcard bin/wadah),,-v) -o bin/wadah ./cmd/wadah

run: build ## build and serve on http://127.0.0.1:8080, data in ./data (ARGS="--listen …")
	./bin/wadah serve $(ARGS)

sandbox: build ## the same on a simulated WhatsApp with virtual phones, data in ./data-sandbox
	@echo 'To start it without building: ./bin/wadah sandbox --data ./data-sandbox'
	./bin/wadah sandbox --data ./data-sandbox $(ARGS)

test: ## run every test; sets up what it needs
	@.ci/test

test-short: ## run the tests of the packages, without race detector, processes and browser
	$(GO) test -count=1 $$($(GO) list ./... | grep -v /cmd/)

soak: ## run the tests of crashes and faults for longer than make test does, and more of them on PostgreSQL
	@.ci/proxies
	WADAH_SOAK=1 $(GO) test -tags soak -count=1 -timeout 4h ./cmd/wadah ./handlers ./session/...

fuzz: ## fuzz everything strangers send (FUZZTIME=1m for each target)
	@FUZZTIME=$(or $(FUZZTIME),1m) .ci/fuzz

vuln: ## look for known vulnerabilities in what is used (needs its database on the internet)
	@.ci/vuln

bench: ## compare with the plain library and plain handlers, as a table (BENCH=part, ROUNDS=n; 15 minutes, Linux)
	$(GO) test -run '^$$' -bench 'Wadah/$(or $(BENCH),.)' -benchtime 1x -timeout 120m ./cmd/wadah -rounds $(or $(ROUNDS),5)

generate: ## write the Go code of the templates
	$(GO) tool templ generate -path views

golden: ## rewrite what tests expect of pages and messages; look at the difference
	$(GO) test -count=1 ./views/gallery ./session/whatsapp/convert -update

licences: ## write the licences of all that is linked and vendored (static/licences)
	$(GO) test -count=1 -run '^TestLicences$$' ./cmd/wadah -licences

fmt: $(LINT) ## format Go and templates
	$(LINT) fmt
	$(GO) tool templ fmt views

lint: $(LINT) ## run the linter, import rules included
	$(LINT) run ./...

check-static: generate lint ## everything of check but the tests
	@git diff --exit-code -- views || { echo 'make check: generated code was not up to date (see above): commit it'; exit 1; }
	$(GO) mod tidy -diff
	$(GO) vet ./...
	@.ci/forbidden

check: check-static test ## what must pass before a commit is pushed
	@echo 'make check: all good'

clean: ## remove what was built; data stays
	rm -rf bin

# Built once: it takes minutes.
$(LINT): .tools/go.mod .tools/go.sum
	@mkdir -p bin
	cd .tools && CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -o ../$(LINT) github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $(LINT)
