# The targets for people and for CI; "make help" lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GOLANGCI := bin/golangci-lint
OASDIFF := bin/oasdiff
REDOCLY := tools/npm/node_modules/.bin/redocly
SPEC_VALIDATOR := bin/python/bin/openapi-spec-validator
# The newer of the two supported Go releases; go.mod names the older one.
NEWER_GO := go1.27.4

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.PHONY: generate
generate: ## Generate gen/ from api/openapi.yaml
	go generate ./...

.PHONY: verify
verify: ## Fail if gen/, go.mod or go.sum are out of date
	@before="$$(cat gen/*.go gen/server/*.go | cksum)"; $(MAKE) --no-print-directory generate; \
	after="$$(cat gen/*.go gen/server/*.go | cksum)"; \
	if [ "$$before" != "$$after" ]; then \
		echo "gen/ was out of date and has been generated again; review and commit the change" >&2; exit 1; fi
	go mod tidy -diff
	go -C tools/lint mod tidy -diff
	go -C tools/oasdiff mod tidy -diff
	go -C tests/consumer mod tidy -diff
	go mod verify

.PHONY: fmt
fmt: $(GOLANGCI) ## Format the handwritten code
	$(GOLANGCI) fmt

.PHONY: lint
lint: $(GOLANGCI) ## Lint the handwritten code
	$(GOLANGCI) run ./...

# Built once from its own module, so that its hundreds of dependencies stay out of go.mod.
$(GOLANGCI): tools/lint/go.mod tools/lint/go.sum
	go -C tools/lint build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: test
test: ## Run all tests; needs Go and Python 3
	go vet ./...
	go test ./...

.PHONY: contract
contract: ## Check the description against the recorded exchanges; "make test" does so too
	go test -count=1 ./tests/contract/...

.PHONY: record
record: ## Record the emulator, or the project that CDF_PROJECT names; ARGS as in tests/recorded/README.md
	go run ./tests/contract/record $(ARGS)

.PHONY: coverage-docs
coverage-docs: ## Generate docs/coverage.md, which lists what the recordings show of the description
	go test -count=1 ./tests/contract -run '^TestMutants$$' -update

.PHONY: guide
guide: ## Follow docs/spec-guide.md and change the description, on copies of the project; takes minutes
	GUIDE=1 go test -count=1 -timeout 30m -p 1 -v ./tests/specguide ./tests/change

.PHONY: race
race: ## Run the tests of the libraries and the program under the race detector
	go test -race ./wrapper/... ./batch ./deploy ./emulator/... ./internal/... ./cmd/...

.PHONY: build
build: ## Build the program as bin/cogfn, and check that it builds for other systems
	go build -o bin/cogfn ./cmd/cogfn
	GOOS=darwin go build -o /dev/null ./cmd/cogfn
	GOOS=windows go build -o /dev/null ./cmd/cogfn
	GOARCH=386 go vet ./wrapper/... ./emulator ./deploy ./batch ./gen/...

.PHONY: examples
examples: ## Run the example programs and functions
	go run ./examples/deploy
	go run ./examples/fanout
	go run ./cmd/cogfn run examples/hello --data '{"name": "Ada"}'
	go run ./cmd/cogfn run examples/progress --data '{"steps": 3}'

.PHONY: diff
diff: $(OASDIFF) ## Show what changed in the description since OLD, a git ref or a file; fails if it breaks clients
	@tools/oasdiff/diff.sh "$${OLD:-}"

$(OASDIFF): tools/oasdiff/go.mod tools/oasdiff/go.sum
	go -C tools/oasdiff build -o ../../$@ github.com/oasdiff/oasdiff

.PHONY: lint-api
lint-api: $(REDOCLY) ## Lint the description with Redocly; needs Node and npm
	REDOCLY_SUPPRESS_UPDATE_NOTICE=true REDOCLY_TELEMETRY=off \
		$(REDOCLY) lint --config api/redocly.yaml --lint-config error api/openapi.yaml

.PHONY: interop
interop: lint-api $(OASDIFF) $(SPEC_VALIDATOR) ## Validate the description with third-party tools; needs Node, npm and Python 3
	$(SPEC_VALIDATOR) api/openapi.yaml
	INTEROP=1 go test -count=1 ./tests/interop

# This also installs Prism, openapi-typescript and the TypeScript compiler, which tests/interop runs.
$(REDOCLY): tools/npm/package.json tools/npm/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js 20.19 or newer, which includes it" >&2; exit 1; }
	npm --prefix tools/npm ci
	@touch $@

# This also installs openapi-python-client, which tests/interop runs.
$(SPEC_VALIDATOR): tools/python/requirements.txt
	@command -v python3 >/dev/null || { echo "python3 is missing: install Python 3.11 or newer with the venv module" >&2; exit 1; }
	python3 -m venv bin/python
	bin/python/bin/pip install --quiet --requirement tools/python/requirements.txt
	@touch $@

.PHONY: newer-go
newer-go: ## Run all tests with the newer Go release, and the JSON tests with encoding/json/v2 on the older one
	GOTOOLCHAIN=$(NEWER_GO) go test ./...
	GOEXPERIMENT=jsonv2 go test ./internal/jsonobject ./gen/... ./wrapper/... ./deploy ./batch

.PHONY: fuzz
fuzz: ## Run each fuzz test for FUZZTIME, 20s by default
	for target in FuzzDecode:./internal/jsonobject FuzzParseRetryAfter:./wrapper FuzzAPIErrorDecode:./wrapper FuzzCheck:./wrapper/internal/handler; do \
		go test -run '^$$' -fuzz "^$${target%%:*}$$" -fuzztime $(or $(FUZZTIME),20s) "$${target#*:}"; done

.PHONY: bench
bench: ## Compare the client with the same work by hand; read the figures as ratios
	go test -run '^$$' -bench . -benchmem ./tests/bench

.PHONY: ci
ci: verify build lint test race examples guide ## The checks to run often

.PHONY: ci-full
ci-full: ci interop newer-go fuzz ## Everything that must pass before a change lands; needs Node, npm and pip as well

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin tools/npm/node_modules
