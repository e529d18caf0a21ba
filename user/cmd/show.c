// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables on standard output; see show.h. */
#include "cmd/output.h"
#include "cmd/show.h"
#include "view/json_view.h"
#include "view/text.h"

int pk_show(const struct pk_result *r, bool json, struct pk_err *err)
{
	struct pk_output out;
	int ret = pk_output_open("-", &out, err);

	if (ret)
		return ret;
	if (json) {
		struct pk_json j = pk_json_of(&out.sink.buf, 3);

		pk_json_result(&j, NULL, r);
	} else {
		struct pk_text_style style = pk_text_style_of(out.sink.fd);

		pk_text_result(r, &style, &out.sink.buf);
	}
	return pk_output_close(&out, 0, err);
}
