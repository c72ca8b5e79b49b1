# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/xtensa-link as rustc calls it, on small programs in LLVM's assembly language."""

import json
import os
import subprocess

import pytest
from conftest import ROOT

FEATURES = json.loads((ROOT / "link/xtensa-hifi4-none-elf.json").read_text())["features"]

# A jump table puts .rodata between the two functions: there LLVM 22 loses the second one's literals.
PROGRAM = """
target triple = "xtensa-none-elf"
define i32 @table(i32 %x) {
  switch i32 %x, label %other [ i32 0, label %a  i32 1, label %b  i32 2, label %c  i32 3, label %d  i32 4, label %e ]
a: ret i32 100001
b: ret i32 200002
c: ret i32 300003
d: ret i32 400004
e: ret i32 500005
other: ret i32 600006
}
define i32 @main() {
  %v = call i32 @table(i32 3)
  %w = add i32 %v, 305419896
  %u = call i32 @twice(i32 %w)
  ret i32 %u
}
declare i32 @twice(i32)
"""
LIBRARY = """
target triple = "xtensa-none-elf"
define i32 @twice(i32 %x) { %y = add i32 %x, %x  ret i32 %y }
define i32 @unused() { ret i32 77777777 }
"""
DIVISION = """
target triple = "xtensa-none-elf"
define void @main(ptr %p) {
  %a = load i128, ptr %p
  %b = udiv i128 %a, 12345
  store i128 %b, ptr %p
  ret void
}
define i128 @__udivti3(i128 %a, i128 %b) { ret i128 %a }
"""
ALIGNED = """
target triple = "xtensa-none-elf"
define void @main(ptr %f) {
  call void %f(ptr null)
  ret void
}
define void @aligned(ptr %f) {
  %local = alloca [16 x i8], align 64
  call void %f(ptr %local)
  ret void
}
"""


def run(*argv, **options):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True, **options)


def output_of(*argv):
    done = run(*argv)
    assert done.returncode == 0, done.stderr
    return done.stdout


def link(*arguments, **environment):
    return run(ROOT / "scripts/xtensa-link", *arguments, env={**os.environ, "XTENSA_FEATURES": FEATURES, **environment})


def bitcode(folder, name, text):
    (folder / f"{name}.ll").write_text(text)
    output_of("llvm-as-22", folder / f"{name}.ll", "-o", folder / f"{name}.o")
    return folder / f"{name}.o"


@pytest.fixture
def library(tmp_path):
    member = bitcode(tmp_path, "member_with_a_name_that_an_archive_header_cannot_hold", LIBRARY)
    output_of("llvm-ar-22", "crs", tmp_path / "libtwice.a", member)
    return tmp_path / "libtwice.a"


@pytest.fixture
def program(tmp_path):
    return bitcode(tmp_path, "program", PROGRAM)


def sections(elf):
    return {line.split()[1]: line.split() for line in output_of(
        "readelf", "-SW", elf).replace("[ ", "[").splitlines() if line.strip().startswith("[")}


def test_program_of_bitcode_and_archive(tmp_path, program, library):
    elf = tmp_path / "out.elf"
    # -L stands after -l, as rustc writes it.
    done = link(program, "-ltwice", "-L", tmp_path, "-e", "main", "-o", elf)
    assert done.returncode == 0, done.stderr
    symbols = output_of("llvm-nm-22", elf)
    assert " T table" in symbols and " T twice" in symbols
    assert "unused" not in symbols, "--gc-sections was not in force"


def test_literals_are_aligned_and_beside_their_code(tmp_path, program):
    objects = tmp_path / "cache"
    link(program, "-e", "main", "-o", tmp_path / "out.elf", XTENSA_LINK_CACHE=str(objects))
    (made,) = objects.iterdir()
    found = sections(made)
    assert {".literal.table", ".literal.main"} <= found.keys()
    assert not [name for name in found if name.endswith(".literal")]
    assert {found[".literal.table"][-1], found[".literal.main"][-1]} == {"4"}


