# make test is all that must hold; see .ci/run. The servers that tests speak with
# are installed by .ci/install-servers.sh (Debian 12, root), when any is missing.

GO ?= go
STATICCHECK = $(GO) run honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS = -s -w -X main.version=$(VERSION)
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
FUZZTIME ?= 20s
# Tests of packages that work in several goroutines run under the race detector,
# but SQLite translated to Go, ten times slower there, is compiled without it. What
# calls it, its driver and database/sql too, is watched. Only that package: one that
# has generic functions of others compiled would leave them unwatched everywhere.
# Hostile servers pour in so much that it would take minutes there: they come after.
FLOODS = ^TestHostile(Source|Target)$$
RACE = -race -gcflags=modernc.org/sqlite/lib=-race=false
RACY = ./archive/... ./cmd/internal/oauth/... ./cmd/internal/ui/... ./migrate/...

# Tests make and delete many files: in memory, where there is room, not on a disk.
TESTTMP = $(shell [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $$4 }')" -gt 6000000 ] 2>/dev/null && echo /dev/shm || echo $${TMPDIR:-/tmp})

.PHONY: all build build-all check test test-race test-rest servers torture memory bench bench-parts fuzz docs clean

all: build

# The binary for this machine, with its version.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o build/mailhaul ./cmd/mailhaul

# All binaries that are promised, without cgo.
build-all:
	@set -e; for p in $(PLATFORMS); do \
		os=$${p%/*}; arch=$${p#*/}; ext=; [ $$os != windows ] || ext=.exe; \
		echo "build/mailhaul-$$os-$$arch$$ext"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' \
			-o build/mailhaul-$$os-$$arch$$ext ./cmd/mailhaul; \
	done

check:
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "not formatted by gofmt:"; echo "$$files"; exit 1; }
	$(GO) vet ./...
	$(STATICCHECK) ./...

servers:
	@./.ci/install-servers.sh

test: servers check build-all test-race test-rest

# Four tests of a package at once, on two processors, too: they wait for servers.
test-race:
	TMPDIR=$(TESTTMP) $(GO) test $(RACE) -count=1 -parallel 4 -timeout 25m -skip '$(FLOODS)' $(RACY)

test-rest:
	TMPDIR=$(TESTTMP) $(GO) test -count=1 -timeout 25m -run '$(FLOODS)' ./migrate
	TMPDIR=$(TESTTMP) $(GO) test -count=1 -timeout 25m $$($(GO) list ./... | grep -vxF "$$($(GO) list $(RACY))")

# The long form of the tests that kill the program, cut the power, let the disk and
# the line fail: about half an hour. It ends with a table; docs/torture.md says how
# to read it, and how a failure is repeated with TORTURE_SEED.
TORTURE_SEED ?= $(shell date +%s)
TORTURE_CHANCES ?= 2
TORTURE ?=
torture: servers
	@echo "torture with TORTURE_SEED=$(TORTURE_SEED) TORTURE_CHANCES=$(TORTURE_CHANCES)"
	$(GO) test -c -o build/torture.test ./cmd/internal/crashtest
	cd cmd/internal/crashtest && TMPDIR=$(TESTTMP) ../../../build/torture.test -test.timeout 90m \
		-seed $(TORTURE_SEED) -chances $(TORTURE_CHANCES) $(TORTURE)

# The memory that commands have resident with so many messages, and with one of
# 1 GiB; it must stay below 128 MiB. Half an hour for a million.
MESSAGES ?= 1000000
memory:
	TMPDIR=$(TESTTMP) $(GO) test ./cmd/internal/limittest -run '^TestMemory' -count=1 -timeout 180m -v -messages $(MESSAGES)

# The program against the floor and mbsync, some minutes; docs/benchmarks.md says
# how to read what it prints. Less of it: make bench BENCH='-sets S -rounds 3'.
BENCH ?=
bench: servers
	$(GO) test ./cmd/internal/bench -run '^$$' -bench . -benchtime 1x -timeout 60m $(BENCH)

# Single packages against their own floors.
bench-parts:
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 60m -v $$($(GO) list ./... | grep -v /cmd/internal/bench)

# Each fuzz test for FUZZTIME. Their seeds run with every make test.
fuzz:
	@set -e; for dir in $$($(GO) list -f '{{.Dir}}' ./...); do \
		for name in $$(grep -hos '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | sed 's/^func //'); do \
			(cd $$dir && $(GO) test -run '^$$' -fuzz "^$$name$$" -fuzztime $(FUZZTIME) .); \
		done; \
	done

# The manual page and the completions, made of the commands and their texts.
docs:
	$(GO) run ./cmd/internal/gendocs

clean:
	rm -rf build
