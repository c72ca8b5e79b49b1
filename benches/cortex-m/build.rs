// SPDX-License-Identifier: MIT OR Apache-2.0
//! Links by cortex-m-rt's script, with the memory of memory.x.

fn main() {
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rustc-link-search={}", std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
}
