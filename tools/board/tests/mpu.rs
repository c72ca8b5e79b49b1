// SPDX-License-Identifier: MIT OR Apache-2.0
//! The regions of the MPU, board by board.

use std::path::Path;

use imx_rpmsg_board::{Board, MpuAccess, MpuRegion, Range};

use MpuAccess::{Code, Data, Device, Nothing, Shared};

fn board(name: &str) -> Board {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards");
    Board::find(boards, name).unwrap_or_else(|e| panic!("{e}"))
}

fn regions(board: &Board) -> Vec<(u32, u32, u8, MpuAccess)> {
    board.mpu().into_iter().map(|MpuRegion { start, last, without, access }| (start, last, without, access)).collect()
}

/// The 8M Plus's registers are where Armv7-M has memory.
#[test]
fn of_16_regions_all_that_is_wanted_is_there() {
    let m7 = board("imx8mp-evk-m7");
    assert_eq!(
        regions(&m7),
        [
            (0, 0xffff_ffff, 0b1110_0100, Data),
            (0x3000_0000, 0x37ff_ffff, 0, Device),
            (0x5500_0000, 0x5500_ffff, 0, Shared),
            (0x550f_f000, 0x550f_ffff, 0, Shared),
            (0x5540_0000, 0x554f_ffff, 0, Shared),
            (0, 0x1_ffff, 0, Code),
            (0, 0xff, 0, Nothing),
            (0x2000_0000, 0x2000_00ff, 0, Nothing),
        ]
    );
    assert_eq!(m7.stack_guard(), 256);
}

/// The last 4 KiB of the code's region are nobody's.
#[test]
fn the_m4_has_code_elsewhere_than_at_0() {
    for name in ["imx8qm-mek-m4", "imx8qxp-mek-m4"] {
        let m4 = board(name);
        let of_their_own: Vec<_> = regions(&m4).into_iter().filter(|region| region.3 != Shared).collect();
        assert_eq!(
            of_their_own,
            [
                (0, 0xffff_ffff, 0b1110_0100, Data),
                (0x1ffe_0000, 0x1fff_ffff, 0, Code),
                (0, 0xffff, 0, Nothing),
                (0x2000_0000, 0x2000_00ff, 0, Nothing),
            ]
        );
        assert_eq!(m4.mpu().len(), 7);
    }
}

/// Shared memory takes six of the eight.
#[test]
fn what_is_below_its_stack_guards_that_of_the_95() {
    let m7 = board("imx95-evk-m7");
    let of_their_own: Vec<_> = regions(&m7).into_iter().filter(|region| region.3 != Shared).collect();
    assert_eq!(of_their_own, [(0, 0xffff_ffff, 0b1110_0100, Data), (0, 0x3_ffff, 0, Code)]);
    assert_eq!((m7.mpu().len(), m7.stack_guard()), (8, 0));
}

#[test]
fn armv8_m_takes_whole_gaps() {
    assert_eq!(
        regions(&board("imx93-evk-m33")),
        [
            (0, 0xffff, 0, Nothing),
            (0x1_0000, 0x0ffd_ffff, 0, Data),
            (0x0ffe_0000, 0x0fff_ffff, 0, Code),
            (0x1000_0000, 0x3fff_ffff, 0, Data),
            (0x6000_0000, 0x9fff_ffff, 0, Data),
            (0xa400_0000, 0xa400_ffff, 0, Shared),
            (0xa402_0000, 0xa411_ffff, 0, Shared),
        ]
    );
    // There is no room for the null pointer.
    assert_eq!(
        regions(&board("imx8ulp-evk-m33")),
        [
            (0, 0x1ffc_1fff, 0, Data),
            (0x1ffc_2000, 0x1fff_7fff, 0, Code),
            (0x1fff_8000, 0x27ff_ffff, 0, Data),
            (0x2800_0000, 0x2fff_ffff, 0, Device),
            (0x3000_0000, 0x3fff_ffff, 0, Data),
            (0x6000_0000, 0x9fff_ffff, 0, Data),
            (0xa840_0000, 0xa84f_ffff, 0, Shared),
            (0xaff0_0000, 0xaff0_ffff, 0, Shared),
        ]
    );
}

#[test]
fn a_hifi4_has_none() {
    assert_eq!(board("imx8mp-evk-dsp").mpu(), []);
}

/// Of each Cortex-M: no more than it has, in its architecture's form, and what the program needs stays usable.
#[test]
fn no_board_loses_what_its_program_needs() {
    let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards");
    for name in Board::list(boards).unwrap_or_else(|e| panic!("{e}")) {
        let board = board(&name);
        let Some(cortex_m) = &board.cortex_m else { continue };
        let regions = board.mpu();
        assert!(regions.len() <= cortex_m.mpu_regions as usize, "{name}: {regions:?}");
        let v8 = board.core.target().starts_with("thumbv8m");
        let range = |r: &MpuRegion| Range::new(r.start, (r.last - r.start).saturating_add(1));
        for (i, region) in regions.iter().enumerate() {
            let size = u64::from(region.last) - u64::from(region.start) + 1;
            if v8 {
                assert!(region.start % 32 == 0 && size % 32 == 0 && region.without == 0, "{name}: {region:?}");
                assert!(regions[..i].iter().all(|other| !range(other).overlaps(&range(region))), "{name}: {region:?}");
            } else {
                assert!(size.is_power_of_two() && u64::from(region.start) % size == 0, "{name}: {region:?}");
            }
        }
        let access = |at: u32| {
            let holds = |r: &&MpuRegion| {
                let eighth = (u64::from(at - r.start.min(at)) * 8) >> (u64::from(r.last - r.start) + 1).ilog2();
                (r.start..=r.last).contains(&at) && r.without & 1 << eighth.min(7) == 0
            };
            regions.iter().rfind(holds).map(|r| r.access)
        };
        for memory in &board.memory {
            let (first, last) = (memory.address + board.stack_guard().max(0x200), (memory.range().end() - 1) as u32);
            let wanted = if memory.role.is_some_and(|role| role.name() == "code") { Code } else { Data };
            assert_eq!((access(first), access(last)), (Some(wanted), Some(wanted)), "{name}: {}", memory.name);
        }
        assert!(matches!(access(board.mailbox.base), None | Some(Device)), "{name}");
    }
}
