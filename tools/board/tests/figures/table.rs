// SPDX-License-Identifier: MIT OR Apache-2.0
//! A board's figures in one table, typed from the sources and not from the board file.

use std::path::Path;

use imx_rpmsg_board::{Board, CarveoutRole, Core, Loader, MemoryRole, Range, UartKind};

pub(crate) struct Figures {
    pub(crate) board: &'static str,
    pub(crate) core: Core,
    pub(crate) loader: Loader,
    pub(crate) compatible: &'static str,
    pub(crate) linux_starts: bool,
    pub(crate) clock_hz: u32,
    pub(crate) line: u32,
    pub(crate) cpu: Cpu,
    /// Name, role, device address, bytes.
    pub(crate) memory: &'static [(&'static str, Option<MemoryRole>, u32, u32)],
    /// Device address, Linux's address, bytes, and the row's flags.
    pub(crate) rows: &'static [(u32, u32, u32, Flags)],
    /// Name, role, Linux's address, device address, bytes.
    pub(crate) carveouts: &'static [(&'static str, CarveoutRole, u32, u32, u32)],
    /// Version, registers, channel, shift of the kicks.
    pub(crate) mu: (u32, u32, u32, u32),
    /// The MU's interrupt and its level.
    pub(crate) interrupt: (u32, Option<u32>),
    /// Address, bits to clear, bits to set.
    pub(crate) setup: &'static [(u32, u32, u32)],
    /// Kind, registers, clock.
    pub(crate) uart: (UartKind, u32, u32),
    pub(crate) vendor_entry: bool,
    /// The commands for an image `fw.bin`.
    pub(crate) uboot: &'static [&'static str],
    /// Device address and bytes of the MPU's regions.
    pub(crate) uncached: &'static [(u32, u32)],
}

pub(crate) enum Cpu {
    Hifi4 {
        caches: (u32, u32),
        excm_level: u32,
        reset_vector: u32,
        vecbase: u32,
        cacheattr: u32,
        /// Interrupt and level.
        timer: (u32, u32),
        software: (u32, u32),
    },
    CortexM {
        interrupts: u32,
        mpu_regions: u32,
        reset_vector_mask: Option<u32>,
    },
}

/// Flags of a row: `ATT_OWN`, `ATT_IRAM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flags {
    None,
    Own,
    OwnIram,
}

impl Figures {
    /// The board file has them all, and no others.
    pub(crate) fn check(&self) {
        let boards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../boards");
        let board = Board::find(boards, self.board).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((board.core, board.loader, board.linux_starts), (self.core, self.loader, self.linux_starts));
        assert_eq!(board.linux_compatible, self.compatible);
        assert_eq!((board.cpu.clock_hz, board.cpu.dcache_line), (self.clock_hz, self.line), "clock and line");
        self.cpu.check(&board);
        self.memory(&board);
        self.link(&board);
        let setup: Vec<_> = board.setup.iter().map(|s| (s.address, s.clear, s.set)).collect();
        assert_eq!(setup, self.setup, "setup");
        assert_eq!(board.uboot_commands("fw.bin"), self.uboot, "uboot");
        assert_eq!(board.uncached(), ranges(self.uncached), "uncached");
    }

    fn memory(&self, board: &Board) {
        let memory: Vec<_> = board.memory.iter().map(|m| (m.name.as_str(), m.role, m.address, m.size)).collect();
        assert_eq!(memory, self.memory, "memory");
        let flags = |own, iram| match (own, iram) {
            (true, true) => Flags::OwnIram,
            (true, false) => Flags::Own,
            (false, false) => Flags::None,
            (false, true) => panic!("IRAM that Linux does not own"),
        };
        let rows: Vec<_> =
            board.translation.iter().map(|t| (t.device, t.linux, t.size, flags(t.own, t.iram))).collect();
        assert_eq!(rows, self.rows, "translation");
        let carveouts: Vec<_> =
            board.carveouts.iter().map(|c| (c.name.as_str(), c.role, c.linux, c.device, c.size)).collect();
        assert_eq!(carveouts, self.carveouts, "carveouts");
    }

    fn link(&self, board: &Board) {
        // What NXP's own firmware offers on every board (RPMsg-Lite, imx-audio-framework).
        assert_eq!((board.vring.num, board.vring.align), (256, 4096), "vring");
        let mailbox = &board.mailbox;
        assert_eq!((mailbox.mu_version, mailbox.base, mailbox.channel, mailbox.kick_shift), self.mu, "mailbox");
        assert_eq!((mailbox.interrupt, mailbox.interrupt_level), self.interrupt, "interrupt");
        let uart = board.uart.as_ref().map(|u| (u.kind, u.base, u.clock_hz));
        assert_eq!(uart, Some(self.uart), "uart");
        assert_eq!(board.resource_table.nxp_vendor_entry, self.vendor_entry, "vendor entry");
    }
}

impl Cpu {
    fn check(&self, board: &Board) {
        match (self, &board.hifi4, &board.cortex_m) {
            (Cpu::Hifi4 { caches, excm_level, reset_vector, vecbase, cacheattr, timer, software }, Some(cpu), None) => {
                assert_eq!((cpu.dcache_size, cpu.icache_size), *caches, "caches");
                assert_eq!(cpu.excm_level, *excm_level, "excm_level");
                assert_eq!((cpu.reset_vector, cpu.vecbase), (*reset_vector, *vecbase), "vectors");
                assert_eq!(cpu.cacheattr, *cacheattr, "cacheattr");
                assert_eq!((cpu.timer_interrupt, cpu.timer_interrupt_level), *timer, "timer");
                assert_eq!((cpu.software_interrupt, cpu.software_interrupt_level), *software, "software interrupt");
            }
            (Cpu::CortexM { interrupts, mpu_regions, reset_vector_mask }, None, Some(cpu)) => {
                assert_eq!((cpu.interrupts, cpu.mpu_regions), (*interrupts, *mpu_regions), "NVIC and MPU");
                assert_eq!(cpu.reset_vector_mask, *reset_vector_mask, "reset_vector_mask");
            }
            _ => panic!("wrong table for the core of {}", board.name),
        }
    }
}

fn ranges(figures: &[(u32, u32)]) -> Vec<Range> {
    figures.iter().map(|(start, size)| Range::new(*start, *size)).collect()
}
