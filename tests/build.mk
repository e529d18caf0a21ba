# SPDX-License-Identifier: GPL-2.0-or-later
# Builds what the tests run; called by tests/run as `make -f tests/build.mk TARGET`.
#
#	unit		$(BUILD)/unit/test_NAME from each tests/unit/test_NAME.c, linked
#			with all of user/ but main.c, under ASan and UBSan
#	workloads	$(BUILD)/workloads/NAME from each tests/workloads/NAME.c
#	genprofile	$(BUILD)/gen/genprofile, which writes synthetic profiles
#	mkprofile	$(BUILD)/gen/mkprofile, which compiles tests/golden/inputs
#	dumptime	$(BUILD)/gen/dumptime, which times readings of the ledger
#	rowtime		$(BUILD)/gen/rowtime, which makes unwind rows of many files
#	genaddresses	$(BUILD)/gen/genaddresses, which writes profiles without names
#	linetruth	$(BUILD)/gen/linetruth, which answers as addr2line does
#	genperfdata	$(BUILD)/gen/genperfdata, which writes samples for perf script
#
# A unit test, or a workload as to flags, says more in its first 30 lines:
#	/* link: kmod/ring.c */		further sources, compiled with its flags
#	/* cflags: -fsanitize=thread */	further flags; where they choose a sanitizer,
#					user/ is linked as it is shipped

BUILD ?= build
CC ?= gcc
Q := $(if $(V),,@)

PKGS := libnl-3.0 libnl-genl-3.0 libelf libdw libdebuginfod libcjson libzstd liblzma zlib ncursesw
WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla -Werror
SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS := -O1 -g -std=gnu11 $(WARN) -D_GNU_SOURCE -Iuser -Ikmod -Itests/unit -I. -MMD -MP \
	$(shell pkg-config --cflags $(PKGS) cmocka)
LIBS := $(shell pkg-config --libs $(PKGS) cmocka) -liberty -lm -lpthread

# what NAME FILE: words of all "/* NAME: words */" lines
what = $(shell sed -n '1,30s,^/\* $(1): \(.*\) \*/.*,\1,p' $(2))

TESTS := $(wildcard tests/unit/test_*.c)
USER_SRC := $(filter-out user/main.c,$(wildcard user/*/*.c))
SAN_OBJ := $(USER_SRC:%.c=$(BUILD)/san/%.o)
PLAIN_OBJ := $(USER_SRC:%.c=$(BUILD)/plain/%.o)

WORKLOADS := $(wildcard tests/workloads/*.c)
WORKLOAD_CFLAGS := -O1 -g -std=gnu11 $(WARN) -D_GNU_SOURCE -MMD -MP -fno-omit-frame-pointer \
	-mno-omit-leaf-frame-pointer -fno-optimize-sibling-calls

.PHONY: unit workloads genprofile genaddresses mkprofile dumptime rowtime linetruth genperfdata
unit: $(TESTS:tests/unit/%.c=$(BUILD)/unit/%)
workloads: $(WORKLOADS:tests/workloads/%.c=$(BUILD)/workloads/%)

genprofile: $(BUILD)/gen/genprofile
mkprofile: $(BUILD)/gen/mkprofile
dumptime: $(BUILD)/gen/dumptime
rowtime: $(BUILD)/gen/rowtime
linetruth: $(BUILD)/gen/linetruth
genperfdata: $(BUILD)/gen/genperfdata
genaddresses: $(BUILD)/gen/genaddresses

$(BUILD)/gen/genprofile: tests/gen/genprofile.c $(BUILD)/libplain.a
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CFLAGS) -O2 -o $@ $^ $(LIBS)

$(BUILD)/gen/dumptime: tests/gen/dumptime.c $(BUILD)/libplain.a
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CFLAGS) -O2 -o $@ $^ $(LIBS)

# what is timed is compiled as it is shipped
ROWTIME_SRC := $(wildcard user/base/*.c user/symbol/*.c user/unwind/*.c user/model/*.c user/profile/*.c)
$(BUILD)/gen/rowtime $(BUILD)/gen/linetruth $(BUILD)/gen/genaddresses $(BUILD)/gen/genperfdata: $(BUILD)/gen/%: tests/gen/%.c \
		$(ROWTIME_SRC:%.c=$(BUILD)/%.o)
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CFLAGS) -O2 -o $@ $^ $(LIBS)

$(BUILD)/gen/mkprofile: tests/golden/mkprofile.c tests/golden/script.c \
		tests/golden/ledger_items.c tests/golden/block_items.c tests/golden/bio_items.c \
		tests/golden/net_items.c tests/golden/vfs_items.c tests/golden/waited_items.c \
		$(BUILD)/libplain.a tests/golden/script.h
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(CFLAGS) -O2 -o $@ $(filter %.c %.a,$^) $(LIBS)

$(BUILD)/san/user/export/flame_script.o $(BUILD)/plain/user/export/flame_script.o: \
	user/export/flame.js user/export/flame.css

$(BUILD)/san/%.o: %.c tests/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $< (san)"
	$(Q)$(CC) $(CFLAGS) $(SAN) -c -o $@ $<

$(BUILD)/plain/%.o: %.c tests/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $< (plain)"
	$(Q)$(CC) $(CFLAGS) -c -o $@ $<

$(BUILD)/libsan.a: $(SAN_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/libplain.a: $(PLAIN_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

define unit_rule
$(BUILD)/unit/$(1): OWN := $$(call what,cflags,tests/unit/$(1).c)
$(BUILD)/unit/$(1): tests/unit/$(1).c $$(call what,link,tests/unit/$(1).c) tests/build.mk \
		$$(if $$(findstring -fsanitize=,$$(call what,cflags,tests/unit/$(1).c)),\
		$(BUILD)/libplain.a,$(BUILD)/libsan.a)
	@mkdir -p $$(@D)
	@echo "  TEST    $$@"
	$$(Q)$$(CC) $$(CFLAGS) $$(if $$(findstring -fsanitize=,$$(OWN)),,$$(SAN)) $$(OWN) -o $$@ \
		$$(filter %.c,$$^) $$(filter %.a,$$^) $$(LIBS)
endef
$(foreach test,$(TESTS),$(eval $(call unit_rule,$(notdir $(test:.c=)))))

$(BUILD)/workloads/%: tests/workloads/%.c tests/build.mk
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(WORKLOAD_CFLAGS) $(call what,cflags,$<) -o $@ $< -lpthread -ldl

-include $(wildcard $(BUILD)/san/user/*/*.d $(BUILD)/plain/user/*/*.d $(BUILD)/unit/*.d $(BUILD)/workloads/*.d)