def test_ld_is_called_with_the_arguments_and_ours(tmp_path, program, library):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("llc-22", "llvm-mc-22", "llvm-link-22", "llvm-ar-22", "llvm-nm-22"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    ld = tools / "xtensa-lx106-elf-ld"
    ld.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\nexit 3\n')
    ld.chmod(0o755)
    done = link("--as-needed", program, "-T", "some.x", "-e", "main", "-o", tmp_path / "out.elf", PATH=str(tools))
    assert done.returncode == 3
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[0] == "--as-needed"
    assert arguments[1].startswith(str(tmp_path / ".xtensa-link"))
    assert arguments[2:] == ["-T", "some.x", "-e", "main", "-o", str(tmp_path / "out.elf"), "--no-relax", "--gc-sections"]


def test_response_file(tmp_path, program, library):
    response = tmp_path / "arguments"
    response.write_text("\n".join(map(str, [program, library, "-e", "main", "-o", tmp_path / "out.elf"])) + "\n")
    done = link(f"@{response}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.elf").exists()


def test_second_link_takes_the_objects_from_the_cache(tmp_path, program, library):
    cache = tmp_path / "cache"
    arguments = [program, library, "-e", "main", "-o", tmp_path / "out.elf"]
    assert link(*arguments, XTENSA_LINK_CACHE=str(cache)).returncode == 0
    first = {entry.name: entry.stat().st_ino for entry in cache.iterdir()}
    assert len(first) == 2
    assert link(*arguments, XTENSA_LINK_CACHE=str(cache)).returncode == 0
    assert {entry.name: entry.stat().st_ino for entry in cache.iterdir()} == first


def test_cache_drops_what_was_used_longest_ago(tmp_path, xtensa_link):
    cache = xtensa_link.ObjectCache(str(tmp_path / "cache"))
    for age, name in enumerate(("new", "middle", "old")):
        path = tmp_path / f"cache/{name}.o"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    cache.trim(limit=250)
    assert sorted(p.stem for p in (tmp_path / "cache").iterdir()) == ["middle", "new"]


def test_archive_without_bitcode_is_left_alone(tmp_path, xtensa_link):
    (tmp_path / "a.txt").write_text("no bitcode")
    archive = tmp_path / "liba.a"
    output_of("llvm-ar-22", "crs", archive, tmp_path / "a.txt")
    assert xtensa_link.convert(str(archive), None, str(tmp_path)) == str(archive)


def test_calls_that_llvm_gets_wrong_are_refused(tmp_path):
    done = link(bitcode(tmp_path, "division", DIVISION), "-e", "main", "-o", tmp_path / "out.elf")
    assert done.returncode == 1
    assert "__udivti3" in done.stderr and "use u64" in done.stderr


def test_a_stack_pointer_moved_against_the_abi_is_refused(tmp_path):
    source = bitcode(tmp_path, "aligned", ALIGNED)
    done = link(source, "-e", "main", "-u", "aligned", "-o", tmp_path / "out.elf")
    assert done.returncode == 1
    assert "aligned: a local variable is aligned to more" in done.stderr
    unused = link(source, "-e", "main", "-o", tmp_path / "out.elf")
    assert unused.returncode == 0, unused.stderr


@pytest.mark.parametrize("absent, package", [
    ("llc-22", "llvm-22"), ("llvm-mc-22", "llvm-22"), ("xtensa-lx106-elf-ld", "binutils-xtensa-lx106")])
def test_missing_tool_names_its_package(tmp_path, program, absent, package):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in {"llc-22", "llvm-mc-22", "llvm-link-22", "xtensa-lx106-elf-ld"} - {absent}:
        (tools / name).symlink_to(f"/usr/bin/{name}")
    done = link(program, "-o", tmp_path / "out.elf", PATH=str(tools))
    assert done.returncode == 1
    assert f"'{absent}' is missing" in done.stderr and f"'{package}'" in done.stderr


def test_failing_tool_is_quoted(tmp_path):
    broken = tmp_path / "broken.o"
    broken.write_bytes(b"BC\xc0\xde not bitcode after all")
    done = link(broken, "-o", tmp_path / "out.elf")
    assert done.returncode == 1
    assert "llc-22 failed" in done.stderr
    assert not list((tmp_path / ".xtensa-link").iterdir())


def test_features_must_be_given(tmp_path, program):
    done = link(program, "-o", tmp_path / "out.elf", XTENSA_FEATURES="")
    assert done.returncode == 1
    assert "scripts/build.sh" in done.stderr
