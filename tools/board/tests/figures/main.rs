// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board files say what their sources say: Linux, the HALs, MCUXpresso and the device trees.

mod imx8mp;
mod imx8q;
mod imx8ulp;
mod imx9;
mod table;
