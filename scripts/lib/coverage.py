#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Line coverage by file from an lcov file: coverage.py LCOV LEAST [--missing].

What follows `#[cfg(test)]` in a source file is its own test module and does not count: tests cover
themselves. Exit status 1 when the total is below LEAST per cent.
"""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def counts(lcov):
    """Executions of each line of each file; a line that several programs hold counts once."""
    files, lines = {}, {}
    for record in pathlib.Path(lcov).read_text().splitlines():
        kind, _, rest = record.partition(":")
        if kind == "SF":
            lines = files.setdefault(pathlib.Path(rest), {})
        elif kind == "DA":
            line, count = (int(field) for field in rest.split(",")[:2])
            lines[line] = max(lines.get(line, 0), count)
    return files


def tests_begin(source):
    for number, line in enumerate(source.read_text().splitlines(), 1):
        if line.strip() == "#[cfg(test)]":
            return number
    return sys.maxsize


def ranges(lines):
    """Line numbers as text, neighbours joined."""
    out = []
    for line in sorted(lines):
        if out and out[-1][1] == line - 1:
            out[-1][1] = line
        else:
            out.append([line, line])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def main():
    lcov, least, *options = sys.argv[1:]
    total = covered = 0
    for source, lines in sorted(counts(lcov).items()):
        end = tests_begin(source)
        lines = {line: count for line, count in lines.items() if line < end}
        missing = [line for line, count in lines.items() if count == 0]
        total += len(lines)
        covered += len(lines) - len(missing)
        if lines:
            share = 100 * (len(lines) - len(missing)) / len(lines)
            print(f"{source.relative_to(ROOT)!s:<32} {len(lines) - len(missing):5} of {len(lines):5} lines {share:7.2f} %")
        if missing and "--missing" in options:
            print(f"    not reached: {ranges(missing)}")
    if total == 0:
        sys.exit("no line of the sources is in the profile")
    share = 100 * covered / total
    print(f"{'total':<32} {covered:5} of {total:5} lines {share:7.2f} %")
    if share < float(least):
        sys.exit(f"error: below {least} %; scripts/coverage.sh --missing names the lines")


main()
