// SPDX-License-Identifier: MIT OR Apache-2.0
//! A board in words for shells.

use std::fmt::Write;

use crate::Board;

impl Board {
    /// A line `key=value` each for what scripts ask; values of other than plain characters are in quotes, so that
    /// a shell can evaluate the lines.
    pub fn to_shell(&self) -> String {
        let yes_no = |yes| if yes { "yes" } else { "no" };
        let lines = [
            ("name", self.name.as_str()),
            ("description", &self.description),
            ("soc", &self.soc),
            ("core", self.core.name()),
            ("target", self.core.target()),
            ("loader", self.loader.name()),
            ("linux_compatible", &self.linux_compatible),
            ("linux_starts", yes_no(self.linux_starts)),
            ("has_uart", yes_no(self.uart.is_some())),
            ("uart", self.uart.as_ref().map_or("", |u| u.kind.name())),
            ("has_uboot", yes_no(self.uboot.is_some())),
        ];
        let mut out = String::new();
        for (key, value) in lines {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.,/".contains(&b);
            // Writing to a String cannot fail.
            let _ = if value.bytes().all(plain) {
                writeln!(out, "{key}={value}")
            } else {
                writeln!(out, "{key}='{}'", value.replace('\'', r"'\''"))
            };
        }
        out
    }
}
