# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/setup.sh and its parts: reports change nothing, failures leave nothing half-installed."""

import subprocess

import pytest
from conftest import ROOT, write_program

PACKAGES = subprocess.run([ROOT / "scripts/setup/packages.sh", "--list"], capture_output=True, text=True,
                          check=True).stdout.split()

# An archive with one good rustc; what a download does is the test's affair.
APT_GET = """
case " $* " in
*" indextargets "*) echo "http://127.0.0.1:9/debian bookworm" ;;
*" update "*) {update} ;;
*" --print-uris "*) echo "'http://127.0.0.1:9/pool/libllvm22_22.deb' libllvm22_22.deb 1 SHA256:0" ;;
*" --download-only "*) {download} ;;
esac"""
APT_CACHE = """
case " $* " in
*" madison rustc "*) printf ' rustc | 1.98.1+dfsg1-1 | x\\n rustc | 1.97.1+dfsg1-1 | x\\n' ;;
esac"""
FETCH_FAILS = "echo 'E: Failed to fetch libllvm22_22.deb  Connection refused'; exit 100"


def offline(box, update="true", download=FETCH_FAILS):
    box.program("apt-get", APT_GET.format(update=update, download=download))
    box.program("apt-cache", APT_CACHE)
    box.program("dpkg", "echo amd64")


def installations(box):
    return sorted(p.name for p in box.cache.glob("rust*") if p.name != "rust.lock") if box.cache.exists() else []


def test_check_on_an_empty_cache_reports_all_and_changes_nothing(box):
    for part in ("packages", "rust", "qemu", "linux"):
        if part != "rust":
            write_program(box.tree / f"scripts/setup/{part}.sh", 'case "$*" in *--check) exit 3 ;; *) touch "$HOME/$0-ran" ;; esac')
    done = box.run("scripts/setup.sh", "--check")
    assert done.returncode == 3
    for part in ("packages", "rust", "qemu", "linux-6.12", "linux-7.x", "linux-6.1"):
        assert any(line.split()[:2] == [part, "missing"] for line in done.stderr.splitlines()), done.stderr
    assert not box.cache.exists()
    assert list(box.home.iterdir()) == []


def test_real_parts_report_on_an_empty_cache_and_change_nothing(tmp_path):
    cache = tmp_path / "cache"
    done = subprocess.run([ROOT / "scripts/setup.sh", "--check"], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "IMX_RPMSG_CACHE": str(cache)})
    assert done.returncode == 3
    for part in ("rust", "qemu", "linux-6.12", "linux-7.x", "linux-6.1"):
        assert any(line.split()[:2] == [part, "missing"] for line in done.stderr.splitlines()), done.stderr
    assert not cache.exists() and list(tmp_path.iterdir()) == []


def fake_parts(box, present=()):
    """Parts that note that they ran and are present afterwards."""
    for part in ("packages", "rust", "qemu", "linux"):
        write_program(box.tree / f"scripts/setup/{part}.sh", f"""
name={part}
if [ $name = linux ]; then name=linux-$1; shift; fi
state=$HOME/state; mkdir -p $state
case $1 in
--check) [ -e $state/$name ] ;;
'') touch $state/$name; echo $name >>$HOME/order ;;
esac""")
    (box.home / "state").mkdir()
    for part in present:
        (box.home / "state" / part).touch()


def order(box):
    path = box.home / "order"
    return path.read_text().split() if path.exists() else []


def test_parts_run_in_order_and_only_once(box):
    fake_parts(box)
    assert box.run("scripts/setup.sh").returncode == 0
    assert order(box) == ["packages", "rust", "qemu", "linux-6.12", "linux-7.x", "linux-6.1"]
    again = box.run("scripts/setup.sh")
    assert again.returncode == 0
    assert "missing" not in again.stderr
    assert len(order(box)) == 6
    assert box.run("scripts/setup.sh", "--check").returncode == 0


def test_only_what_is_missing_runs(box):
    fake_parts(box, present=["packages", "qemu", "linux-6.12", "linux-7.x"])
    done = box.run("scripts/setup.sh")
    assert order(box) == ["rust", "linux-6.1"]
    assert "170 MB" in done.stderr, "the plan says how big it is"


def test_without_the_testbed(box):
    fake_parts(box)
    assert box.run("scripts/setup.sh", "--no-testbed").returncode == 0
    assert order(box) == ["packages", "rust"]


