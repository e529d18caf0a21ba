# SPDX-License-Identifier: GPL-2.0-or-later
"""The flame graph in headless Chromium: clicks, keys and what they do.

usage: flamegraph.py TEST FOLDER
FOLDER holds database.svg, hostile.svg, inverted.svg and database.folded (see run);
screenshots go there. What is expected is computed from the folded stacks.
"""

import os
import re
import sys

from webdriver import Browser

CONTROL, ESCAPE, ENTER, BACKSPACE = "\ue009", "\ue00c", "\ue007", "\ue003"
PAD = 10  # px at both sides of the graph

FRAMES = """
return [...document.querySelectorAll("#frames g")].map(g => {
    const r = g.querySelector("rect").getBoundingClientRect();
    return {name: pkTestNames[g.dataset.i], i: Number(g.dataset.i), x: r.x, y: r.y,
            width: r.width, height: r.height, above: g.classList.contains("above"),
            hit: g.classList.contains("hit"),
            fill: getComputedStyle(g.querySelector("rect")).fill,
            text: (g.querySelector("text") || {textContent: ""}).textContent};
});
"""

# The names are read from the tooltips, so these are tested as well.
NAMES = """
window.pkTestNames = {};
for (const g of document.querySelectorAll("#frames g")) {
    const r = g.querySelector("rect").getBoundingClientRect();
    g.dispatchEvent(new MouseEvent("mousemove", {bubbles: true, clientX: r.x + r.width / 2,
                                                 clientY: r.y + 3}));
    window.pkTestNames[g.dataset.i] =
        [...document.querySelectorAll("#tip .name")].map(t => t.textContent).join("");
}
"""


