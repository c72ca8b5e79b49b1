// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fuzz target `resource_table`; without the fuzzer, a program that replays the inputs it is given.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|data: &[u8]| imx_rpmsg_fuzz::targets::resource_table::run(data));

#[cfg(not(fuzzing))]
fn main() {
    imx_rpmsg_fuzz::replay(imx_rpmsg_fuzz::targets::resource_table::run);
}
