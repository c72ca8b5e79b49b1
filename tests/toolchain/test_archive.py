# SPDX-License-Identifier: MIT OR Apache-2.0
"""When Debian's archive no longer has what the set-up wants: what is taken instead, and what is said."""

import io
import lzma
import shutil
import tarfile

import pytest
from conftest import ROOT, write_program

# What Debian's packages hold, as far as scripts/setup/linux.sh looks: the same for all of them.
KERNEL_FILES = """arch/arm64/boot/dts/freescale/imx8mp-evk.dts drivers/bus/imx-aipstz.c
    include/uapi/linux/input-event-codes.h drivers/remoteproc/x.c drivers/rpmsg/x.c drivers/tty/rpmsg_tty.c
    samples/rpmsg/rpmsg_client_sample.c include/dt-bindings/clock/imx8mp-clock.h include/dt-bindings/clock/imx8ulp-clock.h
    include/dt-bindings/power/imx8ulp-power.h include/dt-bindings/firmware/imx/rsrc.h""".split()
SSHD = """usr/sbin/dropbear usr/bin/dropbearkey lib/ld-linux-aarch64.so.1 lib/libc.so.6 lib/libcrypt.so.1
    lib/libtomcrypt.so.1 lib/libtommath.so.1 lib/libgmp.so.10 lib/libz.so.1""".split()
MODULES = """rpmsg_ns virtio_rpmsg_bus rpmsg_char rpmsg_ctrl rpmsg_tty imx_dsp_rproc imx_rproc imx-aipstz
    rpmsg_client_sample""".split()
KERNELS = {"7.4.1+deb13-arm64": "7.4.1-1~bpo13+1", "7.3.4+deb13-arm64": "7.3.4-1~bpo13+1",
           "7.3.2+deb13-arm64": "7.3.2-1~bpo13+1", "7.2.12+deb13-arm64": "7.2.12-1~bpo13+1",
           "6.12.117+deb12-arm64": "6.12.117-1~deb12u1"}

# Everything is downloaded from the file "archive" in the user's folder, a package and its version a line; a source
# package is "src:NAME".
APT_CACHE = r"""
while [ "${1:0:1}" = - ]; do shift 2; done
case $1 in
pkgnames) awk -v start="$2" 'index($1, start) == 1 && !seen[$1]++ { print $1 }' "$HOME/archive" ;;
show) awk -v name="$2" '$1 == name { print "Version: " $2; print "Depends: " $3 " " $4 " " $5; print "" }' "$HOME/archive" ;;
showsrc) awk -v name="src:$3" '$1 == name { print "Version: " $2 }' "$HOME/archive" ;;
policy) awk -v name="$2" '$1 == name { print name ":"; print "  Candidate: " $2 }' "$HOME/archive" ;;
madison) awk -v name="$2" '$1 == name { print " " name " | " $2 " | x" }' "$HOME/archive" ;;
esac"""
APT_GET = r"""
echo "$*" >>"$HOME/apt-get"
names=()
while [ $# -gt 0 ]; do
    case $1 in
    indextargets) echo "http://127.0.0.1:9/debian bookworm"; exit ;;
    update) [ ! -e "$HOME/offline" ]; exit ;;
    -o) shift ;;
    -*) ;;
    download) prefix='' suffix=.deb ;;
    source) prefix=src: suffix=.dsc ;;
    *) names+=("$1") ;;
    esac
    shift
done
for name in "${names[@]}"; do
    [ ! -e "$HOME/offline" ] && awk -v name="$prefix${name%%=*}" -v version="${name#*=}" \
        '$1 == name && (version == $2 || version == name || prefix version == substr(name, 5)) { found = 1 } END { exit !found }' \
        "$HOME/archive" || { echo "E: cannot download $name" >&2; exit 100; }
    echo "${name#*=}" >"${name%%=*}_1$suffix"
done"""
DPKG_DEB = r"""
case $1 in
--fsys-tarfile) cat "$HOME/package.tar" ;;
-x) mkdir -p "$3" && tar -x -C "$3" -f "$HOME/package.tar" ;;
esac"""
# Compiles nothing for a release that is named in the file "broken".
MAKE = r"""
while [ $# -gt 0 ]; do
    case $1 in
    -C) headers=$2; shift ;;
    M=*) to=${1#M=} ;;
    esac
    shift
done
release=${headers##*linux-headers-}
if grep -qsF "$release" "$HOME/broken"; then echo "driver.c: error: no such function"; exit 2; fi
for name in @MODULES@; do echo "$release" >"$to/$name.ko"; done"""
# What is piped into it is read, as a compiler does.
READS_INPUT = 'case "$*" in *" -") cat >/dev/null ;; esac\n'
LAST_ARGUMENT_OF_O = READS_INPUT + 'while [ $# -gt 0 ]; do case $1 in -o) echo made >"$2" ;; esac; shift; done'


