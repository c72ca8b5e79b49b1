# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the library's sources define: functions, variants and constants of each type, and the items of each module."""

import functools
import re

from documents import ROOT

IMPL = re.compile(r"^(?:unsafe )?impl\b", re.MULTILINE)
KINDS = "fn|struct|enum|trait|const|static|type|mod|union"
ITEM = re.compile(rf"^ *pub(?:\([a-z]+\))? (?:(?:const|async|unsafe|extern \"C\") )*(?:{KINDS}) (\w+)", re.MULTILINE)
FUNCTION = re.compile(r"^ *(?:pub )?(?:(?:const|async|unsafe) )*(?:fn|const|type) (\w+)", re.MULTILINE)
VARIANT = re.compile(r"^    (\w+)(?: = [^,]*)?(?:,|\(|\{| \{|$)", re.MULTILINE)
BLOCK = re.compile(r"^(?:pub(?:\([a-z]+\))? )?(?:unsafe )?(enum|trait) (\w+)", re.MULTILINE)


def _sources():
    for path in sorted((ROOT / "src").rglob("*.rs")):
        yield path, re.sub(r"//[^\n]*", "", path.read_text())


def _body(text, at):
    """From the first brace behind a place to its match, and what is before it."""
    start = text.index("{", at)
    depth, end = 0, start
    while True:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
        if depth == 0:
            return text[at:start], text[start + 1 : end - 1]


def _subject(head):
    """The type of an `impl`, and whether it is of a trait."""
    head = head.split(" where")[0]
    while (plain := re.sub(r"<[^<>]*>", "", head.replace("->", ""))) != head:
        head = plain
    _, of, subject = head.partition(" for ")
    return re.findall(r"\w+", subject or head)[-1], bool(of)


@functools.cache
def members():
    """{type: names behind its `::`, or behind the dot}."""
    found = {}
    for _, text in _sources():
        for match in IMPL.finditer(text):
            head, body = _body(text, match.start())
            subject, of_trait = _subject(head)
            names = FUNCTION.findall(body) if of_trait else ITEM.findall(body)
            found.setdefault(subject, set()).update(names)
        for match in BLOCK.finditer(text):
            _, body = _body(text, match.start())
            names = (VARIANT if match[1] == "enum" else FUNCTION).findall(body)
            found.setdefault(match[2], set()).update(names)
    return found


@functools.cache
def modules():
    """{module: names of what is in it}, by the module's last name; "" is the library's root."""
    found = {}
    for path, text in _sources():
        parts = [part for part in path.relative_to(ROOT / "src").with_suffix("").parts if part not in ("mod", "lib")]
        for at, part in enumerate(parts):
            found.setdefault(parts[at - 1] if at else "", set()).add(part)
        own = found.setdefault(parts[-1] if parts else "", set())
        own.update(ITEM.findall(text))
        own.update(name for names in re.findall(r"pub use [^;]*", text) for name in re.findall(r"\w+", names))
    return found


def has(path):
    """Whether a path such as `rpmsg::driver::DriverLink` or `Event::Up` leads to something."""
    *before, last = path.split("::")
    if not before:
        return any(last in names for names in (*members().values(), *modules().values())) or last in members()
    if before[-1][0].isupper():
        known = last in members().get(before[-1], ())
    else:
        known = last in modules().get(before[-1], ())
    return known and (len(before) == 1 or has("::".join(before)))
