// SPDX-License-Identifier: MIT OR Apache-2.0
//! The command line of `board`, as scripts and owners use it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Exit status, standard output and standard error.
fn run_in(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_board")).args(args).current_dir(folder).output();
    let output = output.unwrap_or_else(|e| panic!("cannot run board: {e}"));
    let text = |bytes| String::from_utf8(bytes).unwrap_or_else(|e| panic!("{e}"));
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), args)
}

/// What it prints when all is well.
fn answer(args: &[&str]) -> String {
    let (status, out, err) = run(args);
    assert_eq!((status, err.as_str()), (Some(0), ""), "{args:?}: {out}");
    out
}

/// A folder of this test's own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("{e}"));
    folder
}

#[test]
fn list_names_the_boards() {
    let out = answer(&["list"]);
    assert!(out.starts_with("imx8mp-evk-dsp\nimx8mp-evk-m7\n"), "{out}");
}

#[test]
fn show_is_for_shells() {
    assert_eq!(
        answer(&["show", "imx8ulp-evk-m33"]),
        "name=imx8ulp-evk-m33\n\
         description='NXP i.MX 8ULP EVK, Cortex-M33'\n\
         soc=imx8ulp\n\
         core=cortex-m33\n\
         target=thumbv8m.main-none-eabihf\n\
         loader=imx_rproc\n\
         linux_compatible=fsl,imx8ulp-cm33\n\
         linux_starts=no\n\
         has_uart=yes\n\
         uart=lpuart\n\
         has_uboot=no\n"
    );
}

#[test]
fn targets_by_core() {
    for (board, target) in [
        ("imx8qxp-mek-dsp", "xtensa-hifi4-none-elf"),
        ("imx8qm-mek-m4", "thumbv7em-none-eabihf"),
        ("imx95-evk-m7", "thumbv7em-none-eabihf"),
        ("imx93-evk-m33", "thumbv8m.main-none-eabihf"),
    ] {
        let out = answer(&["show", board]);
        assert!(out.lines().any(|l| l == format!("target={target}")), "{out}");
    }
}

#[test]
fn uboot_fills_in_the_placeholders() {
    assert_eq!(
        answer(&["uboot", "imx8mp-evk-m7", "rpmsg-demo.bin"]),
        "run prepare_mcore\n\
         load mmc ${mmcdev}:${mmcpart} 0x48000000 rpmsg-demo.bin\n\
         cp.b 0x48000000 0x7e0000 ${filesize}\n\
         bootaux 0x7e0000\n"
    );
}

/// A 32-bit ELF of these loadable segments: physical address, bytes in memory.
fn elf(segments: &[(u32, u32)]) -> Vec<u8> {
    let mut bytes = vec![0; 52];
    bytes[..6].copy_from_slice(b"\x7fELF\x01\x01");
    bytes[28..32].copy_from_slice(&52u32.to_le_bytes());
    bytes[42..44].copy_from_slice(&32u16.to_le_bytes());
    bytes[44..46].copy_from_slice(&u16::try_from(segments.len()).unwrap_or(u16::MAX).to_le_bytes());
    for (address, size) in segments {
        for word in [1, 0, *address, *address, 0, *size, 7, 4] {
            bytes.extend(word.to_le_bytes());
        }
    }
    bytes
}

#[test]
fn memory_is_in_linuxs_addresses_and_without_the_cores_own() {
    let file = scratch("memory").join("fw.elf");
    let path = file.to_string_lossy().into_owned();
    fs::write(
        &file,
        elf(&[
            (0x2117_0000, 0x100),
            (0x1a00_0110, 0x2_3ef0),
            (0x1a00_0000, 0x100),
            (0x1a10_0000, 0),
            (0x1a20_0000, 0x40),
        ]),
    )
    .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        answer(&["memory", "imx8ulp-evk-dsp", &path]),
        "carveout vring0 vdev0vring0 0x8fef0000 0x8000\n\
         carveout vring1 vdev0vring1 0x8fef8000 0x8000\n\
         carveout buffer vdev0buffer 0x8ff00000 0x100000\n\
         segment 0x8e000000 0x24000\n\
         segment 0x8e200000 0x40\n"
    );
    let lines = answer(&["memory", "imx93-evk-m33", &path]);
    assert!(lines.ends_with("carveout rsc-table rsc-table 0x2021e000 0x1000 own\n"), "{lines}");
}

