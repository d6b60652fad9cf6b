# The front door. Everything else is in dev/.

.PHONY: all setup build release bosh-release check test engines demo crash soak bench fuzz sanitize mutants format clean

RELEASE = swift build -c release --static-swift-stdlib

all: build

# What the build and the tests need from the system, where it is missing (apt, root).
setup:
	@dev/setup

# The executables as a director gets them: .build/release/docker-cpi and cpi-admin.
build: setup
	$(RELEASE) --product docker-cpi
	$(RELEASE) --product cpi-admin

# What operators get: dist/docker-cpi-VERSION-linux-ARCH.tar.gz of the last commit, for machines without Swift.
release: setup
	dev/release

# The BOSH release with that in it: dist/docker-cpi-release-VERSION.tgz.
bosh-release: release
	version=$$(.build-release/release/docker-cpi --version | sed -nE 's/^docker-cpi ([^ ]+).*/\1/p'); \
	  dev/bosh-release dist/docker-cpi-$$version-linux-*.tar.gz

# Format and warnings, without running anything.
check: setup
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	shellcheck Sources/CPI/*/*.sh
	dev/mutants --applies
	swift build --build-tests -Xswiftc -warnings-as-errors

# Everything: unit tests, the job's templates, and the real executables against a real Engine.
test: setup
	ruby Tests/jobs/test_templates.rb
	ruby Tests/jobs/test_release.rb
	ruby Tests/jobs/test_manifests.rb
	ruby Tests/docs/test_configuration.rb
	ruby Tests/docs/test_troubleshooting.rb
	dev/with-engine test-1 test-2 test-3 test-4 -- swift test -Xswiftc -warnings-as-errors

# The end-to-end tests on Docker 20.10, 26, 28, 28 as Docker 29 is, 28 over TLS, and podman 5, and a matrix: hours.
# ENGINES="28 podman" those alone, FILTER=EndToEndTests.EndToEnd/LifecycleTests that part alone.
FILTER = EndToEndTests
engines: setup
	dev/engines -f '$(FILTER)' $(ENGINES)

# Every request of every method with its faults, and every act of somebody else, on real Engines: an hour or two.
# CRASH_STRIDE=n runs each n-th case only, with CRASH_PHASE=m others of them (m from 0 to n - 1 meets all; from n on
# once more, and the ways to settle change places),
# CRASH_CASE=method:number:fault:way that one, CRASH_METHOD=live those whose name begins so. After CRASH_SECONDS=s no
# further case is begun. MATRIX=CrashTests, or CustodyMatrixTests, is one of both.
# The flags are those of `make test`, or all would be built again.
MATRIX = CrashTests|CustodyMatrixTests
crash: setup
	CRASH_STRIDE=$${CRASH_STRIDE:-1} dev/with-engine crash-1 crash-2 crash-3 -- \
	  swift test -Xswiftc -warnings-as-errors --filter 'EndToEnd.($(MATRIX))/(matrix|only)'

# Random calls and kills for SECONDS; SOAK_SEED=n repeats the choices of a run.
SECONDS = 120
soak: setup
	SOAK_SECONDS=$(SECONDS) dev/with-engine soak -- swift test --filter SoakTests

# What calls cost, beside the same requests by curl, as one table: docs/performance.md. RUNS=n; GO_CPI=FILE as well.
# Then what cpi-admin takes with 1,000,000 events in the journal; it fails when that is more than it may be.
bench: release
	@dev/setup bench
	bin=$${BIN:-$$(ls -d .build-release/docker-cpi-*/bin)}; \
	  dev/with-engine bench -- env BIN="$$bin" dev/bench $(RUNS) && BIN="$$bin" dev/bench-admin

# COUNT random requests, configurations and answers of Docker's, from number FUZZ_SEED on. Ends at the first that is not
# answered as it should be; the number of the case at work is in .build/fuzz.
COUNT = 1000000
fuzz: setup
	FUZZ_COUNT=$(COUNT) FUZZ_LOG=.build/fuzz swift test -Xswiftc -warnings-as-errors --filter 'FuzzTests/fuzz'

# The unit tests with the address sanitizer, but for the matrices, which take too long. The compiler has no sanitizer for
# undefined behaviour on Linux; overflows and indices out of bounds end a program of Swift's in any case. Leaks are not
# looked for: XCTest leaks itself, and what runs for one call ends with all it has.
sanitize: setup
	ASAN_OPTIONS=detect_leaks=0 swift test --scratch-path .build-sanitize --sanitize address \
	  --filter 'CPITests|JournalTests|EngineTests' --skip 'CPITests.(CrashTests|AdversaryTests)'

# Breaks the code in places that matter and sees that the tests notice.
mutants: setup
	dev/mutants

# A VM's whole life on a real Engine, with a kill in the middle of it.
demo: build
	dev/with-engine demo -- env BIN=.build/release dev/demo

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests

clean:
	rm -rf .build .build-* dist
