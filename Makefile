# Every target that people and CI use; "make help" lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GOLANGCI := bin/golangci-lint

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.PHONY: generate
generate: ## Generate gen/ from api/openapi.yaml
	go generate ./...

.PHONY: verify
verify: ## Fail if gen/, go.mod or go.sum differ from what they are made of
	@before="$$(cat gen/*.go gen/server/*.go | cksum)"; $(MAKE) --no-print-directory generate; \
	after="$$(cat gen/*.go gen/server/*.go | cksum)"; \
	if [ "$$before" != "$$after" ]; then \
		echo "gen/ was not up to date; it has been generated anew: look at the difference and commit it" >&2; exit 1; fi
	go mod tidy -diff
	go -C tools/lint mod tidy -diff
	go mod verify

.PHONY: fmt
fmt: $(GOLANGCI) ## Format the handwritten code
	$(GOLANGCI) fmt

.PHONY: lint
lint: $(GOLANGCI) ## Look for faults in the handwritten code
	$(GOLANGCI) run ./...

# Built once from its own module, so that its hundreds of dependencies stay out of go.mod.
$(GOLANGCI): tools/lint/go.mod tools/lint/go.sum
	go -C tools/lint build -o ../../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

.PHONY: test
test: ## Run all tests; needs Go and Python 3
	go vet ./...
	go test ./...

.PHONY: race
race: ## Run the tests of the wrapper and the emulator under the race detector
	go test -race ./wrapper/... ./emulator/... ./internal/...

.PHONY: build
build: ## Build the program as bin/cogfn, and check that it builds for other systems
	go build -o bin/cogfn ./cmd/cogfn
	GOOS=darwin go build -o /dev/null ./cmd/cogfn
	GOOS=windows go build -o /dev/null ./cmd/cogfn

.PHONY: examples
examples: ## Run the example programs and functions
	go run ./examples/deploy
	go run ./examples/fanout
	go run ./cmd/cogfn run examples/hello --data '{"name": "Ada"}'
	go run ./cmd/cogfn run examples/progress --data '{"steps": 3}'

.PHONY: ci
ci: verify build lint test race examples ## Everything that must pass before a change lands

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin
