# SPDX-License-Identifier: GPL-2.0-or-later
# pkprof: thin front of the build. `make help` lists the targets.
#
#	BUILD=dir	where objects and results go (default build)
#	KVER=release	kernel headers for the module (default: the running
#			kernel's if installed, else the newest installed)
#	WERROR=0	warnings of the compiler do not end the build of the tool
#	SAN=1		user half under AddressSanitizer and UBSan
#	V=1		show commands

BUILD ?= build
PREFIX ?= /usr/local
Q := $(if $(V),,@)
CC ?= gcc

VERSION := $(shell sed -n 's/^\#define PKPROF_VERSION[^"]*"\(.*\)".*/\1/p' kmod/uapi/pkprof.h)
KVER ?= $(shell scripts/headers)

PKGS := libnl-3.0 libnl-genl-3.0 libelf libdw libdebuginfod libcjson libzstd liblzma zlib ncursesw
WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla $(if $(filter 0,$(WERROR)),,-Werror)
CFLAGS ?= -O2 -g
PK_CFLAGS = $(CPPFLAGS) $(CFLAGS) -std=gnu11 $(WARN) -D_GNU_SOURCE -Iuser -Ikmod -MMD -MP \
	-ffile-prefix-map=$(CURDIR)=. $(shell pkg-config --cflags $(PKGS)) $(SANFLAGS)
PK_LIBS = $(LDFLAGS) $(shell pkg-config --libs $(PKGS)) -liberty -lm $(SANFLAGS)
SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANFLAGS := $(if $(SAN),$(SANITIZERS))

USER_SRC := $(filter-out user/main.c,$(wildcard user/*/*.c))
USER_OBJ := $(USER_SRC:%.c=$(BUILD)/%.o)

.PHONY: all user kmod help check check-kernels check-torture unit golden fuzz demo demo-runtimes bench install uninstall dkms dist deb style clean
.DEFAULT_GOAL := all

all: user kmod

user: $(BUILD)/pkprof-user

$(BUILD)/pkprof-user: $(BUILD)/user/main.o $(USER_OBJ)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) -o $@ $^ $(PK_LIBS)

$(BUILD)/%.o: %.c Makefile | have-libs
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(PK_CFLAGS) -c -o $@ $<

# taken in by the assembler, which the dependency files do not know
$(BUILD)/user/export/flame_script.o: user/export/flame.js user/export/flame.css

.PHONY: have-libs
have-libs:
	@pkg-config --exists $(PKGS) || { echo "make: libraries are missing; run scripts/setup build as root" >&2; exit 1; }

kmod:
	$(Q)scripts/build-module "$(KVER)" $(BUILD)

-include $(wildcard $(BUILD)/*/*/*.d $(BUILD)/*/*.d)

# --- tests -------------------------------------------------------------------

check:
	$(Q)tests/run all

unit golden fuzz:
	$(Q)tests/run $@

demo:
	$(Q)scripts/demo

check-kernels:
	$(Q)tests/check-kernels

check-torture:
	$(Q)tests/check-torture

demo-runtimes:
	$(Q)scripts/demo-runtimes

bench:
	$(Q)tests/bench/run

style:
	$(Q)scripts/style

# --- installation ------------------------------------------------------------

install: user
	$(Q)scripts/install install "$(DESTDIR)" "$(PREFIX)" $(BUILD) $(VERSION)

uninstall:
	$(Q)scripts/install uninstall "$(DESTDIR)" "$(PREFIX)" $(BUILD) $(VERSION)

dkms:
	$(Q)scripts/install dkms "$(DESTDIR)" "$(PREFIX)" $(BUILD) $(VERSION)

dist deb:
	$(Q)scripts/package $@ $(BUILD) $(VERSION)

clean:
	$(Q)rm -rf $(BUILD)

help:
	@echo "make          build/pkprof-user and build/pkprof.ko (KVER=release picks the headers)"
	@echo "make demo     record a database under load, leave report and flame graph in demo/"
	@echo "make demo-runtimes  web services in six languages: is every hot function named, with its callers"
	@echo "make check    tests, all but tests/run deb, robust, package and debug; unit and golden alone: make unit golden"
	@echo "make check-kernels  the whole live suite on every kernel, and machines of other sizes: hours; prints a table"
	@echo "make check-torture  32 cases of what goes wrong around a module, on a kernel that finds errors: hours; prints a table"
	@echo "make bench    cost beside perf record, in a deterministic guest"
	@echo "make install  tool, man pages, completion and DKMS source tree (DESTDIR, PREFIX)"
	@echo "make dist     build/dist/pkprof-VERSION.tar.xz, of which all of this can be made"
	@echo "make deb      build/deb/pkprof_VERSION_amd64.deb and pkprof-dkms_VERSION_all.deb"
	@echo "make fuzz     fuzzers for T=60 seconds each"
	@echo "make style    house rules"
