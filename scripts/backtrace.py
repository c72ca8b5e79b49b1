#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Names the calls that led to a firmware's end.

    scripts/backtrace.py REPORT NAME.debug

REPORT is the text of trace0 or what scripts/demo.sh has shown (- for standard input), or a core dump of remoteproc
(devcoredump's "data"). A log that is full may be cut anywhere by "older lines follow". NAME.debug is beside the ELF
that was loaded: target/firmware/BOARD/. Of a dump, the report is read out of the trace buffer; a core that hangs and
is not watched has written none, and then whatever is on its stack behind a call is named, which may be older.
"""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "testbed"))

from imxtest.elf import EM_XTENSA, Elf, ElfError  # noqa: E402  (the path above must come first)
from imxtest.trace import in_order  # noqa: E402

# In the paths of the Rust library's sources.
RUST = "rustlib/src/rust/"

STACKS = (("_stack_bottom", "_stack_top"), ("_stack_end", "_stack_start"))

# How the reports of src/firmware/exception begin and what they say of the place.
HEAD = re.compile(r"^\*\*\* ", re.MULTILINE)
# The firmware's lines among Linux's (testbed/imxtest/live.py)
SHOWN = re.compile(r"^(?:firmware|uart): (.*)$", re.MULTILINE)
PLACE = re.compile(r"\bPC (0x[0-9a-f]{8})")
CALLERS = re.compile(r"^called from((?: [0-9a-f]{8})+)$", re.MULTILINE)


class Program:
    """The ELF file with symbols, and LLVM's reader of them."""

    def __init__(self, path):
        self.elf = Elf(path.read_bytes())
        self._path = path
        self._tool = shutil.which("llvm-symbolizer-22") or shutil.which("llvm-symbolizer")
        if not self._tool:
            raise SystemExit("backtrace: llvm-symbolizer is missing: install the Debian package 'llvm-22'")
        self.code = next(s for s in self.elf.sections if s.name == ".text")

    def symbol(self, name):
        """The address of a symbol, or None."""
        return self.elf.symbols().get(name)

    def lines(self, addresses):
        """What the source calls each address: a list of (function, file:line), inlined functions first."""
        command = [self._tool, "--obj", str(self._path), "--functions=linkage", "--demangle", *map(hex, addresses)]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        for block in out.strip().split("\n\n") if addresses else ():
            lines = block.splitlines()
            found = list(zip(lines[::2], lines[1::2]))
            # What the library's functions inline into each other says little; the function itself stays.
            yield [(name, _short(place)) for name, place in found[:-1] if RUST not in place] + [
                (name, _short(place)) for name, place in found[-1:]
            ]

    def is_behind_a_call(self, word):
        """Whether a word of the stack says where a call returns to; its address, or None."""
        xtensa = self.elf.machine == EM_XTENSA
        address = word & 0x3FFFFFFF | self.code.addr & 0xC0000000 if xtensa else word & ~1
        offset = address - self.code.addr
        if not 4 <= offset <= self.code.size or not (xtensa or word & 1):
            return None
        before = self.elf.bytes_of(self.code)[offset - 4 : offset]
        if xtensa:
            # CALLn and CALLXn, n of which is in the word's top bits (Xtensa ISA, windowed option).
            n, op = word >> 30, before[1] | before[2] << 8
            call = before[1] & 0x3F == 0x05 | n << 4
            callx = before[1] & 0x3F == n << 4 and before[1] >> 6 == 3 and op & 0xF000 == 0 and before[3] == 0
            return address if n and (call or callx) else None
        # BL and BLX (ARMv7-M Architecture Reference Manual, A7.7.18 and A7.7.19).
        first, second = int.from_bytes(before[:2], "little"), int.from_bytes(before[2:], "little")
        return address if (first & 0xF800 == 0xF000 and second & 0xD000 == 0xD000) or second & 0xFF87 == 0x4780 else None


class Dump:
    """The memory of a core dump, by device addresses."""

    def __init__(self, elf):
        self._parts = [(s.vaddr, elf.data[s.offset : s.offset + s.filesz]) for s in elf.segments if s.filesz]

    def read(self, start, end):
        for base, data in self._parts:
            if base <= start and end <= base + len(data):
                return data[start - base : end - base]
        raise SystemExit(f"backtrace: the dump has no memory at {start:#x}: is it of this program?")


def _short(place):
    """A place without where the sources happen to be."""
    return place.rpartition(RUST)[2].removeprefix(f"{ROOT}/")


def show(program, addresses):
    """One entry for each address, the innermost call first."""
    # A return address is behind its call, which may be the last instruction of a function.
    inside = program.lines([address - is_return for address, is_return in addresses])
    for number, ((address, _), functions) in enumerate(zip(addresses, inside)):
        head = f"{f'#{number}':>4} {address:#010x}"
        for function, place in functions:
            print(f"{head:15} {function}\n{'':15} at {place}")
            head = ""


def firmwares_own(text):
    """The firmware's lines of what scripts/demo.sh has shown; any other text as it is."""
    shown = SHOWN.findall(text)
    return "\n".join(shown) if shown else text


def report_of(text):
    """The last report in the text of a trace buffer, or None."""
    heads = list(HEAD.finditer(text))
    # The report of a double exception has two.
    first = next((h for h in heads if "called from" in text[h.start() :] or "stopped;" in text[h.start() :]), None)
    # If the report is longer than the buffer, only its end is left.
    first = first or CALLERS.search(text)
    return text[first.start() :].partition("stopped; see")[0] if first else None


def places(report):
    """(address, whether it is where a call returns to) of a report."""
    found = [(int(m[1], 16), False) for m in PLACE.finditer(report)][:1]
    for callers in CALLERS.finditer(report):
        found += [(int(word, 16), True) for word in callers[1].split()]
    return found


def scan(program, dump):
    """Return addresses on the stack of a dump, the newest first."""
    names = next(pair for pair in STACKS if program.symbol(pair[0]) is not None)
    stack = dump.read(*map(program.symbol, names))
    words = (int.from_bytes(stack[at : at + 4], "little") for at in range(0, len(stack), 4))
    found = (program.is_behind_a_call(word) for word in words)
    return [(address, True) for address in found if address is not None]


def main():
    # Piped into head or less, it ends with its reader, without a traceback.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if len(sys.argv) != 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if "-h" in sys.argv or "--help" in sys.argv else 2
    try:
        program = Program(Path(sys.argv[2]))
        data = sys.stdin.buffer.read() if sys.argv[1] == "-" else Path(sys.argv[1]).read_bytes()
        dump = None
        if data[:4] == b"\x7fELF":
            dump = Dump(Elf(data))
            trace, size = program.symbol("_trace"), program.symbol("_trace_size")
            data = dump.read(trace, trace + size).partition(b"\0")[0]
    except (OSError, ElfError) as problem:
        raise SystemExit(f"backtrace: {problem}") from problem
    report = report_of(in_order(firmwares_own(data.decode(errors="replace"))))
    if report:
        print(report.rstrip())
        print()
        show(program, places(report))
    elif dump:
        print("The firmware has reported no fault. On its stack, the newest first; some may be of calls that are over:\n")
        show(program, scan(program, dump))
    else:
        raise SystemExit("backtrace: there is no fault report in this text")
    return 0


if __name__ == "__main__":
    sys.exit(main())
