# SPDX-License-Identifier: MIT OR Apache-2.0
"""What inline code names: scripts and options, cargo's packages and tests, files, boards, the library's own names."""

import functools
import re
import subprocess
import tomllib

import api
from documents import ROOT

# Files of others: Linux's, U-Boot's, NXP's, rpmsg-lite's.
FOREIGN_FILES = {"core-isa.h", "board.h", "imx_bootaux.c", "rpmsg_config.h", "rpmsg_tty.c", "rsc_table.c",
                 "virtio_rpmsg_bus.c", "imx8mp-evk.dts",
                 "imx8mp-evk-rpmsg.dts", "imx8mp-evk.dtsi", "imx8ulp.dtsi", "imx95-19x19-evk.dts"}  # fmt: skip
# What is made by a build, or is the reader's.
MADE = re.compile(r"(?:NAME|BOARD|FIRMWARE|in|out|board)(?:\+FEATURE)?\.\w+|ELF|memory\.x")
# Options of other programs: GNU ld's.
FOREIGN_OPTIONS = {"--no-relax"}
# Programs of others that a text names with arguments, and why none of them is run.
PROGRAMS = {
    "picocom": "a terminal; tests/linux_run/test_shell.py has the session",
    "llvm-addr2line-22": "scripts/backtrace.py runs its like on each report",
    "fdt": "U-Boot's",
}
# Run on the board; what of Linux they name is looked for there (test_commands.py).
ON_BOARD = {"cat", "dmesg", "echo", "exec", "ls", "modprobe"}
# Crates of others.
FOREIGN_CRATES = {"core", "heapless", "log"}
# A feature of embedded-cli's.
FOREIGN_FEATURES = {"autocomplete"}
# Channels that Linux knows by name, and another project.
CHANNELS = {"rpmsg-tty", "rpmsg-raw", "rpmsg-client-sample", "rpmsg-lite"}

# Of Linux, what is there only while a program has it open.
PASSING = re.compile(r"/dev/rpmsg[NM0]")

CARGO = {"build", "check", "clippy", "doc", "fmt", "run", "test"}
OBJECTS = {"link": ("Link", "AsyncLink"), "mailbox": ("Mailbox",), "board": ("Board",), "message": ("Message",),
           "grant": ("Grant",), "endpoint": ("Endpoint",), "incoming": ("Incoming",),
           "outgoing": ("Outgoing",)}  # fmt: skip

FILE = re.compile(r"[\w./+{},*-]*\.(?:bin|c|debug|dts|dtsi|dtso|elf|h|json|md|py|rs|sh|svg|toml|uboot|wav|x)")
NAMES = re.compile(r"\b(?:NAME|BOARD|TARGET)\b")


@functools.cache
def _manifest(path="Cargo.toml"):
    return tomllib.loads((ROOT / path).read_text())


@functools.cache
def _files():
    """The names of all files of the tree that are not made."""
    tops = [path for path in ROOT.iterdir() if path.name not in ("target", ".git")]
    return {file.name for top in tops for file in (top.rglob("*") if top.is_dir() else [top])}


@functools.cache
def _boards():
    return [tomllib.loads(path.read_text()) for path in sorted((ROOT / "boards").glob("*.toml"))]


@functools.cache
def _help(*command):
    done = subprocess.run([*command, "--help"], cwd=ROOT / "testbed", capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _has_option(text, option):
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text)


def _unknown(name, text, words):
    """The options among the words that the text does not have."""
    options = (word for word in words if word.startswith("--") and len(word) > 2)
    yield from (f"{name} has no {option}" for option in options if not _has_option(text, option))


def _expanded(text):
    """a/{b,c} as a/b and a/c, names that stand for any as *."""
    text = NAMES.sub("*", text)
    found = re.search(r"\{([^{}]*)\}", text)
    if not found:
        return [text]
    before, after = text[: found.start()], text[found.end() :]
    return [one for word in found[1].split(",") for one in _expanded(before + word + after)]


def _is_in_tree(text):
    return all(any(ROOT.glob(one.rstrip("/"))) or any(ROOT.glob(one + ".rs")) for one in _expanded(text))


def features():
    """The library's cargo features."""
    return set(_manifest()["features"])


def _programs():
    return {path.stem for path in (ROOT / "src/bin").iterdir()}


def _value(words, option):
    return [value for word, value in zip(words, words[1:]) if word == option]


def _shared(words):
    """What scripts and cargo have in common."""
    for value in _value(words, "--features"):
        yield from (f"no feature {name}" for name in value.split(",") if name not in features())
    for name in _value(words, "--bin"):
        if name not in _programs() | {"board"}:
            yield f"no program {name}"
    for board in _value(words, "--board"):
        if board not in ("NAME", "BOARD") and not (ROOT / f"boards/{board}.toml").exists():
            yield f"no board {board}"


