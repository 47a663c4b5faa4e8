# What a developer does here. `make` alone lists it; go.work lists the modules.
SHELL         := bash
.SHELLFLAGS   := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS     += --no-print-directory

# Read only by the targets that need them, so that `make` alone needs no Go.
modules = $(shell go list -m -f '{{.Dir}}')
version = $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
commit  = $(shell git rev-parse HEAD 2>/dev/null || echo unknown)

# A browser that npm downloads is neither wanted nor, often, to be had.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

# Debian keeps nginx where only root looks.
export PATH := $(PATH):/usr/sbin

# By the names that --url and --api-url have as variables of the browser tests.
URL     ?= $(PORTAL_URL)
API_URL ?= $(PORTAL_API_URL)
export PORTAL_API_KEY ?= $(API_KEY)

header = @printf '\n== %s\n'

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' Makefile

run: ## the portal on http://127.0.0.1:8080; ARGS="--demo" passes flags (ARGS=--help lists them)
	@scripts/need --if-possible postgres
	@$(MAKE) build
	@exec bin/dev-portal $(ARGS)

demo: override ARGS := --demo $(ARGS)
demo: run ## the portal with 60 services, of which a database falls now and then

build: ## bin/dev-portal, the portal in one process
	@go build -trimpath -ldflags '-X main.version=$(version) -X main.commit=$(commit)' -o bin/dev-portal ./services/standalone/cmd/dev-portal

test: test-go test-web test-browser ## every test, getting first what is missing for them
	$(header) 'all tests passed'

test-unit: ## the Go tests that start nothing, in seconds
	go test -short work

# Packages run beside each other: most of their time they wait.
test-go: ## every Go test; PKG=./pkg/events/... and RUN=Name narrow it
	@scripts/need postgres nginx chromium gcc jq prometheus
	$(header) 'Go: unit and integration tests'
	go test -race -shuffle=on -timeout 20m -p 4 $(if $(RUN),-run '$(RUN)') $(or $(PKG),work)

test-integration: ## the whole portal on real parts; PORTAL_TEST_STACK=docker|local chooses them
	@scripts/need postgres nginx gcc
	go test -race -count=1 -v -timeout 20m $(if $(RUN),-run '$(RUN)') ./integration/...

test-faults: ## the portal broken in every way, some four minutes: is health red meanwhile, and nothing lost?
	@scripts/need postgres gcc
	PORTAL_TEST_STACK=local go test -race -tags faults -count=1 -v -timeout 20m -run HealthIsRed ./integration/

test-web: services/web/node_modules ## the page's own tests, in Node
	$(header) 'page: unit tests'
	cd services/web && npm test

test-browser: integration/browser/node_modules ## the page in Chromium; URL=…, API_URL=… and API_KEY=… test a portal that runs
	@scripts/need --if-possible postgres
	@scripts/need chromium
	@$(if $(URL),:,$(MAKE) build)
	$(header) 'browser: $(or $(URL),portals of its own)'
	cd integration/browser && \
	  $(if $(URL),PORTAL_URL='$(URL)' PORTAL_API_URL='$(API_URL)',PORTAL_BIN='$(CURDIR)/bin/dev-portal') \
	  npx playwright test $(ARGS)

screenshot: integration/browser/node_modules build ## the pictures in docs, taken anew
	@scripts/need --if-possible postgres
	@scripts/need chromium
	cd integration/browser && PORTAL_BIN='$(CURDIR)/bin/dev-portal' npm run --silent screenshot -- '$(CURDIR)/docs'

lint: bin/golangci-lint bin/govulncheck services/web/node_modules integration/browser/node_modules ## formatting, vet, linters, tidy modules, known holes
	@scripts/lint

fmt: services/web/node_modules integration/browser/node_modules ## format the code, Go and JavaScript
	gofmt -w $(modules)
	cd services/web && npm run --silent format
	cd integration/browser && npm run --silent format

bench: ## what it costs: probes per CPU-second, history, lists, events, live browsers, impact
	@scripts/need --if-possible postgres
	go run ./bench $(ARGS)

bench-page: integration/browser/node_modules build ## what the page costs in Chromium: loading, filters, changes, graphs; ARGS=60 has so many services
	@scripts/need --if-possible postgres
	@scripts/need chromium
	cd integration/browser && PORTAL_BIN='$(CURDIR)/bin/dev-portal' npm run --silent bench -- $(ARGS)

images: ## the container images, with their sizes
	@scripts/images

up: ## the portal in containers, one a service
	PORTAL_COMMIT=$$(git rev-parse HEAD) docker compose up --build --wait

down: ## stop the containers; the data stays
	docker compose down

logs: ## what the containers say
	docker compose logs --follow --tail 100

test-compose: integration/browser/node_modules ## page and workers on docker compose; ARGS=tests/ has every browser test run there
	@scripts/need chromium gcc
	deploy/compose/test $(ARGS)

test-charts: ## the chart without a cluster: types, rules, golden files
	$(header) 'charts'
	cd deploy/helm/test && GOWORK=off go test -count=1 ./... # Go's cache does not see the charts change

test-cluster: integration/browser/node_modules ## the chart on the Kubernetes that kubectl has; deploy/test-cluster says how
	@scripts/need chromium
	deploy/test-cluster

# The tools are built once, from the versions that tools/go.mod pins.
bin/golangci-lint: tools/go.mod tools/go.sum
	cd tools && GOWORK=off go build -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/govulncheck: tools/go.mod tools/go.sum
	cd tools && GOWORK=off go build -o ../$@ golang.org/x/vuln/cmd/govulncheck

%/node_modules: %/package-lock.json
	@scripts/need node
	cd $* && npm ci --no-audit --no-fund
	@touch $@

.PHONY: help run demo build test test-unit test-go test-integration test-faults test-web test-browser screenshot lint fmt bench bench-page images up down logs \
  test-compose test-charts test-cluster