def equal(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, not {wanted!r}")


def near(what, got, wanted, tolerance=1.0):
    if abs(got - wanted) > tolerance:
        raise AssertionError(f"{what}: {got}, not {wanted}")


def check(what, condition):
    if not condition:
        raise AssertionError(what)


class Graph:
    """One SVG file in the browser, beside its folded stacks."""

    def __init__(self, browser, folder, name, hash_part=""):
        self.b = browser
        self.folder = folder
        # a new document even where only the part behind # differs
        browser.open("/dev/null")
        browser.open(os.path.abspath(f"{folder}/{name}.svg") + hash_part)
        browser.run(NAMES)

    def frames(self):
        return self.b.run(FRAMES)

    def frame(self, name):
        found = [f for f in self.frames() if f["name"] == name]
        check(f"frame {name} is drawn", found)
        return max(found, key=lambda f: f["width"])

    def click(self, name):
        f = self.frame(name)
        self.b.run("window.scrollTo(0, arguments[0])", f["y"] - 200)
        f = self.frame(name)
        self.b.click(f["x"] + f["width"] / 2, f["y"] + f["height"] / 2)

    def text(self, selector):
        return self.b.run("const e = document.querySelector(arguments[0]);"
                          "return e && getComputedStyle(e).display !== 'none' ?"
                          " e.textContent : ''", selector)

    def hash(self):
        return self.b.run("return location.hash")

    def inner(self):
        return self.b.run("return document.documentElement.viewBox.baseVal.width") - 2 * PAD

    def shot(self, name):
        self.b.run("window.scrollTo(0, 0);"
                   "document.documentElement.dispatchEvent(new MouseEvent('mouseleave'))")
        self.b.screenshot(f"{self.folder}/{name}.png")

    def settle(self):
        errors = self.b.errors()
        equal("complaints of the page", errors, [])


def folded(folder):
    stacks = []
    with open(f"{folder}/database.folded", encoding="utf-8") as f:
        for line in f:
            stack, count = line.rstrip("\n").rsplit(" ", 1)
            names = [re.sub(r"_\[[kj]\]$", "", n) for n in stack.split(";")]
            stacks.append((names, int(count)))
    return stacks


def total(stacks, test):
    return sum(count for names, count in stacks if test(names))


def test_draw(b, folder):
    g = Graph(b, folder, "database")
    stacks = folded(folder)
    all_samples = total(stacks, lambda n: True)
    scale = g.inner() / all_samples
    equal("heading", g.text("#title"), "On-CPU time by process and stack")
    check("subtitle", f"{all_samples:,} samples at 100 Hz" in g.text("#subtitle"))
    near("width of the root", g.frame("all")["width"], g.inner())
    x = PAD
    for base in sorted({names[0] for names, _ in stacks}):
        wanted = total(stacks, lambda n, base=base: n[0] == base) * scale
        near(f"width of {base}", g.frame(base)["width"], wanted)
        near(f"place of {base}", g.frame(base)["x"], x)
        x += wanted
    frames = g.frames()
    rows = {}
    for f in frames:
        rows.setdefault(round(f["y"]), []).append(f)
        check(f"text fits its frame: {f['text']}", len(f["text"]) * 7 <= f["width"] or not f["text"])
    for row in rows.values():
        row.sort(key=lambda f: f["x"])
        for left, right in zip(row, row[1:]):
            check("frames of a row do not overlap", left["x"] + left["width"] <= right["x"] + 0.1)
    equal("what is loaded from elsewhere",
          b.run("return performance.getEntriesByType('resource').length"), 0)
    g.shot("database")
    g.settle()


def test_zoom(b, folder):
    g = Graph(b, folder, "database")
    before = {f["i"]: f["width"] for f in g.frames()}
    equal("reset button before", g.text("#reset"), "")
    g.click("exec_simple_query")
    after = g.frames()
    inner = g.inner()
    clicked = g.frame("exec_simple_query")
    near("width of the clicked frame", clicked["width"], inner)
    check("it was narrower before", before[clicked["i"]] < inner * 0.9)
    ancestors = [f for f in after if f["above"]]
    equal("ancestors", sorted(f["name"] for f in ancestors),
          sorted(["all", "postgres", "_start", "main", "PostmasterMain", "ServerLoop",
                  "BackendStartup", "PostgresMain"]))
    for f in ancestors:
        near(f"width of ancestor {f['name']}", f["width"], inner)
    equal("frames of other stacks", [f for f in after if f["name"] == "pgbench"], [])
    grown = [f for f in after if f["name"] == "ExecModifyTable"]
    near("frames above grow in proportion", grown[0]["width"] / before[grown[0]["i"]],
         inner / before[clicked["i"]], 0.05)
    check("address", re.fullmatch(r"#zoom=\d+", g.hash()))
    g.shot("zoomed")

    button = b.run("const r = document.querySelector('#reset').getBoundingClientRect();"
                   "return [r.x + r.width / 2, r.y + r.height / 2]")
    b.click(*button)
    equal("after reset", {f["i"]: f["width"] for f in g.frames()}, before)
    equal("reset button after", g.text("#reset"), "")
    equal("address after reset", g.hash(), "")

    g.click("heap_update")
    near("zoomed again", g.frame("heap_update")["width"], inner)
    b.keys(ESCAPE)
    equal("after Esc", {f["i"]: f["width"] for f in g.frames()}, before)
    g.settle()


def test_search(b, folder):
    g = Graph(b, folder, "database")
    stacks = folded(folder)
    all_samples = total(stacks, lambda n: True)
    b.keys("f", holding=CONTROL)
    b.keys(*"^(heap_|PAGEADD)x", BACKSPACE)
    equal("capitals count", g.text("#matched").split(",")[0],
          "matched %.1f %% of all" % (
              100 * total(stacks, lambda n: any(re.search("^heap_", x) for x in n)) / all_samples))
    b.keys(ESCAPE)
    equal("Esc clears", g.text("#matched"), "")
    b.keys("/")
    b.keys(*"^(heap_|pageadd)", ENTER)
    pattern = re.compile("^(heap_|pageadd)", re.I)
    share = total(stacks, lambda n: any(pattern.search(x) for x in n)) / all_samples
    near("matched share", b.run("return Number(document.querySelector('#matched').dataset.share)"),
         share, 1e-9)
    equal("matched text", g.text("#matched").split(",")[0], f"matched {100 * share:.1f} % of all")
    hits = [f for f in g.frames() if f["hit"]]
    others = [f for f in g.frames() if not f["hit"]]
    check("hits are highlighted", {f["fill"] for f in hits} == {"rgb(228, 95, 212)"})
    equal("names of hits", {f["name"] for f in hits}, {"heap_update", "PageAddItemExtended"})
    check("others are not", all(f["fill"] != "rgb(228, 95, 212)" for f in others))
    check("others do not match", not any(pattern.search(f["name"]) for f in others))
    check("address", g.hash().startswith("#search="))
    g.shot("search")

    g.click("PostgresMain")
    below = total(stacks, lambda n: "PostgresMain" in n)
    here = total(stacks, lambda n: "PostgresMain" in n and any(pattern.search(x) for x in n))
    check("share of the zoomed frame",
          f"matched {100 * here / below:.1f} % of the zoomed frame" in g.text("#matched"))
    b.keys(ESCAPE)
    check("Esc ends the search first", g.text("#matched") == "" and "zoom=" in g.hash())
    b.keys("/")
    b.keys(*"std::pair<(")
    check("a senseless pattern is plain text", g.text("#matched").startswith("as plain text"))
    b.keys(ESCAPE, ESCAPE)
    equal("all cleared", g.hash(), "")
    g.settle()


def test_tooltip(b, folder):
    g = Graph(b, folder, "database")
    stacks = folded(folder)
    all_samples = total(stacks, lambda n: True)

    def hover(name, x=0.5):
        b.run("window.scrollTo(0, arguments[0])", g.frame(name)["y"] - 200)
        f = g.frame(name)
        b.move(f["x"] + f["width"] * x, f["y"] + 5)
        return g.text("#tip")

    def says(text, *parts):
        for part in parts:
            check(f"tooltip says {part!r}: {text}", part in text)

    wake = total(stacks, lambda n: n[0] == "pgbench" and n[-1] == "try_to_wake_up")
    says(hover("try_to_wake_up"), "try_to_wake_up", "[kernel]", f"{wake} samples",
         f"{wake / 100:.2f} s CPU time", f"{100 * wake / all_samples:.1f} % of all",
         "100.0 % of __wake_up_sync_key", f"{wake} samples in its own code")
    b.screenshot(f"{folder}/tooltip.png")
    update = total(stacks, lambda n: "heap_update" in n)
    own = total(stacks, lambda n: n[-1] == "heap_update")
    modify = total(stacks, lambda n: "ExecModifyTable" in n)
    check("the example tells self from total", 0 < own < update)
    says(hover("heap_update", 0.8), "/usr/lib/postgresql/15/bin/postgres", f"{update} samples",
         f"{100 * update / all_samples:.1f} % of all",
         f"{100 * update / modify:.1f} % of ExecModifyTable", f"{own} samples in its own code, "
         f"{100 * own / all_samples:.1f} % of all")
    check("callers have no code of their own here", "own code" not in hover("ServerLoop"))
    b.move(5, 5)
    equal("tooltip elsewhere", g.text("#tip"), "")
    g.settle()


def test_link(b, folder):
    g = Graph(b, folder, "database")
    g.click("ExecModifyTable")
    b.keys("/")
    b.keys(*"_bt_", ENTER)
    address, shown = g.hash(), g.text("#matched")
    frames = g.frames()
    again = Graph(b, folder, "database", address)
    equal("the same view by its address", again.frames(), frames)
    equal("the same search by its address", again.text("#matched"), shown)
    b.run("location.hash = ''")
    b.run("return new Promise(r => setTimeout(r, 50))")
    near("an emptied address resets", again.frame("all")["width"], again.inner())
    equal("and ends the search", again.text("#matched"), "")
    for bad in ("#zoom=99999999", "#zoom=-1", "#zoom=x&search=%", "#&&=&search"):
        near(f"senseless address {bad}", Graph(b, folder, "database", bad).frame("all")["width"],
             again.inner())
    g.settle()


def test_hostile(b, folder):
    g = Graph(b, folder, "hostile")
    names = {f["name"] for f in g.frames()}
    for name in ("<script>alert('x')</script>", "</text><script>alert(1)</script>",
                 "]]></script><!--", 'back\\slash "q"', "grüße→世界"):
        check(f"{name!r} is shown as it is, among {names}", name in names)
    equal("scripts in the page", b.run("return document.querySelectorAll('script').length"), 1)
    g.click("]]></script><!--")
    near("zoom", g.frame("]]></script><!--")["width"], g.inner())
    g.shot("hostile")
    g.settle()


def test_inverted(b, folder):
    g = Graph(b, folder, "inverted")
    frames = g.frames()
    check("root on top", g.frame("all")["y"] == min(f["y"] for f in frames))
    equal("heading", g.text("#title"), "Who calls <it>")
    b.run("window.resizeTo(700, 600)")
    g.shot("inverted")
    g.settle()


def test_still(b, folder):
    """Without its script the file shows the whole graph: as an image in a page."""
    page = os.path.abspath(f"{folder}/still.html")
    with open(page, "w", encoding="utf-8") as f:
        f.write('<!DOCTYPE html><body style="margin:0"><img id="i" src="database.svg">')
    b.open(page)
    size = b.run("const i = document.getElementById('i'); return [i.naturalWidth, i.naturalHeight]")
    equal("width of the picture", size[0], 1200)
    check("height of the picture", size[1] > 200)
    b.screenshot(f"{folder}/still.png")


TESTS = {name[5:]: test for name, test in list(globals().items()) if name.startswith("test_")}


def main():
    if sys.argv[1] == "--list":
        print("\n".join(TESTS))
        return
    with Browser() as b:
        TESTS[sys.argv[1]](b, sys.argv[2])


if __name__ == "__main__":
    main()