def tar_of(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo("./" + name if not name.startswith("linux-source") else name)
            member.size, member.mode = len(content), 0o755
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def kernel_package():
    sources = {f"linux-source-{series}/{name}": b"x" for series in ("7.4", "7.3", "7.2", "6.12") for name in KERNEL_FILES}
    files = {"usr/src/linux-source.tar.xz": lzma.compress(tar_of(sources)),
             "boot/vmlinuz-0": b"kernel", "lib/modules/0/imx-mailbox.ko": b"module", "lib/modules/0/rpmsg_core.ko": b"module",
             "bin/busybox": b"busybox", **{name: b"x" for name in SSHD}}
    for release in KERNELS:
        headers = f"usr/src/linux-headers-{release}"
        files |= {f"{headers}/Makefile": b"", f"{headers}/include/config/auto.conf": b"",
                  f"{headers}/scripts/mod/modpost.real-lsb-64": b""}
    return tar_of(files)


class Archive:
    """What Debian has today, and what happens when the set-up asks for it."""

    def __init__(self, box):
        self.box = box
        self.lines = set()
        box.program("apt-cache", APT_CACHE)
        box.program("apt-get", APT_GET)
        box.program("dpkg", "echo amd64")
        for tool in ("xz", "gzip", "xargs", "tee", "nproc", "ln", "install"):
            (box.bin / tool).symlink_to(shutil.which(tool))

    def has(self, *packages):
        self.lines |= set(packages)
        self.write()

    def has_kernel(self, *releases):
        for release in releases:
            version, series = KERNELS[release], ".".join(release.split(".")[:2])
            names = [f"linux-binary-{release}", f"linux-modules-{release}", f"linux-image-{release}", f"linux-headers-{release}",
                     f"linux-headers-{release.removesuffix('-arm64')}-common", f"linux-source-{series}",
                     f"linux-kbuild-{release.removesuffix('-arm64')}"]
            self.has(*(f"{name} {version}" for name in names))
        self.has(*(f"{name} 1" for name in ("busybox-static", "dropbear-bin", "libc6", "libcrypt1", "libtomcrypt1",
                                            "libtommath1", "libgmp10", "zlib1g")))

    def drops(self, word):
        self.lines = {line for line in self.lines if word not in line}
        self.write()

    def write(self):
        # As apt does, the newest version first.
        (self.box.home / "archive").write_text("".join(line + "\n" for line in sorted(self.lines, reverse=True)))

    def is_offline(self):
        (self.box.home / "offline").touch()
        for fresh in self.box.cache.glob("apt/*/fresh"):
            fresh.touch()

    def cannot_build(self, version):
        with open(self.box.home / "broken", "a") as broken:
            broken.write(version + "\n")

    def downloads(self):
        path = self.box.home / "apt-get"
        return [line for line in path.read_text().splitlines() if " download " in line] if path.exists() else []


@pytest.fixture
def archive(box):
    return Archive(box)


# --- kernels -------------------------------------------------------------------------------------


@pytest.fixture
def kernels(archive, box):
    """An archive of kernels, and what builds them."""
    shutil.copytree(ROOT / "testbed", box.tree / "testbed", ignore=shutil.ignore_patterns("__pycache__"))
    (box.home / "package.tar").write_bytes(kernel_package())
    box.program("dpkg-deb", DPKG_DEB)
    box.program("make", MAKE.replace("@MODULES@", " ".join(MODULES)))
    for tool in ("aarch64-linux-gnu-gcc-12", "dtc"):
        box.program(tool, LAST_ARGUMENT_OF_O)
    for tool in ("depmod", "aarch64-linux-gnu-strip", "patchelf"):
        (box.bin / tool).unlink(missing_ok=True)
        box.program(tool, "exit 0")
    return archive


def prepare(box, series):
    """The version of the kernel that is prepared, and all that was said."""
    done = box.run("scripts/setup/linux.sh", series)
    folder = box.run("scripts/setup/linux.sh", series, "--path").stdout.strip()
    try:
        return open(f"{folder}/version").read().split()[0], done.stderr
    except FileNotFoundError:
        assert done.returncode == 1
        return None, done.stderr


def change_an_input(box):
    """After that the kernel is built anew."""
    with open(box.tree / "testbed/linux/guest/init", "a") as script:
        script.write("# changed\n")


def test_7_x_is_the_newest_7_of_the_archive(kernels, box):
    kernels.has_kernel("7.2.12+deb13-arm64", "7.3.2+deb13-arm64", "7.3.4+deb13-arm64")
    assert prepare(box, "7.x")[0] == "7.3.4+deb13-arm64"
    assert prepare(box, "7.2")[0] == "7.2.12+deb13-arm64"


def test_a_new_7_takes_the_place_of_one_that_the_archive_has_dropped(kernels, box):
    kernels.has_kernel("7.3.4+deb13-arm64")
    assert prepare(box, "7.x")[0] == "7.3.4+deb13-arm64"


def test_a_kernel_that_does_not_compile_is_passed_over(kernels, box):
    kernels.has_kernel("7.4.1+deb13-arm64", "7.3.4+deb13-arm64")
    kernels.cannot_build("7.4.1+deb13-arm64")
    version, said = prepare(box, "7.x")
    assert version == "7.3.4+deb13-arm64"
    assert "no such function" in said and "Linux 7.4.1-1~bpo13+1 cannot be built" in said


@pytest.mark.parametrize("series, release", [("7.x", "7.3.4+deb13-arm64"), ("7.2", "7.2.12+deb13-arm64")])
def test_the_kernel_in_the_cache_is_built_again_when_the_archive_has_none(kernels, box, series, release):
    kernels.has_kernel(release)
    assert prepare(box, series)[0] == release
    kernels.drops("linux-")
    change_an_input(box)
    version, said = prepare(box, series)
    assert version == release
    (line,) = (line for line in said.splitlines() if line.startswith("warning: "))
    assert f"Linux {series}: none that Debian's trixie-backports has" in line and KERNELS[release] in line


def test_what_is_in_the_cache_is_not_downloaded_again(kernels, box):
    kernels.has_kernel("7.3.4+deb13-arm64")
    prepare(box, "7.x")
    downloads = kernels.downloads()
    kernels.is_offline()
    change_an_input(box)
    assert prepare(box, "7.x")[0] == "7.3.4+deb13-arm64"
    assert kernels.downloads() == downloads


def test_lists_that_name_what_has_gone_are_read_again(kernels, box):
    kernels.has_kernel("7.3.2+deb13-arm64")
    kernels.drops("linux-headers")
    updates = r"""case " $* " in *" update "*) cp "$HOME/tomorrow" "$HOME/archive" ;; esac"""
    (box.bin / "apt-get").write_text((box.bin / "apt-get").read_text().replace("#!/bin/bash", f"#!/bin/bash\n{updates}", 1))
    today = (box.home / "archive").read_text()
    kernels.has_kernel("7.3.4+deb13-arm64")
    shutil.copy(box.home / "archive", box.home / "tomorrow")
    for suite in ("trixie-backports-arm64", "trixie-backports-amd64", "trixie-amd64", "bookworm-arm64"):
        (box.cache / f"apt/{suite}/etc").mkdir(parents=True)
        (box.cache / f"apt/{suite}/etc/apt.conf").touch()
        (box.cache / f"apt/{suite}/fresh").touch()
    (box.home / "archive").write_text(today)
    version, said = prepare(box, "7.x")
    assert version == "7.3.4+deb13-arm64", said
    assert "trying again with fresh package lists" in said


def test_without_any_kernel_the_error_names_it(kernels, box):
    kernels.has_kernel("6.12.117+deb12-arm64")
    version, said = prepare(box, "7.x")
    assert version is None
    assert "error: Linux 7.x: there is none in Debian's trixie-backports" in said
    assert not list(box.cache.glob("*linux-*")) or [p.name for p in box.cache.glob("*linux-*")] == ["linux.lock"]


# --- QEMU ----------------------------------------------------------------------------------------


@pytest.fixture
def qemu(archive, box):
    """An archive of QEMU's sources, and what builds them."""
    folder = box.tree / "testbed/qemu"
    (folder / "overlay").mkdir(parents=True)
    (folder / "overlay/model.c").touch()
    (folder / "registrations").touch()
    box.program("dpkg-source", 'mkdir "$3" && cp "$2" "$3/version" && printf "#!/bin/sh\\n" >"$3/configure" && chmod +x "$3/configure"')
    box.program("dpkg", "[ $1 = -x ] || echo amd64")
    box.program("ninja", r"""
[ "$3" != -n ] || exit 0
cd "$2"
if grep -qsxF "$(cat ../src/version)" "$HOME/broken"; then echo "FAILED: model.c"; exit 1; fi
for program in qemu-system-aarch64 qemu-system-xtensa; do
    cp ../src/version "$program.version"
    printf '#!/bin/sh\n' >"$program"; chmod +x "$program"
done""")
    box.program("strip", 'cp "$3" "$2"')
    for tool in ("cc", "pkg-config", "flex", "bison"):
        box.program(tool, READS_INPUT)
    archive.has("meson 1.7")
    return archive


def emulators(box):
    """The version of the QEMU that is built, and all that was said."""
    done = box.run("scripts/setup/qemu.sh")
    folder = box.run("scripts/setup/qemu.sh", "--path").stdout.strip().removesuffix("/bin")
    try:
        return open(f"{folder}/version").read().strip(), done.stderr
    except FileNotFoundError:
        assert done.returncode == 1
        return None, done.stderr


def change_a_model(box):
    (box.tree / "testbed/qemu/overlay/model.c").write_text("changed\n")


def test_qemu_is_the_series_that_the_models_are_for(qemu, box):
    qemu.has("src:qemu 1:10.0.13+ds-0", "src:qemu 1:10.0.2+ds-2", "src:qemu 1:11.1.3+ds-1", "src:qemu 1:9.2.0")
    assert emulators(box)[0] == "1:10.0.13+ds-0"


def test_qemus_source_is_kept_for_the_day_when_there_is_none(qemu, box):
    qemu.has("src:qemu 1:10.0.13+ds-0")
    emulators(box)
    qemu.drops("qemu")
    qemu.is_offline()
    change_a_model(box)
    version, said = emulators(box)
    assert version == "1:10.0.13+ds-0"
    assert "warning: Debian trixie's QEMU 10.0 cannot be had or built: trying 1:10.0.13+ds-0 (cache)" in said


def test_a_newer_qemu_is_tried_when_the_series_is_gone(qemu, box):
    qemu.has("src:qemu 1:11.1.3+ds-1", "src:qemu 1:11.1.2+ds-1", "src:qemu 1:12.0.0+ds-1", "src:qemu 1:9.2.0")
    version, said = emulators(box)
    assert version == "1:11.1.3+ds-1"
    assert "trying 1:11.1.3+ds-1 (trixie)" in said


def test_without_any_qemu_that_builds_the_error_says_what_was_tried(qemu, box):
    qemu.has("src:qemu 1:11.1.3+ds-1")
    qemu.cannot_build("1:11.1.3+ds-1")
    version, said = emulators(box)
    assert version is None
    assert "FAILED: model.c" in said
    assert "error: no QEMU with our models can be had" in said and "tried: 1:11.1.3+ds-1" in said


# --- Rust, Debian packages, and the whole -----------------------------------------------------------


def test_the_rust_in_the_cache_is_taken_when_the_archive_has_none(archive, box):
    archive.has("rustc 1.97.1+dfsg1-1")
    folder = box.cache / "rust-1.98.1-0123456789abcdef/usr"
    (folder / "lib/rustlib/src/rust/library/core").mkdir(parents=True)
    write_program(folder / "bin/cargo", "exit 0")
    write_program(folder / "bin/rustc", f"""
case $1 in
-V) echo "rustc 1.98.1 (0123 2026-01-01)" ;;
-vV) echo "LLVM version: 22.1.0" ;;
--print) echo {folder} ;;
esac""")
    done = box.run("scripts/setup/rust.sh")
    assert done.returncode == 0, done.stderr
    assert "taking the one in the cache, rust-1.98.1-0123456789abcdef" in done.stderr
    path = box.run("scripts/setup/rust.sh", "--path")
    assert path.returncode == 0 and (box.cache / path.stdout.strip()).resolve() == folder / "bin"


def test_a_rust_in_the_cache_that_is_too_old_is_not_taken(archive, box):
    archive.has("rustc 1.97.1+dfsg1-1")
    folder = box.cache / "rust-1.97.0-0123456789abcdef/usr"
    write_program(folder / "bin/cargo", "exit 0")
    write_program(folder / "bin/rustc", "echo 'rustc 1.97.0 (0123 2026-01-01)'")
    done = box.run("scripts/setup/rust.sh")
    assert done.returncode == 1
    assert "cannot get rustc >= 1.98" in done.stderr and "rustup" in done.stderr


def test_debian_packages_that_are_gone_are_named_and_the_others_installed(archive, box):
    box.program("dpkg-query", "exit 1")
    box.program("id", "echo 0")
    box.program("apt-get", 'echo "$*" >>"$HOME/apt-get"')
    names = box.run("scripts/setup/packages.sh", "--list").stdout.split()
    archive.has(*(f"{name} 1" for name in names if name not in ("llvm-22", "valgrind")))
    done = box.run("scripts/setup/packages.sh")
    assert done.returncode == 4
    assert "no llvm-22 (any more), which is for building firmware" in done.stderr
    assert "no valgrind (any more), which is for tests" in done.stderr
    installed = (box.home / "apt-get").read_text().splitlines()[-1].split()
    assert "clang-22" in installed and "llvm-22" not in installed and "valgrind" not in installed


def parts(box, failing):
    """Parts of which one cannot be had."""
    for part in ("packages", "rust", "qemu", "linux"):
        write_program(box.tree / f"scripts/setup/{part}.sh", f"""
name={part}
if [ $name = linux ]; then name=linux-$1; shift; fi
case $1 in
--check) exit 3 ;;
'') echo $name >>$HOME/order; case $name in {failing}) exit ${{STATUS:-1}} ;; esac ;;
esac""")


@pytest.mark.parametrize("part, works", [
    ("qemu", "scripts/test.sh --host and --fuzz"), ("linux-7.x", "other kernels work"), ("linux-6.1", "--core")])
def test_the_other_parts_are_set_up_and_the_end_says_what_works(box, part, works):
    parts(box, part)
    done = box.run("scripts/setup.sh")
    assert done.returncode == 1
    assert (box.home / "order").read_text().split() == ["packages", "rust", "qemu", "linux-6.12", "linux-7.x", "linux-6.1"]
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("warning: "))
    assert f"{part} could not be set up" in line and works in line


def test_a_debian_package_that_is_gone_does_not_stop_the_rest(box):
    parts(box, "packages")
    done = box.run("scripts/setup.sh", STATUS="4")
    assert done.returncode == 1
    assert len((box.home / "order").read_text().split()) == 6
    assert box.run("scripts/setup.sh", STATUS="1").returncode == 1
    assert len((box.home / "order").read_text().split()) == 7


@pytest.mark.parametrize("parts_of_tests, testbed", [(["--host"], False), (["--host", "--fuzz"], False), (["--core"], True), ([], True)])
def test_what_needs_no_emulator_is_run_without(box, parts_of_tests, testbed):
    write_program(box.tree / "scripts/setup.sh", 'echo "told: $*"; exit 1')
    done = box.run("scripts/test.sh", *parts_of_tests)
    assert done.returncode == 1
    assert done.stdout == ("told: \n" if testbed else "told: --no-testbed\n")
