# SPDX-License-Identifier: MIT OR Apache-2.0
"""Counts, shows, and writes or compares docs/performance.json. Called by scripts/bench.sh, which builds what
is counted."""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "testbed")]

import compare  # noqa: E402
import figures  # noqa: E402
import prose  # noqa: E402
import report  # noqa: E402

JSON, PAGE = ROOT / "docs/performance.json", ROOT / "docs/performance.md"


def progress(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def write(counted, breakdowns, machine, versions):
    JSON.write_text(json.dumps({"machine": machine, "versions": versions, "figures": counted}, indent=2) + "\n")
    parts = {
        "bars": report.bars(counted),
        "instructions": report.instructions(counted),
        "others": report.others(counted),
        "breakdowns": "\n\n".join(report.breakdown(name, found) for name, found in breakdowns.items()),
        "made with": report.made_with(machine, versions),
    }
    PAGE.write_text(report.fill(PAGE.read_text(), parts))
    for document in prose.documents():
        path = ROOT / document
        path.write_text(prose.fill(document, path.read_text(), counted))
    progress(f"written: {JSON.relative_to(ROOT)}, the tables of {PAGE.relative_to(ROOT)} and the figures in sentences")


def check(counted, versions):
    old = json.loads(JSON.read_text())
    others = {what: version for what, version in versions.items() if old["versions"].get(what) != version}
    if others:
        for what, version in others.items():
            progress(f"{what} is {version}, the committed figures were made with {old['versions'].get(what)}")
        progress("figures of other versions say nothing about ours: not compared; run scripts/bench.sh and commit them")
        return 0
    worse = compare.regressions(old["figures"], counted)
    for line in worse:
        print(f"worse: {line}", file=sys.stderr)
    if worse:
        print(
            f"error: {len(worse)} figures are more than {compare.SLACK:.0%} worse than {JSON.relative_to(ROOT)}; "
            "if that is the price of something, run scripts/bench.sh and commit the new ones",
            file=sys.stderr,
        )
        return 1
    if better := compare.improvements(old["figures"], counted):
        progress(f"{better} figures are better than those committed: run scripts/bench.sh and commit them")
    progress("no figure is worse than those committed")
    return 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    counted, breakdowns = figures.count(progress)
    print(report.bars(counted), report.instructions(counted), report.others(counted), sep="\n\n")
    if options.show:
        print(*(report.breakdown(name, found) for name, found in breakdowns.items()), sep="\n\n")
        return 0
    versions = figures.versions()
    if options.check:
        return check(counted, versions)
    write(counted, breakdowns, figures.machine(), versions)
    return 0


sys.exit(main())
