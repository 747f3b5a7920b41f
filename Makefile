# Everything one does with this tree. `make run` needs Go and make, nothing else; `make deps` installs what the tests
# compare us with. CONTRIBUTING.md says which target is for what.

.DEFAULT_GOAL := build

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
DATA    ?= demo-data
DIST    := web/page/dist
# The go command leaves folders called testdata out of ./...
ALL     := ./... ./internal/testdata
TESTSUM := $(GO) run ./internal/tool/testsum $(if $(STRICT),-strict)

DEBIAN  := chromium fonts-dejavu-core libengine-gost-openssl openssl sqlite3 xmlsec1
# The newest, since they must know the newest Go; what they newly find is no reason for CI to refuse a change.
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@latest
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@latest

# A Node that is there already, of whatever origin, is kept.
MISSING := missing=; for p in $(DEBIAN); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	command -v node >/dev/null || missing="$$missing nodejs"

.PHONY: build run test test-browser pictures bench reliability check deps peers clean

build:
	@mkdir -p bin
	GOOS=js GOARCH=wasm CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o $(DIST)/senim.wasm ./cmd/senim-wasm
	$(GO) run ./internal/tool/pack -dir $(DIST)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/senim ./cmd/senim

# The demonstration keeps everything under $(DATA); a second run goes on from there. The server prints its address. LISTEN=ADDR
# chooses another, best at the first run: certificates name the address of the server that issued them.
run: build
	exec bin/senim serve --demo --data $(DATA) $(if $(LISTEN),--listen $(LISTEN))

test: peers build
	$(TESTSUM) $(ALL)

# The whole line in a real browser: every test called TestBrowser…
test-browser: peers build
	$(TESTSUM) -run '^TestBrowser' $(ALL)

# The figures of docs/performance.md, in parts of under ten minutes: the same command goes on. For one package: go test -bench .
# The pictures of the README, taken on the way of the browser test.
pictures: build
	@mkdir -p docs/pictures
	SENIM_PICTURES=$(CURDIR)/docs/pictures $(GO) test -count=1 -timeout 20m -run '^TestBrowserLine$$/^in_' ./cmd/senim

bench: peers build
	$(GO) run ./internal/tool/bench

# Long proofs, N times what `make test` does: every test called TestReliability…
N ?= 100
reliability: build
	SENIM_RELIABILITY=$(N) $(TESTSUM) -run '^TestReliability' -timeout 30m $(ALL)

check:
	@files=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); if [ -n "$$files" ]; then echo "gofmt would change:" $$files; exit 1; fi
	$(GO) vet $(ALL)
	GOOS=js GOARCH=wasm $(GO) vet ./cmd/senim-wasm/... ./web/page/...
	$(GO) test ./internal/rules
	@if GOBIN=$(CURDIR)/bin $(GO) install $(STATICCHECK); then bin/staticcheck $(ALL); else echo "staticcheck: not run, it can't be had from here"; fi
	@if GOBIN=$(CURDIR)/bin $(GO) install $(GOVULNCHECK); then \
	  status=0; bin/govulncheck ./... >bin/govulncheck.txt 2>&1 || status=$$?; \
	  case $$status in 0) ;; 3) cat bin/govulncheck.txt; exit 1;; *) echo "govulncheck: not run:" "$$(tail -n 1 bin/govulncheck.txt)";; esac; \
	else echo "govulncheck: not run, it can't be had from here"; fi
	$(TESTSUM) -race -timeout 20m $(ALL)

# Names what the tests will miss; only CI, on a machine of its own, installs by itself.
peers:
	@$(MISSING); if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && [ -n "$${CI:-}" ]; then exec $(MAKE) deps; fi; \
	echo "not installed:$$missing; tests that need them are skipped. To install: sudo make deps" >&2

# A mirror answers only after an update of its lists.
deps:
	@$(MISSING); if [ -z "$$missing" ]; then exit 0; fi; \
	export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -q && apt-get install -q -y --no-install-recommends $$missing

clean:
	rm -rf bin $(DATA)
	find $(DIST) -type f ! -name .keep -delete
