# Run "make help" for a list of the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GOLANGCI := bin/golangci-lint
OASDIFF := bin/oasdiff
APIDIFF := bin/apidiff
REDOCLY := tools/npm/node_modules/.bin/redocly
SPEC_VALIDATOR := bin/python/bin/openapi-spec-validator
# The newer of the two supported Go releases. The older one is in go.mod.
NEWER_GO := go1.27.4

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-13s %s\n", $$1, $$2}'

.PHONY: generate
generate: ## Generate gen/ from api/openapi.yaml
	go generate ./...

.PHONY: verify
verify: ## Fail if gen/, go.mod or go.sum are out of date
	@before="$$(cat gen/*.go gen/*/*.go wrapper/*.go | cksum)"; $(MAKE) --no-print-directory generate; \
	after="$$(cat gen/*.go gen/*/*.go wrapper/*.go | cksum)"; \
	if [ "$$before" != "$$after" ]; then \
		echo "gen/ or comments in wrapper/ were out of date; they are now up to date: review and commit the changes" >&2; exit 1; fi
	go mod tidy -diff
	go -C tools/lint mod tidy -diff
	go -C tools/oasdiff mod tidy -diff
	go -C tools/apidiff mod tidy -diff
	go -C tests/consumer mod tidy -diff
	go mod verify

.PHONY: fmt
fmt: $(GOLANGCI) ## Format the handwritten code
	$(GOLANGCI) fmt

.PHONY: lint
lint: $(GOLANGCI) ## Lint the handwritten code
	$(GOLANGCI) run ./...

# The linter has its own module, because it has hundreds of dependencies.
$(GOLANGCI): tools/lint/go.mod tools/lint/go.sum
	go -C tools/lint build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: test
test: ## Run the tests; needs Go and Python 3.10. With CI set, a skipped test is a failure
	go vet ./...
	tools/gotest/gotest.sh ./...

# Its go.mod requires this module as that of a user does. -mod=readonly fails if go.mod or go.sum is not complete.
.PHONY: consumer
consumer: ## Build, vet and test tests/consumer, a module that uses this module
	go -C tests/consumer build -mod=readonly -o /dev/null .
	go -C tests/consumer vet -mod=readonly ./...
	go -C tests/consumer test -mod=readonly ./...

.PHONY: test-wrapper
test-wrapper: ## Run the tests of the client, which supports more systems than the emulator; needs Go and Python 3.10
	go test ./gen/... ./wrapper/... ./internal/...

.PHONY: contract
contract: ## Check the description against the recorded exchanges, as "make test" does
	go test -count=1 ./tests/contract/...

.PHONY: record
record: ## Record the emulator, or the project in CDF_PROJECT; tests/recorded/README.md explains ARGS
	go run ./tests/contract/record $(ARGS)

.PHONY: coverage-docs
coverage-docs: ## Generate docs/coverage.md, the coverage of the description by recordings
	go test -count=1 ./tests/contract -run '^TestMutants$$' -update

.PHONY: guide
guide: ## Test docs/spec-guide.md and changes of the description on copies of the project; takes minutes
	GUIDE=1 go test -count=1 -timeout 30m -p 1 -v ./tests/specguide ./tests/change

.PHONY: race
race: ## Run the tests of the libraries and the program under the race detector
	go test -race $$(go list ./... | grep -v /tests/)

.PHONY: build
build: ## Build the program as bin/cogfn, and all packages for some other systems
	go build -o bin/cogfn ./cmd/cogfn
	@$(MAKE) --no-print-directory cross PLATFORMS="darwin/arm64 windows/amd64" VETTED=linux/386

# The supported systems, as GOOS/GOARCH. The first build for a system takes up to a minute.
PLATFORMS := linux/amd64 linux/arm64 linux/386 linux/arm darwin/amd64 darwin/arm64 windows/amd64
VETTED := $(PLATFORMS)

.PHONY: cross
cross: ## Build all packages for all supported systems, and vet packages and tests for them
	@for platform in $(PLATFORMS); do echo "go build $$platform"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build ./...; done
	@for platform in $(VETTED); do echo "go vet $$platform"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go vet ./...; done

.PHONY: examples
examples: ## Run the examples; needs Python 3
	go run ./examples/deploy
	go run ./examples/fanout
	go test -count=1 ./examples/testing
	go run ./cmd/cogfn run examples/hello --data '{"name": "Ada"}'
	go run ./cmd/cogfn run examples/progress --data '{"steps": 3}'

.PHONY: diff
diff: $(OASDIFF) ## Show the changes of the description since OLD, a git ref or a file; fails if they break clients
	@tools/oasdiff/diff.sh "$${OLD:-}"

.PHONY: apidiff
apidiff: $(APIDIFF) ## Show the changes of the Go API since OLD, a git ref, or the last tag; fails if they break programs
	@tools/apidiff/apidiff.sh "$${OLD:-}"

$(APIDIFF): tools/apidiff/go.mod tools/apidiff/go.sum
	go -C tools/apidiff build -o ../../$@ golang.org/x/exp/cmd/apidiff

$(OASDIFF): tools/oasdiff/go.mod tools/oasdiff/go.sum
	go -C tools/oasdiff build -o ../../$@ github.com/oasdiff/oasdiff

.PHONY: lint-api
lint-api: $(REDOCLY) ## Lint the description with Redocly; needs Node and npm
	REDOCLY_SUPPRESS_UPDATE_NOTICE=true REDOCLY_TELEMETRY=off \
		$(REDOCLY) lint --config api/redocly.yaml --lint-config error api/openapi.yaml api/emulator.yaml

.PHONY: interop
interop: lint-api $(OASDIFF) $(SPEC_VALIDATOR) ## Validate the description with third-party tools; needs Node, npm, and Python 3.11 with pip and venv
	$(SPEC_VALIDATOR) api/openapi.yaml
	$(SPEC_VALIDATOR) api/emulator.yaml
	INTEROP=1 go test -count=1 ./tests/interop

# The lock file also has Prism, openapi-typescript and the TypeScript compiler for tests/interop.
$(REDOCLY): tools/npm/package.json tools/npm/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20.19 or newer, which includes it" >&2; exit 1; }
	npm --prefix tools/npm ci
	@touch $@

# The requirements also have openapi-python-client for tests/interop.
$(SPEC_VALIDATOR): tools/python/requirements.txt
	@command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.11 or newer with the venv module" >&2; exit 1; }
	python3 -m venv bin/python
	bin/python/bin/pip install --quiet --requirement tools/python/requirements.txt
	@touch $@

.PHONY: newer-go
newer-go: ## Run the tests with the newer Go release, and the JSON tests with encoding/json/v2
	GOTOOLCHAIN=$(NEWER_GO) go test ./...
	GOEXPERIMENT=jsonv2 go test ./internal/jsonobject ./gen/... ./wrapper/... ./deploy ./batch

.PHONY: fuzz
# A number of inputs, because Go 1.26 sometimes fails at the end of a time, https://go.dev/issue/75804.
fuzz: ## Run each fuzz test for FUZZTIME, 200000 inputs by default
	for target in FuzzDecode:./internal/jsonobject FuzzParseRetryAfter:./wrapper FuzzAPIErrorDecode:./wrapper FuzzCheck:./internal/pyscan; do \
		go test -run '^$$' -fuzz "^$${target%%:*}$$" -fuzztime $(or $(FUZZTIME),200000x) "$${target#*:}"; done

.PHONY: bench
bench: ## Run benchmarks of the client and of equivalent code by hand, for comparison
	go test -run '^$$' -bench . -benchmem ./tests/bench

.PHONY: ci
ci: verify build lint test consumer race examples guide ## Run the checks of each change; needs Go and Python 3.10

.PHONY: ci-full
ci-full: ci cross interop newer-go fuzz ## Run all checks; needs Go, Python 3.11 with pip and venv, Node and npm

.PHONY: clean
clean: ## Remove build results and installed tools
	rm -rf bin tools/npm/node_modules
