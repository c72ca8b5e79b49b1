# SPDX-License-Identifier: MIT OR Apache-2.0
"""scripts/new-app.sh and build.sh --app: what they refuse, and what cargo is told. tests/tools has the real thing."""

import json
import shlex
import shutil
import tomllib

import pytest
from conftest import ROOT


@pytest.fixture
def tree(box):
    """The box's tree has what new-app.sh copies."""
    for name in ("Cargo.toml", "Cargo.lock"):
        shutil.copy(ROOT / name, box.tree)
    shutil.copytree(ROOT / ".cargo", box.tree / ".cargo")
    for tool in ("realpath", "wc"):
        (box.bin / tool).symlink_to(shutil.which(tool))
    return box


def test_by_default_it_lies_beside_the_tree(tree):
    assert tree.run("scripts/new-app.sh", "mine").returncode == 0
    made = tree.tree.parent / "mine"
    assert sorted(path.name for path in made.iterdir()) == [".cargo", ".gitignore", ".vscode", "Cargo.lock", "Cargo.toml", "src"]
    assert 'path = "../tree"' in (made / "Cargo.toml").read_text()


def test_a_plain_cargo_finds_the_linkers_scripts_once(tree):
    ours = tomllib.loads((ROOT / ".cargo/config.toml").read_text())["target"]
    assert tree.run("scripts/new-app.sh", "mine").returncode == 0
    theirs = tomllib.loads((tree.tree.parent / "mine/.cargo/config.toml").read_text())
    assert theirs == {"target": {**ours, "xtensa-hifi4-none-elf": {
        **ours["xtensa-hifi4-none-elf"], "linker": "../tree/scripts/xtensa-link"}}}
    # Below the tree cargo reads the tree's own.
    assert tree.run("scripts/new-app.sh", "mine", str(tree.tree / "apps/mine")).returncode == 0
    assert not (tree.tree / "apps/mine/.cargo").exists()


@pytest.mark.parametrize("arguments, message", [
    ([], "what is its name?"),
    (["Blinky"], "'Blinky' is no name for a package"),
    (["1st"], "'1st' is no name for a package"),
    (["a b"], "'a b' is no name for a package"),
    (["imx-rpmsg"], "'imx-rpmsg' is the name of a library"),
    (["core"], "'core' is the name of a library"),
    (["a", "b", "c"], "one name and one folder"),
    (["--frob"], "unknown option '--frob'"),
])
def test_bad_input(tree, arguments, message):
    before = sorted(tree.tree.parent.rglob("*"))
    done = tree.run("scripts/new-app.sh", *arguments)
    assert done.returncode == 1 and message in done.stderr
    assert sorted(tree.tree.parent.rglob("*")) == before


def test_nothing_is_overwritten(tree, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/letter").write_text("dear")
    (tmp_path / "file").write_text("dear")
    for name in ("full", "file"):
        done = tree.run("scripts/new-app.sh", "mine", str(tmp_path / name))
        assert done.returncode == 1 and f"{tmp_path / name} is there already" in done.stderr
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter"]
    (tmp_path / "empty").mkdir()
    assert tree.run("scripts/new-app.sh", "mine", str(tmp_path / "empty")).returncode == 0


def test_what_it_tells_to_type_can_be_pasted(tree, tmp_path):
    folder = tmp_path / "my apps/one"
    done = tree.run("scripts/new-app.sh", "mine", str(folder))
    lines = [shlex.split(line) for line in done.stdout.splitlines()]
    assert lines == [[str(tree.tree / "scripts/build.sh"), "--app", str(folder), "imx8mp-evk-dsp"],
                     [str(tree.tree / "scripts/demo.sh"), "--app", str(folder)]]


def test_help(box):
    done = box.run("scripts/new-app.sh", "--help")
    assert done.returncode == 0 and "scripts/new-app.sh NAME [DIR]" in done.stdout and "SPDX" not in done.stdout


def test_cargo_builds_the_apps_package_in_this_tree(toolchains, tree):
    toolchains.private()
    tree.run("scripts/new-app.sh", "mine")
    app = tree.tree.parent / "mine"
    done = toolchains.build("--app", str(app), "--features", "uart", "one")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{app}/target/firmware/one/mine+uart.elf\n"
    (call,) = toolchains.calls()
    assert call.values("--manifest-path") == [f"{app}/Cargo.toml"]
    assert call.values("--bin") == ["mine"] and call.values("--features") == ["uart"]
    assert call.values("--target-dir") == [f"{tree.tree}/target/boards"]


def test_an_app_that_is_not_there(toolchains, tree, tmp_path):
    toolchains.private()
    (tmp_path / "empty").mkdir()
    for folder in ("nowhere", "empty"):
        done = toolchains.build("--app", str(tmp_path / folder), "one")
        assert done.returncode == 1 and f"there is no package in {tmp_path / folder}" in done.stderr


def test_the_editor_is_told_a_command_that_can_be_run(toolchains, tree):
    toolchains.private()
    tree.board("imx8mp-evk-m7", "cortex-m7")
    tree.run("scripts/new-app.sh", "mine")
    settings = json.loads((tree.tree.parent / "mine/.vscode/settings.json").read_text())
    assert settings["rust-analyzer.cargo.target"] == "thumbv7em-none-eabihf"
    for name in ("check", "cargo.buildScripts"):
        script, *arguments = settings[f"rust-analyzer.{name}.overrideCommand"]
        assert script == f"{tree.tree}/scripts/build.sh"
        done = toolchains.build(*arguments)
        assert done.returncode == 0, done.stderr
    for call in toolchains.calls():
        assert call.arguments[0] == "check" and call.values("--target") == [settings["rust-analyzer.cargo.target"]]
        assert call.values("--bin") == ["mine"] and "--lib" not in call.arguments


def test_an_app_of_another_copy_of_the_tree_is_refused(toolchains, tree):
    toolchains.private()
    tree.run("scripts/new-app.sh", "mine")
    manifest = tree.tree.parent / "mine/Cargo.toml"
    manifest.write_text(manifest.read_text().replace('"../tree"', '"../other"'))
    done = toolchains.build("--app", str(manifest.parent), "one")
    assert done.returncode == 1 and "names another imx-rpmsg, ../other" in done.stderr