def test_a_failed_part_ends_it_and_is_named(box):
    fake_parts(box)
    write_program(box.tree / "scripts/setup/rust.sh", 'echo "no network" >&2; exit 1')
    done = box.run("scripts/setup.sh")
    assert done.returncode == 1
    assert "no network" in done.stderr and "rust could not be set up" in done.stderr
    assert order(box) == ["packages"]


def test_of_the_kernels_only_the_one_that_is_asked_for(box):
    fake_parts(box)
    assert box.run("scripts/setup.sh", "--kernel", "7.x").returncode == 0
    assert order(box) == ["packages", "rust", "qemu", "linux-7.x"]
    done = box.run("scripts/setup.sh", "--kernel", "5.15")
    assert done.returncode == 1 and "7.x" in done.stderr


def test_a_cache_that_cannot_be_written_is_said_before_anything_runs(box):
    fake_parts(box)
    (box.home / "file").touch()
    done = box.run("scripts/setup.sh", IMX_RPMSG_CACHE=str(box.home / "file/cache"))
    assert done.returncode == 1 and "IMX_RPMSG_CACHE" in done.stderr
    assert order(box) == []


def test_without_home_the_cache_is_in_the_users_own_folder(box):
    fake_parts(box)
    done = subprocess.run([box.tree / "scripts/setup.sh", "--help"], capture_output=True, text=True, check=False,
                          env={"PATH": str(box.bin)})
    assert done.returncode == 0, done.stderr


def os_release(box, text):
    """Has the scripts read this instead of /etc/os-release."""
    (box.home / "os-release").write_text(text)
    host = box.tree / "scripts/lib/host.sh"
    host.write_text(host.read_text().replace("/etc/os-release", str(box.home / "os-release")))


@pytest.mark.parametrize("release, machine, named", [
    ('PRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\nVERSION_ID="24.04"\n', "Linux x86_64", "Ubuntu 24.04.1 LTS on x86_64"),
    ('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n', "Linux x86_64", "Debian GNU/Linux 13"),
    ('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n', "Linux aarch64", "on aarch64"),
    ("", "Darwin arm64", "Darwin on arm64"),
])
def test_on_another_machine_it_says_what_to_do(box, release, machine, named):
    fake_parts(box)
    os_release(box, release)
    (box.bin / "uname").unlink()
    system, processor = machine.split()
    box.program("uname", f"case $1 in -s) echo {system} ;; -m) echo {processor} ;; esac")
    done = box.run("scripts/setup.sh")
    assert done.returncode == 1 and order(box) == []
    assert named in done.stderr and "debian:12" in done.stderr
    assert box.run("scripts/setup.sh", IMX_RPMSG_ANY_HOST="1").returncode == 0
    assert order(box)


@pytest.mark.parametrize("script", ["setup.sh", "build.sh", "setup/packages.sh", "setup/rust.sh"])
def test_unknown_arguments_and_help(box, script):
    done = box.run(f"scripts/{script}", "--frob")
    assert done.returncode == 1 and "--frob" in done.stderr and "--help" in done.stderr
    done = box.run(f"scripts/{script}", "--help")
    assert done.returncode == 0 and f"scripts/{script}" in done.stdout and "SPDX" not in done.stdout


# --- packages ------------------------------------------------------------------------------------


def dpkg_query(box, installed):
    listing = "\n".join(f"installed {name}" for name in installed)
    box.program("dpkg-query", f'cat <<END\n{listing}\nconfig-files gone\nEND\nexit 1')


def test_packages_missing_are_named(box):
    dpkg_query(box, set(PACKAGES) - {"llvm-22", "ninja-build"})
    done = box.run("scripts/setup/packages.sh", "--check")
    assert (done.returncode, done.stdout.split()) == (3, ["llvm-22", "ninja-build"])


def test_packages_all_there_means_no_apt(box):
    dpkg_query(box, PACKAGES)
    box.program("apt-get", 'touch "$HOME/apt-was-called"')
    assert box.run("scripts/setup/packages.sh", "--check").returncode == 0
    assert box.run("scripts/setup/packages.sh").returncode == 0
    assert not (box.home / "apt-was-called").exists()