def _script(script, words):
    path = ROOT / "scripts" / script.removeprefix("scripts/")
    if not path.is_file():
        yield f"no script {script}"
        return
    yield from _unknown(script, _help(path), words)
    yield from _shared(words)


def _cargo(words):
    aliases = tomllib.loads((ROOT / ".cargo/config.toml").read_text())["alias"]
    command = words[0]
    if command in aliases:
        source = (ROOT / "tools" / command / "src/main.rs").read_text()
        yield from _unknown(command, source, words[1:])
    elif command not in CARGO:
        yield f"cargo has no {command}"
    packages = {_manifest(str(path.relative_to(ROOT)))["package"]["name"] for path in ROOT.glob("tools/*/Cargo.toml")}
    yield from (f"no package {name}" for name in _value(words, "-p") if name not in packages)
    yield from (f"no {path}" for path in _value(words, "--manifest-path") if not (ROOT / path).exists())
    for test in _value(words, "--test"):
        if not ((ROOT / f"tests/{test}.rs").exists() or (ROOT / f"tests/{test}/main.rs").exists()):
            yield f"no test {test}"
    for example in _value(words, "--example"):
        if not any(ROOT.glob(f"*/examples/{example}.rs")):
            yield f"no example {example}"
    yield from _shared(words)


def _python(words):
    module = words[0]
    text = _help("/usr/bin/python3", "-B", "-m", module)
    yield from _unknown(module, text, words[1:])
    yield from _shared(words)


def _option(option):
    helps = [_help(script) for script in sorted((ROOT / "scripts").rglob("*.sh")) if "/lib/" not in str(script)]
    helps.append(_help("/usr/bin/python3", "-B", "-m", "imxtest.fakelinux"))
    if option not in FOREIGN_OPTIONS and not any(_has_option(text, option) for text in helps):
        yield f"no script has {option}"


def _api(text):
    """A call on one of the library's objects, or a path."""
    path = re.match(r"[A-Za-z_]\w*(?:::\w+)+", text)
    if re.fullmatch(r"[a-z_]+\(\)(?:\.[a-z_]+\(\))*", text):
        functions = set().union(*api.members().values())
        yield from (f"no type of the library has {name}" for name in re.findall(r"\w+", text) if name not in functions)
    call = re.match(r"(\w+)\.(\w+)", text)
    if call and (FILE.fullmatch(text) or any(call[2] in board.get(call[1], ()) for board in _boards())):
        return
    if path and path[0].split("::")[0] not in FOREIGN_CRATES and not api.has(path[0].removeprefix("imx_rpmsg::")):
        yield f"the library has no {path[0]}"
    if call and call[1] in OBJECTS and not any(call[2] in api.members().get(kind, ()) for kind in OBJECTS[call[1]]):
        yield f"{' and '.join(OBJECTS[call[1]])} have no {call[2]}"


def _file(text):
    top = text.split("/")[0]
    if "/" in text and (ROOT / top).exists() and top not in ("", "target"):
        if not _is_in_tree(text):
            yield f"no file {text}"
    elif FILE.fullmatch(text) and not MADE.fullmatch(text) and not text.startswith((".", "/", "~")):
        name = text.rsplit("/", 1)[-1]
        if name not in _files() | FOREIGN_FILES:
            yield f"no file {text}"


def linux_paths(text):
    """What a piece of inline code names in Linux's file systems, N being 0."""
    found = re.findall(r"/(?:sys|proc|dev)/[\w/*.-]+", text)
    lasting = (path for path in found if not PASSING.fullmatch(path))
    return [re.sub(r"(remoteproc|rpmsg_ctrl|ttyRPMSG)[Nn]\b", r"\g<1>0", path) for path in lasting]


def modules(text):
    """The kernel modules that it loads."""
    return re.findall(r"\bmodprobe (\w+)", text)


def problems(text):
    """What is wrong with a piece of inline code."""
    words = text.split()
    first = words[0]
    if words[:2] == ["/usr/bin/python3", "-m"]:
        yield from _python(words[2:])
    elif first.startswith("scripts/") or (len(words) > 1 and (ROOT / "scripts" / first).is_file()):
        yield from _script(first, words[1:])
    elif first == "cargo" and len(words) > 1:
        yield from _cargo(words[1:])
    elif re.fullmatch(r"--[a-z-]+", first):
        yield from _option(first)
    elif re.fullmatch(r"imx\d\w+-\w+-(?:dsp|m\d+)", text):
        if not (ROOT / f"boards/{text}.toml").exists():
            yield f"no board {text}"
    elif re.fullmatch(r"rpmsg-[a-z]+", text):
        if text not in CHANNELS | _programs():
            yield f"no program {text}"
    elif first not in ON_BOARD and first not in PROGRAMS:
        yield from _api(text)
        if len(words) == 1:
            yield from _file(text)