#[test]
fn memory_of_what_is_no_elf() {
    let file = scratch("memory").join("no.elf");
    let path = file.to_string_lossy().into_owned();
    let whole = elf(&[(0x9240_0000, 0x1000)]);
    for bytes in [&b""[..], b"\x7fELF\x02\x01", &whole[..60], &whole[..40]] {
        fs::write(&file, bytes).unwrap_or_else(|e| panic!("{e}"));
        let (status, out, err) = run(&["memory", "imx8mp-evk-dsp", &path]);
        assert_eq!((status, out.as_str()), (Some(1), ""));
        assert_eq!(err, format!("{path} is no ELF for a 32-bit core\n"));
    }
}

#[test]
fn a_core_that_uboot_cannot_start() {
    let (status, out, err) = run(&["uboot", "imx8ulp-evk-m33", "x.bin"]);
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert_eq!(err, "U-Boot cannot start the core of imx8ulp-evk-m33: its file has no [uboot]\n");
}

#[test]
fn unconfirmed_of_one_board_and_of_all() {
    let one = answer(&["unconfirmed", "imx8qm-mek-m4"]);
    assert!(one.starts_with("imx8qm-mek-m4: power: "), "{one}");
    assert!(one.lines().any(|l| l.starts_with("    check: ")), "{one}");
    let all = answer(&["unconfirmed"]);
    assert!(all.contains(&one), "{all}");
    for board in answer(&["list"]).lines() {
        assert!(all.contains(&format!("{board}: ")), "nothing of {board} in\n{all}");
    }
}

#[test]
fn a_refused_file_is_answered_with_its_problems() {
    let good = include_str!("../../../boards/imx93-evk-m33.toml");
    let file = scratch("refused").join("imx93-evk-m33.toml");
    let bad = good.replacen("channel = 1", "channel = 3", 1).replacen("num = 256", "num = 512", 1);
    fs::write(&file, bad).unwrap_or_else(|e| panic!("{e}"));
    let name = file.to_string_lossy();
    let (status, out, err) = run(&["show", &name]);
    assert_eq!((status, out.as_str()), (Some(1), ""));
    let mut lines = err.lines();
    for field in ["vring.num", "mailbox.channel"] {
        let line = lines.next().unwrap_or_default();
        assert!(line.starts_with(&format!("{name}:")) && line.contains(&format!(": {field}: ")), "{err}");
    }
    assert_eq!(lines.next(), None, "{err}");
}

#[test]
fn an_unknown_board_is_answered_with_the_known_ones() {
    let (status, out, err) = run(&["show", "imx6"]);
    assert_eq!((status, out.as_str()), (Some(1), ""));
    assert!(err.starts_with("no board 'imx6'; the boards are: imx8mp-evk-dsp, "), "{err}");
}

#[test]
fn boards_are_looked_for_at_or_above_the_current_folder() {
    let folder = scratch("above");
    let deep = folder.join("a/b");
    for made in [&deep, &folder.join("boards")] {
        fs::create_dir_all(made).unwrap_or_else(|e| panic!("{e}"));
    }
    let file = folder.join("boards/imx95-evk-m7.toml");
    fs::write(file, include_str!("../../../boards/imx95-evk-m7.toml")).unwrap_or_else(|e| panic!("{e}"));
    let (status, out, _) = run_in(&deep, &["list"]);
    assert_eq!((status, out.as_str()), (Some(0), "imx95-evk-m7\n"));
}

#[test]
fn wrong_usage_is_told_apart() {
    for args in [&[][..], &["show"], &["uboot", "imx8mp-evk-m7"], &["boards"], &["list", "x"]] {
        let (status, out, err) = run(args);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{args:?}");
        assert!(err.starts_with("usage: board list"), "{err}");
    }
    assert!(answer(&["--help"]).starts_with("usage: board list"));
}
