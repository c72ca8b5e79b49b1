// SPDX-License-Identifier: MIT OR Apache-2.0
//! For firmware: turns the board file into constants and linker regions, and builds the C shim.

use std::path::{Path, PathBuf};
use std::{env, fs};

use imx_rpmsg_board::{Board, Core};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // As the crates cortex-m and cortex-m-rt have it: the MPU of ARMv8-M has other registers.
    println!("cargo::rustc-check-cfg=cfg(armv8m)");
    if env::var("TARGET").is_ok_and(|target| target.starts_with("thumbv8m")) {
        println!("cargo::rustc-cfg=armv8m");
    }
    if env::var_os("CARGO_FEATURE_FIRMWARE").is_none() {
        return;
    }
    if let Err(error) = firmware() {
        println!("cargo::error={error}");
    }
}

fn firmware() -> Result<(), String> {
    println!("cargo::rerun-if-env-changed=IMX_RPMSG_BOARD");
    println!("cargo::rerun-if-changed=boards");
    println!("cargo::rerun-if-changed=link");
    println!("cargo::rerun-if-changed=c_shim");
    println!("cargo::rerun-if-changed=scripts/xtensa-link");
    let list = || Board::list("boards").map_or_else(|e| e.to_string(), |names| names.join(" "));
    let name = env::var("IMX_RPMSG_BOARD").map_err(|_| {
        format!(
            "feature `firmware` needs a board: use scripts/build.sh BOARD, or set IMX_RPMSG_BOARD to one of: {}",
            list()
        )
    })?;
    let board = Board::find("boards", &name).map_err(|error| error.to_string())?;
    let target = env::var("TARGET").unwrap_or_default();
    // For a HiFi4 the esp toolchain has a target of its own.
    let fits = match board.core {
        Core::Hifi4 => target.starts_with("xtensa"),
        _ => target == board.core.target(),
    };
    if !fits {
        return Err(format!(
            "board {name} is built for {}, not {target}: use scripts/build.sh {name}",
            board.core.target()
        ));
    }
    if env::var_os("CARGO_FEATURE_UART").is_some() && board.uart.is_none() {
        return Err(format!("feature `uart`: boards/{name}.toml has no [uart]; build without the feature, or add it"));
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let write = |file: &str, text: String| fs::write(out.join(file), text).map_err(|e| format!("{file}: {e}"));
    write("board.rs", board.to_rust())?;
    write("memory.x", board.to_linker())?;
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-search={}", Path::new("link").canonicalize().map_err(|e| e.to_string())?.display());
    let shim = Shim { defines: board.to_c_defines(), mailbox: format!("c_shim/mu_v{}.c", board.mailbox.mu_version) };
    match board.core {
        Core::Hifi4 => shim.for_xtensa(),
        _ => {
            // cortex-m-rt includes it; the vector table names its handlers itself (src/firmware/start/cortex_m.rs).
            write("device.x", String::new())?;
            shim.for_cortex_m();
        }
    }
    println!("cargo::rustc-link-lib=static=shim_c");
    Ok(())
}

/// c_shim/, to be compiled.
struct Shim {
    defines: Vec<(String, String)>,
    /// The accessors of the board's Messaging Unit.
    mailbox: String,
}

impl Shim {
    fn common(&self) -> cc::Build {
        let mut build = cc::Build::new();
        for (name, value) in &self.defines {
            build.define(name, value.as_str());
        }
        build.include("c_shim").cargo_metadata(false);
        build
    }

    /// clang and what it is always told.
    fn clang(&self, target: &str) -> cc::Build {
        let mut build = self.common();
        build.compiler("clang-22").archiver("llvm-ar-22").no_default_flags(true);
        build.flag(format!("--target={target}"));
        for flag in ["-ffreestanding", "-Os", "-ffunction-sections", "-Wall", "-Wextra", "-Werror"] {
            build.flag(flag);
        }
        build
    }

    fn for_cortex_m(&self) {
        let target = env::var("TARGET").unwrap_or_default();
        self.clang(&target).file(&self.mailbox).compile("shim_c");
    }

    /// The vectors and the mailbox. rustc's linker wants what it gets from rustc itself: objects from the assembler,
    /// bitcode from the compiler (docs/toolchain.md).
    fn for_xtensa(&self) {
        println!("cargo::rerun-if-env-changed=XTENSA_FEATURES");
        println!("cargo::rerun-if-env-changed=XTENSA_CC");
        let unforked = env::var("XTENSA_FEATURES").ok();
        let mut build = match &unforked {
            Some(features) => {
                let mut build = self.clang("xtensa-none-elf");
                // Each kind of input takes the features by another road and does not use the other's.
                build.flag("-Wno-unused-command-line-argument");
                for feature in features.split(',') {
                    for road in ["-Xclang", "-Xclangas"] {
                        build.flag(road).flag("-target-feature").flag(road).flag(feature);
                    }
                }
                build
            }
            None => {
                let mut build = self.common();
                build.compiler(env::var("XTENSA_CC").unwrap_or_else(|_| "xtensa-esp-elf-gcc".into()));
                build.flag("-mlongcalls").flag("-ffreestanding");
                build
            }
        };
        let mut assembly = build.clone();
        assembly.files(["reset.S", "window.S", "vectors.S", "entry.S"].map(|file| format!("c_shim/{file}")));
        assembly.compile("shim_asm");
        if unforked.is_some() {
            build.flag("-emit-llvm");
        }
        build.file(&self.mailbox).compile("shim_c");
        // Nothing in Rust refers to the vectors: the linker script does.
        println!("cargo::rustc-link-lib=static:+whole-archive=shim_asm");
    }
}
