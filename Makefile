# The few words to remember; the work is done by CMake (see CMakePresets.json) and scripts/.
#
#   make demo     installs what is needed, builds, shows the main job in a folder
#   make check    installs what is needed, builds, runs every test, real servers included
#   make build    the program: build/release/cmx-reconcile
#   make format   puts the sources into the project's format
#   make clean    removes build/, and a test cluster that still runs in it

.PHONY: demo check build format clean

demo:
	scripts/setup build
	$(MAKE) --no-print-directory build
	scripts/demo

check:
	scripts/setup check
	scripts/build-kubernetes
	scripts/build-programs
	scripts/check

build:
	cmake --preset release --log-level=WARNING
	cmake --build --preset release

format:
	git ls-files -z -co --exclude-standard '*.c' '*.h' | xargs -0 clang-format -i

clean:
	[ ! -e build/testbed/name ] || scripts/testbed down
	rm -rf build
