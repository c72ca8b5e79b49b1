// SPDX-License-Identifier: MIT OR Apache-2.0
//! The README shows a program that is built and run by the other tests.

#[test]
fn the_program_in_the_readme_is_rpmsg_echo() {
    let readme = include_str!("../README.md");
    let (_, shown) = readme.split_once("```rust\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let program = include_str!("../src/bin/rpmsg-echo.rs");
    let code = &program[program.find("#![no_std]").unwrap()..];
    assert_eq!(shown, code);
}
