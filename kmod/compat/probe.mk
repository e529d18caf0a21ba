# SPDX-License-Identifier: GPL-2.0-or-later
#
# probe.mk - ask the kernel's headers what they offer; included by Kbuild.
#
# In: probes/*.c, one question each, and the list "exports". Out: config.h
# with one HAVE_ line per question, made before anything else is compiled.
#
# The probes are compiled in the very pass of kbuild that compiles the module,
# by the same compiler with the same flags, so DKMS, LLVM=1, CC=... and a
# separate output directory need no care here. An object of size 0 means that
# the compiler refused; that is an answer, not an error. Answers are asked anew
# when the compiler, its flags, the kernel's configuration or exports, or the
# probe itself change.

pk-probes := $(patsubst $(src)/%.c,%.o,$(sort $(wildcard $(src)/kmod/compat/probes/*.c)))
pk-sanity := kmod/compat/probes/SANITY.o
pk-config := kmod/compat/config.h
pk-symvers := $(objtree)/Module.symvers

# What the answers depend on, besides the command line.
pk-probe-id := $(shell { $(CC) --version; cat $(wildcard $(pk-symvers) $(addprefix \
	$(objtree)/include/generated/,autoconf.h utsrelease.h utsversion.h compile.h)); } \
	2>/dev/null | cksum | tr ' ' -)

# A signature that differs must be refused, whatever this kernel's flags say;
# any other warning must not turn a yes into a no.
pk-probe-flags := -Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion

pk-probe-log = $(@D)/.tmp_$(basename $(@F)).log
pk-probe-cc = $(CC) $(filter-out -Werror,$(c_flags)) $(pk-probe-flags) -c -o $@ $< 2>$(pk-probe-log)

quiet_cmd_pk_sanity = PROBE   $@
      cmd_pk_sanity = : $(pk-probe-id); $(pk-probe-cc) || { rm -f $@; \
	echo "pkprof: not even an empty module compiles with these headers; the compiler said:" >&2; \
	cat $(pk-probe-log) >&2; exit 1; }; rm -f $(depfile)

quiet_cmd_pk_probe = PROBE   $@
      cmd_pk_probe = : $(pk-probe-id); $(pk-probe-cc) || : >$@; rm -f $(depfile)

quiet_cmd_pk_config = GEN     $@
      cmd_pk_config = : $(pk-probe-id); $(CONFIG_SHELL) $(src)/kmod/compat/probe.sh $@ \
	$(pk-symvers) $(src)/kmod/compat/exports $(addprefix $(obj)/,$(pk-probes))

$(obj)/$(pk-sanity): $(obj)/%.o: $(src)/%.c FORCE
	$(call if_changed,pk_sanity)

$(addprefix $(obj)/,$(filter-out $(pk-sanity),$(pk-probes))): $(obj)/%.o: $(src)/%.c FORCE \
		| $(obj)/$(pk-sanity)
	$(call if_changed,pk_probe)

$(obj)/$(pk-config): $(src)/kmod/compat/probe.sh $(src)/kmod/compat/exports \
		$(addprefix $(obj)/,$(pk-probes)) FORCE
	$(call if_changed,pk_config)

$(addprefix $(obj)/,$(pkprof-y)): $(obj)/$(pk-config)

# Compiled as parts of a module are.
$(addprefix $(obj)/,$(pk-probes)): part-of-module := y

targets += $(pk-probes) $(pk-config)
clean-files := $(pk-config) kmod/compat/probes/.tmp_*.log
