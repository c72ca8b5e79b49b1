// SPDX-License-Identifier: MIT OR Apache-2.0
//! The board files say what their sources say: Linux, the HALs, MCUXpresso and the device trees.

mod imx8mp;
mod imx8q;
mod imx8ulp;
mod imx9;
mod table;

/// RAM below 4 GiB: the memory@... of the EVKs' device trees (8M Plus, 8ULP, 95), U-Boot's PHYS_SDRAM (8Q, 93).
#[test]
fn ram() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards");
    for name in imx_rpmsg_board::Board::list(&folder).unwrap_or_else(|e| panic!("{e}")) {
        let board = imx_rpmsg_board::Board::find(&folder, &name).unwrap_or_else(|e| panic!("{e}"));
        let ram: Vec<_> = board.ram.iter().map(|ram| (ram.address, ram.size)).collect();
        let gigabytes = if board.soc == "imx8mp" { (0x4000_0000, 3 << 30) } else { (0x8000_0000, 2 << 30) };
        assert_eq!(ram, [gigabytes], "{name}");
    }
}
