// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Draws a flame graph from the data that flame_svg.c puts behind it:
 *
 *	nodes	three numbers for each frame, in preorder: how many levels to
 *		go up before it, its label, its weight
 *	narrow	pairs: number of a frame, weight above it too narrow to draw
 *	errors	by frame, unless weights are exact: half of the 95 % interval of its weight
 *	sources	triples: number of a frame, of a source line in sourceNames, weight of that line
 *		(only where lines are known)
 *	names, classes, dsos	by label; dsos are indices into dsoNames
 *	total, unit	weight of all; "samples", "ns" or "bytes"
 *	period	ns of CPU time that a sample stands for (0: not known)
 *	inverted	root on top
 *
 * Only what is visible at the present zoom is in the document. Text is cut by
 * the measured width of a character. Everything that comes from the profile
 * goes through textContent.
 */
"use strict";

function pkFlame(data) {
	const NS = "http://www.w3.org/2000/svg";
	const svg = document.currentScript ? document.currentScript.ownerSVGElement :
					     document.documentElement;
	const PAD = 10, TOP = 74, BOTTOM = 30, ROW = 18;
	const MIN_DRAWN = 0.3;		/* px, at the present zoom */
	const SEARCH_WIDTH = 270, BUTTON_WIDTH = 96;
	const frames = svg.getElementById("frames");
	const tree = unpack(data);
	const sources = bySource(data.sources || []);
	let width = 1200, zoom = 0, pattern = "", editing = false, hits = null, charWidth = 7.3;

	/* Of a frame its source line and the weight of that. */
	function bySource(triples) {
		const found = new Map();

		for (let i = 0; i < triples.length; i += 3)
			found.set(triples[i], [triples[i + 1], triples[i + 2]]);
		return found;
	}

	/* Parallel arrays by frame; end: the first frame behind its subtree. */
	function unpack(d) {
		const nr = d.nodes.length / 3;
		const t = {
			nr, parent: new Int32Array(nr), label: new Int32Array(nr),
			total: new Float64Array(nr), self: new Float64Array(nr),
			x: new Float64Array(nr), depth: new Int32Array(nr),
			end: new Int32Array(nr).fill(nr), narrow: new Float64Array(nr),
			maxDepth: 0,
		};
		const next = new Float64Array(nr);	/* x of the next child */
		let above = -1;

		for (let i = 0; i < nr; i++) {
			for (let up = d.nodes[3 * i]; up > 0; up--) {
				t.end[above] = i;
				above = t.parent[above];
			}
			t.parent[i] = above;
			t.label[i] = d.nodes[3 * i + 1];
			t.total[i] = t.self[i] = d.nodes[3 * i + 2];
			if (above >= 0) {
				t.x[i] = next[above];
				next[above] += t.total[i];
				t.self[above] -= t.total[i];
				t.depth[i] = t.depth[above] + 1;
				t.maxDepth = Math.max(t.maxDepth, t.depth[i]);
			}
			next[i] = t.x[i];
			above = i;
		}
		for (let i = 0; i < d.narrow.length; i += 2) {
			t.narrow[d.narrow[i]] = d.narrow[i + 1];
			t.self[d.narrow[i]] -= d.narrow[i + 1];
		}
		return t;
	}

	function make(name, attributes, text) {
		const e = document.createElementNS(NS, name);
		for (const key in attributes)
			e.setAttribute(key, attributes[key]);
		if (text !== undefined)
			e.textContent = text;
		return e;
	}

	/* --- numbers and names ------------------------------------------- */

	function count(n, word) {
		return n.toLocaleString("en-US") + " " + word + (n === 1 ? "" : "s");
	}

	function percent(part, whole) {
		const p = whole > 0 ? 100 * part / whole : 0;
		return p.toFixed(p > 0 && p < 0.095 ? 3 : p < 9.995 ? 2 : 1) + " %";
	}

	function time(ns) {
		const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
		const [size, unit] = units.find(u => ns >= u[0]) || units[3];
		const n = ns / size;
		return (n >= 999.5 ? Math.round(n).toLocaleString("en-US") : n.toPrecision(3)) +
		       " " + unit;
	}

	function bytes(n) {
		const units = [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]];
		const unit = units.find(u => n >= u[0]);
		return unit ? (n / unit[0]).toPrecision(n / unit[0] < 1000 ? 3 : 4) + " " + unit[1] :
			      count(n, "byte");
	}

	function amount(n) {
		return data.unit === "ns" ? time(n) :
		       data.unit === "bytes" ? bytes(n) : count(n, "sample");
	}

	function nameOf(i) {
		return data.names[tree.label[i]];
	}

	function cut(text, room) {
		const columns = Math.floor(room / charWidth);
		if (text.length <= columns)
			return text;
		return columns < 3 ? "" : text.slice(0, columns - 1) + "…";
	}

	/* --- drawing ------------------------------------------------------ */

	function rowTop(depth) {
		return TOP + (data.inverted ? depth : tree.maxDepth - depth) * ROW;
	}

	function box(i, x, w, above) {
		const g = make("g", { class: data.classes[tree.label[i]] });
		const y = rowTop(tree.depth[i]);
		const text = cut(nameOf(i), w - 6);

		g.dataset.i = i;
		if (above)
			g.classList.add("above");
		if (hits && hits[tree.label[i]])
			g.classList.add("hit");
		/* a gap beside frames that can spare it */
		g.appendChild(make("rect", { x: x.toFixed(2), y, height: ROW - 1,
					     width: (w > 3 ? w - 0.8 : w).toFixed(2),
					     rx: w > 3 ? 1.5 : 0 }));
		if (text)
			g.appendChild(make("text", { x: (x + 4).toFixed(2), y: y + 12.5 }, text));
		return g;
	}

	function draw() {
		const inner = width - 2 * PAD;
		const scale = tree.total[zoom] > 0 ? inner / tree.total[zoom] : 0;
		const drawn = document.createDocumentFragment();

		for (let i = tree.parent[zoom]; i >= 0; i = tree.parent[i])
			drawn.appendChild(box(i, PAD, inner, true));
		for (let i = zoom; i < tree.end[zoom];) {
			const w = i === zoom ? inner : tree.total[i] * scale;

			if (w < MIN_DRAWN) {
				i = tree.end[i];
				continue;
			}
			drawn.appendChild(box(i, PAD + (tree.x[i] - tree.x[zoom]) * scale, w, false));
			i++;
		}
		frames.replaceChildren(drawn);
		resetButton.style.display = zoom ? "" : "none";
		showSearch();
	}

	function resize() {
		const height = TOP + (tree.maxDepth + 1) * ROW + BOTTOM;

		width = Math.max(500, window.innerWidth || 1200);
		/* the root element's scroll bar takes its part of the window */
		if (height > window.innerHeight && svg === document.documentElement)
			width -= 16;
		svg.setAttribute("width", width);
		svg.setAttribute("height", height);
		svg.setAttribute("viewBox", "0 0 " + width + " " + height);
		matchText.setAttribute("x", width - PAD);
		stay();
		draw();
	}

	/* A graph higher than the window scrolls away beneath the search. */
	function stay() {
		const y = svg === document.documentElement ? window.scrollY : 0;

		searchBox.setAttribute("transform", "translate(" +
			(width - PAD - SEARCH_WIDTH) + "," + (y + 10) + ")");
		resetButton.setAttribute("transform", "translate(" +
			(width - PAD - SEARCH_WIDTH - BUTTON_WIDTH - 8) + "," + (y + 10) + ")");
		matchText.setAttribute("y", y + 53);
	}

	/* One deep stack makes it high: what all have in common is at the other end. */
	function showRoots() {
		if (!data.inverted && svg === document.documentElement)
			window.scrollTo(0, svg.getBoundingClientRect().height);
	}

	/* --- zoom ---------------------------------------------------------- */

	function setZoom(i) {
		zoom = i;
		hideTip();
		draw();
		remember();
	}

	/* --- search -------------------------------------------------------- */

	/* Regexp, ignoring case unless the pattern has a capital; if senseless, plain text. */
	function compile(text) {
		const flags = /[A-Z]/.test(text) ? "" : "i";
		try {
			return { regexp: new RegExp(text, flags), literal: false };
		} catch (e) {
			const plain = text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
			return { regexp: new RegExp(plain, flags), literal: true };
		}
	}

	/* Weight below matching frames in the subtree of a frame, each counted once. */
	function matched(top) {
		let sum = 0;

		for (let i = tree.parent[top]; i >= 0; i = tree.parent[i])
			if (hits[tree.label[i]])
				return tree.total[top];
		for (let i = top; i < tree.end[top];) {
			if (hits[tree.label[i]]) {
				sum += tree.total[i];
				i = tree.end[i];
			} else {
				i++;
			}
		}
		return sum;
	}

	function setPattern(text) {
		pattern = text;
		hits = null;
		if (pattern) {
			const { regexp } = compile(pattern);
			hits = data.names.map(name => regexp.test(name));
		}
		draw();
		remember();
	}

	function showSearch() {
		const [frame, text] = searchBox.children;
		const caret = editing ? "▏" : "";
		let shown = pattern;

		searchBox.classList.toggle("on", editing);
		text.classList.toggle("hint", !pattern && !editing);
		while (shown.length > 30)
			shown = "…" + shown.slice(-29);
		text.textContent = pattern || editing ? shown + caret : "Search   Ctrl-F";
		frame.setAttribute("aria-label", "Search: " + pattern);
		matchText.textContent = "";
		if (!hits)
			return;
		const all = matched(0), here = zoom ? matched(zoom) : all;
		let line = "matched " + percent(all, tree.total[0]) + " of all, " +
			   amount(all);
		if (zoom)
			line = "matched " + percent(here, tree.total[zoom]) + " of the zoomed frame, " +
			       percent(all, tree.total[0]) + " of all";
		if (compile(pattern).literal)
			line = "as plain text: " + line;
		matchText.textContent = line;
		matchText.dataset.share = tree.total[0] > 0 ? all / tree.total[0] : 0;
	}

	function edit(on) {
		editing = on;
		showSearch();
	}

	/* --- deep links ------------------------------------------------------ */

	let remembered = "";

	function remember() {
		const parts = [];
		if (zoom)
			parts.push("zoom=" + zoom);
		if (pattern)
			parts.push("search=" + encodeURIComponent(pattern));
		remembered = parts.join("&");
		try {
			history.replaceState(null, "", "#" + remembered);
		} catch (e) {
			location.hash = remembered;	/* where a file may not rewrite its address */
		}
	}

	function recall() {
		const now = location.hash.replace(/^#/, "");
		if (now === remembered)
			return;
		remembered = now;
		const parts = new Map(now.split("&").map(p => [p.split("=")[0],
							       p.split("=").slice(1).join("=")]));
		const i = Number(parts.get("zoom") || 0);
		zoom = Number.isInteger(i) && i >= 0 && i < tree.nr ? i : 0;
		try {
			pattern = decodeURIComponent(parts.get("search") || "");
		} catch (e) {
			pattern = "";
		}
		setPattern(pattern);
	}

	/* --- tooltip --------------------------------------------------------- */

	function tipLines(i) {
		const label = tree.label[i], all = tree.total[0], parent = tree.parent[i];
		const dso = data.dsoNames[data.dsos[label]];
		const lines = [];
		let name = nameOf(i);

		for (; name.length > 96 && lines.length < 5; name = name.slice(96))
			lines.push(["name", name.slice(0, 96)]);
		lines.push(["name", name.slice(0, 96)]);
		if (dso)
			lines.push(["dso", dso.length > 110 ? "…" + dso.slice(-109) : dso]);
		if (sources.has(i)) {
			const [at, weight] = sources.get(i);

			lines.push(["source", data.sourceNames[at].slice(-110) +
				    (weight < tree.total[i] ? ", " + percent(weight, tree.total[i]) +
							      " of it" : "")]);
		}
		lines.push(["total", amount(tree.total[i]) + about(i)]);
		lines.push(["share", percent(tree.total[i], all) + " of all" +
			    (parent >= 0 ? ", " + percent(tree.total[i], tree.total[parent]) +
			     " of " + cutName(parent) : "")]);
		if (tree.self[i] > 0)
			lines.push(["self", amount(tree.self[i]) +
				    (data.unit === "samples" ? " in its own code, " :
							       " with nothing above, ") +
				    percent(tree.self[i], all) + " of all"]);
		if (tree.narrow[i] > 0)
			lines.push(["narrow", amount(tree.narrow[i]) +
				    " in frames too narrow to draw"]);
		return lines;
	}

	/* What a number of samples means, or how sure an estimate is. */
	function about(i) {
		if (data.unit !== "samples")
			return data.errors[i] ? " ± " + amount(data.errors[i]) + " (95 % interval)" :
						"";
		return data.period ? ", " + time(tree.total[i] * data.period) + " CPU time" : "";
	}

	function cutName(i) {
		const name = nameOf(i);
		return name.length > 50 ? name.slice(0, 49) + "…" : name;
	}

	function showTip(i, x, y) {
		const back = make("rect", { rx: 5 });
		let widest = 0, line = 0;

		tip.replaceChildren(back);
		tip.style.display = "";
		for (const [kind, text] of tipLines(i)) {
			const t = make("text", { x: 10, y: 19 + 17 * line++, class: kind }, text);
			tip.appendChild(t);
			widest = Math.max(widest, t.getComputedTextLength());
		}
		const w = widest + 20, h = 17 * line + 12;
		back.setAttribute("width", w);
		back.setAttribute("height", h);
		/* beside the pointer, within what the window shows */
		const left = Math.max(2, Math.min(x + 14, width - w - 4));
		const low = window.scrollY + window.innerHeight;
		const top = y + 18 + h > low ? y - h - 8 : y + 18;
		tip.setAttribute("transform", "translate(" + left + "," + Math.max(2, top) + ")");
	}

	function hideTip() {
		tip.style.display = "none";
	}

	function frameAt(event) {
		const g = event.target.closest ? event.target.closest("#frames g") : null;
		return g && g.dataset.i !== undefined ? Number(g.dataset.i) : -1;
	}

	/* --- events ---------------------------------------------------------- */

	function onKey(event) {
		const command = event.ctrlKey || event.metaKey;

		if (command && event.key === "f") {
			if (editing)
				return;		/* again: the browser's own search */
			edit(true);
		} else if (event.key === "Escape") {
			if (editing)
				edit(false);
			if (pattern)
				setPattern("");
			else if (zoom)
				setZoom(0);
		} else if (editing && event.key === "Enter") {
			edit(false);
		} else if (editing && event.key === "Backspace") {
			setPattern(command || event.altKey ? "" : pattern.slice(0, -1));
		} else if (editing && command && event.key === "u") {
			setPattern("");
		} else if (editing && !command && !event.altKey && event.key.length === 1) {
			setPattern(pattern + event.key);
		} else if (!editing && !command && event.key === "/") {
			edit(true);
		} else {
			return;
		}
		event.preventDefault();
	}

	function onMove(event) {
		const i = frameAt(event);
		if (i < 0) {
			hideTip();
			return;
		}
		const at = svg.getBoundingClientRect();
		showTip(i, event.clientX - at.left, event.clientY - at.top);
	}

	function onClick(event) {
		const i = frameAt(event);
		if (searchBox.contains(event.target))
			edit(true);
		else if (resetButton.contains(event.target))
			setZoom(0);
		else if (editing)
			edit(false);
		if (i >= 0)
			setZoom(i);
	}

	function button(id, w, text, hint) {
		const g = make("g", { class: "ui", id, role: "button" });
		g.appendChild(make("rect", { width: w, height: 26, rx: 5 }));
		g.appendChild(make("text", { x: 10, y: 17.5 }, text));
		g.appendChild(make("title", {}, hint));
		svg.appendChild(g);
		return g;
	}

	const searchBox = button("search", SEARCH_WIDTH, "",
				 "regular expression; ignores case unless it has capitals");
	const resetButton = button("reset", BUTTON_WIDTH, "Reset zoom", "Esc does it too");
	const matchText = svg.appendChild(make("text", { id: "matched", class: "sub", y: 53,
							 "text-anchor": "end" }));
	const tip = svg.appendChild(make("g", { id: "tip" }));
	const probe = svg.appendChild(make("g", { id: "frames-probe" }));

	const sample = probe.appendChild(make("text", { visibility: "hidden" }, "0".repeat(100)));
	charWidth = sample.getComputedTextLength() / 100 || charWidth;
	probe.remove();
	hideTip();
	resize();
	recall();
	showRoots();
	window.addEventListener("scroll", stay);
	window.addEventListener("resize", resize);
	window.addEventListener("hashchange", recall);
	window.addEventListener("keydown", onKey);
	window.addEventListener("paste", event => {
		const text = event.clipboardData ? event.clipboardData.getData("text") : "";
		if (editing && text)
			setPattern(pattern + text.split("\n")[0]);
	});
	svg.addEventListener("click", onClick);
	svg.addEventListener("mousemove", onMove);
	svg.addEventListener("mouseleave", hideTip);
}
