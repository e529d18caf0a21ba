# SPDX-License-Identifier: GPL-2.0-or-later
# Builds fuzzers; called by tests/fuzz/run as `make -f tests/fuzz/build.mk build/fuzz/fuzz_NAME`.
#
#	CLANG=cc	a clang with libFuzzer; empty: gcc and replay.c
#
# A fuzzer says in its first 30 lines what it is linked with:
#	/* folders: base profile */	folders of user/
#	/* link: kmod/ring.c */		single sources

BUILD ?= build
CLANG ?=
Q := $(if $(V),,@)

CC := $(or $(CLANG),gcc)
OUT := $(BUILD)/fuzz
OBJ := $(OUT)/$(if $(CLANG),clang,gcc)
PKGS := libnl-3.0 libnl-genl-3.0 libelf libdw libdebuginfod libcjson libzstd liblzma zlib ncursesw
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS := -O1 -g -std=gnu11 -D_GNU_SOURCE -Iuser -Ikmod -Itests/fuzz -Itests/unit -MMD -MP $(SAN) \
	$(shell pkg-config --cflags $(PKGS)) $(if $(CLANG),-fsanitize=fuzzer-no-link)
LIBS := $(shell pkg-config --libs $(PKGS)) -liberty -lm $(SAN) $(if $(CLANG),-fsanitize=fuzzer)

FUZZERS := $(wildcard tests/fuzz/fuzz_*.c)
DRIVER := $(if $(CLANG),,$(OBJ)/tests/fuzz/replay.o)

what = $(shell sed -n '1,30s,^/\* $(1): \(.*\) \*/.*,\1,p' $(2))

.PHONY: all
all: $(FUZZERS:tests/fuzz/%.c=$(OUT)/%)

$(OBJ)/%.o: %.c tests/fuzz/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $< (fuzz)"
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

sources = $(call what,link,$(1)) \
	$(foreach folder,$(call what,folders,$(1)),$(wildcard user/$(folder)/*.c))

# linked beside the objects of its flavour, so that both may be there
define fuzz_rule
$(OBJ)/$(1): $(OBJ)/tests/fuzz/$(1).o $(patsubst %.c,$(OBJ)/%.o,$(call sources,tests/fuzz/$(1).c)) \
		$(DRIVER)
	@echo "  LINK    $$@"
	$$(Q)$$(CC) -o $$@ $$^ $$(LIBS)

$(OUT)/$(1): $(OBJ)/$(1)
	$$(Q)cp $$< $$@
.PHONY: $(OUT)/$(1)
endef
$(foreach fuzzer,$(FUZZERS),$(eval $(call fuzz_rule,$(notdir $(fuzzer:.c=)))))

-include $(wildcard $(OBJ)/user/*/*.d $(OBJ)/tests/fuzz/*.d)
