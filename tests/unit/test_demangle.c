// SPDX-License-Identifier: GPL-2.0-or-later
/* Demangling, also of names made to hurt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "symbol/demangle.h"

static void assert_name(const char *raw, const char *want)
{
	struct pk_strbuf b = { 0 };

	pk_demangle(raw, &b);
	assert_false(pk_strbuf_failed(&b));
	pk_strbuf_putc(&b, '\0');
	assert_string_equal(b.data, want);
	pk_strbuf_deinit(&b);
}

static void test_names(void **state)
{
	static const char *const cases[][2] = {
		{ "main", "main" },
		{ "_start", "_start" },
		/* C++, without parameters */
		{ "_ZN3foo3barEv", "foo::bar" },
		{ "_ZNSt6vectorIiSaIiEE9push_backERKi",
		  "std::vector<int, std::allocator<int> >::push_back" },
		{ "_ZN3FooC1Ev", "Foo::Foo" },
		{ "_ZN3FoolsERKS_", "Foo::operator<<" },
		{ "_Z3fooi.constprop.0", "foo" },
		/* Rust: legacy, with its hash, and v0 */
		{ "_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write" },
		{ "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$9write_str"
		  "17h0123456789abcdefE",
		  "<alloc::string::String as core::fmt::Write>::write_str" },
		{ "_RNvC6_123foo3bar", "123foo::bar" },
		{ "_RNvNtCsbmNqQUJIY6D_4core3fmt5write", "core::fmt::write" },
		{ "_ZN4core3ptr62drop_in_place$LT$alloc..boxed..Box$LT$dyn$u20$m..Shape$GT$$GT$"
		  "17h41c8ebf1e9fd19fdE.llvm.15099152098157697815",
		  "core::ptr::drop_in_place<alloc::boxed::Box<dyn m::Shape>>" },
		{ "_ZN52_$LT$m..W$LT$T$GT$$u20$as$u20$core..fmt..Display$GT$3fmt"
		  "17h363553b569e8bcfdE",
		  "<m::W<T> as core::fmt::Display>::fmt" },
		{ "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h168e94e611939a97E",
		  "std::rt::lang_start::{{closure}}" },
		{ "_RNvC1m4main.llvm.1234567890", "m::main" },
		{ "_RINvC1m3genlAlj3_E", "m::gen::<i32, [i32; 3]>" },
		{ "_RINvC1m5applyNCNCNvC1m4main00E", "m::apply::<m::main::{closure#0}::{closure#0}>" },
		{ "_RMC0INtC8arrayvec8ArrayVechKj7b_E", "<arrayvec::ArrayVec<u8, 123>>" },
		{ "_RNvNtC1mu9gre_6ka8iu7ber_goa", "m::größe::über" },
		/* Go, as it is */
		{ "main.Sum[...]", "main.Sum[...]" },
		{ "main.(*List[go.shape.float64]).each", "main.(*List[go.shape.float64]).each" },
		{ "main.Map[int,string].func1", "main.Map[int,string].func1" },
		{ "main.f\302\267dwrap\302\2671", "main.f\302\267dwrap\302\2671" },
		{ "gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml%2ev3.Unmarshal" },
		{ "type..eq.[2]interface {}", "type..eq.[2]interface {}" },
		{ "type..eq.struct { A int \"x@y z\" }", "type..eq.struct { A int \"x@y z\" }" },
		{ "example.com/a@v1.2.3/b.F", "example.com/a@v1.2.3/b.F" },
		/* versions go, our stubs stay */
		{ "memcpy@@GLIBC_2.14", "memcpy" },
		{ "memcpy@GLIBC_2.2.5", "memcpy" },
		{ "puts@plt", "puts@plt" },
		{ "_ZN3foo3barEv@plt", "foo::bar@plt" },
		{ "XML_Parse@@LIBXML2_2.4.30", "XML_Parse" },
		{ "@odd", "@odd" },
		{ "@@odd", "@@odd" },
		/* no mangled names after all */
		{ "_Z", "_Z" },
		{ "_ZN", "_ZN" },
		{ "_Zzz", "_Zzz" },
		{ "_R", "_R" },
		{ "_RReset", "_RReset" },
		{ "Go.main.main", "Go.main.main" },
		/* what would upset a terminal or a line of text */
		{ "evil\nname\x1b[31m", "evil?name?[31m" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_name(cases[i][0], cases[i][1]);
}

/* Each template argument is the one before it, twice: 2^60 times the text. */
static void test_exploding_name(void **state)
{
	struct pk_strbuf name = { 0 }, out = { 0 };

	(void)state;
	pk_strbuf_puts(&name, "_Z1fI1A");
	pk_strbuf_puts(&name, "1BIS_S_E");
	for (unsigned int i = 1; i < 35; i++)
		pk_strbuf_printf(&name, "1BIS%c_S%c_E", i < 10 ? '0' + i : 'A' + i - 10,
				 i < 10 ? '0' + i : 'A' + i - 10);
	pk_strbuf_puts(&name, "EvT_");
	pk_demangle(name.data, &out);
	assert_true(out.len <= name.len + 4096);
	pk_strbuf_deinit(&name);
	pk_strbuf_deinit(&out);
}

static void test_deep_and_long_names(void **state)
{
	static const char *const units[] = { "P", "N", "I", "1a", "T_", "S_", "_", "E", "F", "L" };

	(void)state;
	for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++) {
		struct pk_strbuf name = { 0 }, out = { 0 };

		for (unsigned int style = 0; style < 2; style++) {
			pk_strbuf_clear(&name);
			pk_strbuf_clear(&out);
			pk_strbuf_puts(&name, style ? "_Z1f" : "_RNvC");
			while (name.len < 100000)
				pk_strbuf_puts(&name, units[u]);
			/* too long to be tried, then the longest that is */
			pk_demangle(name.data, &out);
			assert_int_equal(out.len, name.len);
			name.data[4096] = '\0';
			pk_strbuf_clear(&out);
			pk_demangle(name.data, &out);
			assert_true(out.len > 0);
		}
		pk_strbuf_deinit(&name);
		pk_strbuf_deinit(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_exploding_name),
		cmocka_unit_test(test_deep_and_long_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
