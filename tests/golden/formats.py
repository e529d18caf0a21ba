# SPDX-License-Identifier: GPL-2.0-or-later
"""Parses JSON and SVG files with the parsers of the standard library and checks what
must hold in them, whatever they are about. Arguments: the files."""

import json
import sys
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def check_export(data):
    nr_stacks, nr_frames = len(data["stacks"]), len(data["frames"])
    for i, (parent, frame) in enumerate(data["stacks"]):
        assert frame < nr_frames and (parent < i or i == 0), f"stack {i}"
    for thread in data["threads"]:
        assert thread["process"] < len(data["processes"])
    for process in data["processes"]:
        assert process["parent"] is None or process["parent"] < len(data["processes"])
    for sample in data["samples"]:
        assert sample["thread"] < len(data["threads"]) and sample["stack"] < nr_stacks
        assert sample["count"] > 0
        assert sample["phase"] is None or sample["phase"] < len(data["phases"])
    for books in data["books"]:
        assert books["generated"] == books["delivered"] + sum(books["lost"].values())


def check_json(path):
    with open(path, encoding="utf-8") as f:
        data = json.load(f)
    if data.get("format") == "pkprof":
        check_export(data)
    else:
        assert data["analyses"], "no analysis"


def check_svg(path):
    root = ElementTree.parse(path).getroot()
    assert root.tag == SVG + "svg"
    scripts = root.findall(f".//{SVG}script")
    assert len(scripts) == 1, "one script, its own"
    for element in root.iter():
        assert element.tag.startswith(SVG), f"foreign element {element.tag}"
        for attribute in element.keys():
            assert not attribute.startswith("on"), f"handler in an attribute: {attribute}"
            assert "href" not in attribute, "nothing is loaded from elsewhere"


def main():
    failed = False
    for path in sys.argv[1:]:
        try:
            check_svg(path) if path.endswith(".svg") else check_json(path)
        except Exception as e:  # each file is to be named
            print(f"{path}: {type(e).__name__}: {e}")
            failed = True
    sys.exit(failed)


main()