def test_packages_says_what_and_how_big_and_installs_only_the_missing(box):
    dpkg_query(box, set(PACKAGES) - {"llvm-22"})
    box.program("id", "echo 0")
    box.program("apt-get", """echo "$*" >>"$HOME/apt"
case " $* " in *" --assume-no "*) echo 'Need to get 12 MB of archives.' ;; esac""")
    done = box.run("scripts/setup/packages.sh")
    assert done.returncode == 0, done.stderr
    assert "to install: llvm-22" in done.stderr and "Need to get 12 MB" in done.stderr
    real = (box.home / "apt").read_text().splitlines()[-1].split()
    assert real[0] == "install" and real[-1] == "llvm-22" and "--assume-no" not in real


def test_packages_without_root_or_sudo_says_what_root_must_run(box):
    dpkg_query(box, set(PACKAGES) - {"llvm-22"})
    box.program("id", "echo 1000")
    box.program("apt-get", "exit 0")
    done = box.run("scripts/setup/packages.sh")
    assert done.returncode == 1
    assert "there is no sudo" in done.stderr and "apt-get install" in done.stderr


def test_packages_that_cannot_be_installed(box):
    dpkg_query(box, [])
    box.program("id", "echo 0")
    box.program("apt-get", 'case $1 in update) echo "E: no network" >&2; exit 100 ;; esac')
    done = box.run("scripts/setup/packages.sh")
    assert done.returncode == 1
    assert "E: no network" in done.stderr and "apt-get update failed" in done.stderr


# --- rust ----------------------------------------------------------------------------------------


def test_rust_path_when_absent(box):
    done = box.run("scripts/setup/rust.sh", "--path")
    assert done.returncode == 1 and done.stdout == "" and "scripts/setup/rust.sh" in done.stderr
    assert box.run("scripts/setup/rust.sh", "--check").returncode == 3
    assert not box.cache.exists()


def test_rust_without_network(box):
    offline(box, update="echo 'E: cannot connect' >&2; exit 100")
    done = box.run("scripts/setup/rust.sh")
    assert done.returncode == 1
    assert "E: cannot connect" in done.stderr and "cannot read the package lists" in done.stderr
    assert installations(box) == []


def test_rust_with_a_download_that_breaks(box):
    offline(box)
    done = box.run("scripts/setup/rust.sh")
    assert done.returncode == 1
    assert "downloading rustc, rustdoc, cargo, clippy and rust-src 1.98.1" in done.stderr
    assert "E: Failed to fetch libllvm22_22.deb" in done.stderr and "nothing was installed" in done.stderr
    assert installations(box) == []


def test_rust_with_a_package_that_does_not_unpack(box):
    offline(box, download='for a; do case $a in Dir::Cache::archives=*) echo junk >"${a#*=}/rustc.deb" ;; esac; done')
    box.program("dpkg-deb", 'echo "dpkg-deb: error: not a Debian archive" >&2; exit 2')
    done = box.run("scripts/setup/rust.sh")
    assert done.returncode != 0
    assert "not a Debian archive" in done.stderr
    assert installations(box) == []


def test_rust_with_lists_that_are_out_of_date_reads_them_again(box):
    offline(box, update='echo update >>"$HOME/updates"',
            download="echo 'E: Failed to fetch rustc.deb  404  Not Found'; exit 100")
    done = box.run("scripts/setup/rust.sh")
    assert done.returncode == 1
    assert (box.home / "updates").read_text().split() == ["update", "update"]
    assert installations(box) == []


def test_rust_too_old_in_debian(box):
    offline(box)
    box.program("apt-cache", "printf ' rustc | 1.97.1+dfsg1-1 | x\\n'")
    done = box.run("scripts/setup/rust.sh")
    assert done.returncode == 1
    assert "cannot get rustc >= 1.98" in done.stderr


def test_rust_whose_llvm_is_too_new_is_passed_over(box):
    offline(box, download="echo 'E: asked for '\"$*\"; exit 100")
    box.program("apt-cache", "printf ' rustc | 1.99.0+dfsg1-1 | x\\n rustc | 1.98.1+dfsg1-1 | x\\n'")
    apt_get = (box.bin / "apt-get").read_text().replace(
        '*" --print-uris "*)', "*--print-uris*rustc=1.99*) echo \"'x' libllvm23_23.deb 1\" ;;\n*\" --print-uris \"*)")
    (box.bin / "apt-get").write_text(apt_get)
    done = box.run("scripts/setup/rust.sh")
    assert "rust-src 1.98.1" in done.stderr


def test_rust_clears_away_a_killed_run(box):
    offline(box)
    (box.cache / "rust.partial.abc123/tree").mkdir(parents=True)
    box.run("scripts/setup/rust.sh")
    assert installations(box) == []
