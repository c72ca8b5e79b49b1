// SPDX-License-Identifier: MIT OR Apache-2.0
//! The virtio device and its vrings.

use imx_rpmsg_board::{Board, Carveout, CarveoutRole, Loader, MAX_NUM, Range, buffer_bytes, ring_bytes};

use super::{Entry, Place, REFUSED, reserved_is_zero, truncated};
use crate::bytes::words_at;
use crate::finding::{Findings, Rule, SILENT};
use crate::image::Section;

/// `VIRTIO_ID_RPMSG`.
const RPMSG: u32 = 7;

/// `VIRTIO_RPMSG_F_NS`, the only feature that is safe to offer: transport features would change the rings.
const NAME_SERVICE: u32 = 1;

/// `FW_RSC_ADDR_ANY`.
const ANY: u32 = 0xffff_ffff;

/// `struct fw_rsc_vdev` without its vrings, and one of these.
const FIXED_BYTES: usize = 24;
const VRING_BYTES: usize = 20;

/// Where a ring does not suit Linux or its carveout, the device of the driver rproc-virtio fails, and the core is started.
const NO_DEVICE: &str = "it starts the core without any RPMsg";
const NO_MEMORY: &str = "rproc-virtio \"failed with error -12\"";
const INVALID: &str = "rproc-virtio \"failed with error -22\"";

/// A virtio device.
pub(crate) struct Vdev {
    pub(crate) id: u32,
    pub(crate) features: u32,
    pub(crate) vrings: Vec<Vring>,
}

/// One of its rings.
pub(crate) struct Vring {
    pub(crate) address: u32,
    pub(crate) align: u32,
    pub(crate) num: u32,
}

impl Vring {
    /// Its address, unless that is for Linux to choose.
    pub(crate) const fn fixed_address(&self) -> Option<u32> {
        if self.address == ANY { None } else { Some(self.address) }
    }
}

pub(super) fn check_count(section: &Section, entries: &[Entry], findings: &mut Findings<'_>) {
    let count = entries.iter().filter(|e| matches!(e, Entry::Vdev(_))).count();
    if count != 1 {
        findings.add(
            Rule::VdevCount,
            section,
            format!("{count} of its entries are a virtio device that can be read, not 1"),
            if count == 0 { "starts the core without any RPMsg" } else { "makes a virtio device of each" },
            "write one entry of type 3 (vdev)",
        );
    }
}

pub(super) fn check(board: &Board, place: &Place<'_>, body: &[u8], findings: &mut Findings<'_>) -> Option<Vdev> {
    let Some([id, _notifyid, features, accepted, config_len, bytes]) = words_at(body, 0) else {
        truncated(place, findings);
        return None;
    };
    let [status, num_of_vrings, reserved0, reserved1] = bytes.to_le_bytes();
    let need = FIXED_BYTES as u64 + u64::from(num_of_vrings) * VRING_BYTES as u64 + u64::from(config_len);
    if need > body.len() as u64 {
        truncated(place, findings);
        return None;
    }
    reserved_is_zero(place, u32::from(u16::from_le_bytes([reserved0, reserved1])), findings);
    if id != RPMSG {
        findings.add(
            Rule::VdevId,
            place,
            format!("virtio device id {id} is not {RPMSG} (RPMsg)"),
            format!("registers a virtio device of type {id}, for which virtio_rpmsg_bus is not the driver"),
            format!("write id {RPMSG}"),
        );
    }
    if features != NAME_SERVICE {
        findings.add(
            Rule::VdevFeatures,
            place,
            format!("it offers the features {features:#x}, not {NAME_SERVICE:#x} (name service)"),
            if features & NAME_SERVICE == 0 {
                "never learns what the firmware serves: no name service, no channel"
            } else {
                "may accept features that change the format of the rings"
            },
            format!("write dfeatures {NAME_SERVICE}"),
        );
    }
    if status != 0 || accepted != 0 {
        findings.add(
            Rule::VdevState,
            place,
            format!("status is {status:#x} and gfeatures {accepted:#x} before Linux has written them"),
            format!("{SILENT}; the firmware takes the driver for ready before it is"),
            "write 0 to both",
        );
    }
    if num_of_vrings != 2 {
        findings.add(
            Rule::VdevVrings,
            place,
            format!("it has {num_of_vrings} vrings, not 2"),
            if num_of_vrings > 2 {
                format!("\"too many vrings: {num_of_vrings}\", {REFUSED}")
            } else {
                "loads it, but virtio_rpmsg_bus asks for 2 and fails to probe".into()
            },
            "write two vrings: vring0 towards Linux, vring1 from it",
        );
    }
    let roles = [CarveoutRole::Vring0, CarveoutRole::Vring1];
    let mut vrings = Vec::new();
    for (i, role) in roles.into_iter().take(num_of_vrings.into()).enumerate() {
        let [address, align, num] = words_at(body, FIXED_BYTES + VRING_BYTES * i)?;
        let vring = Vring { address, align, num };
        check_vring(board, place, i, &vring, board.carveout(role), findings);
        vrings.push(vring);
    }
    check_pair(board, place, &vrings, findings);
    Some(Vdev { id, features, vrings })
}

fn check_vring(
    board: &Board,
    place: &Place<'_>,
    index: usize,
    vring: &Vring,
    carveout: Option<&Carveout>,
    findings: &mut Findings<'_>,
) {
    let (num, align) = (vring.num, vring.align);
    let place = format!("{place}, vring{index}");
    let invalid = format!("\"invalid qsz ({num}) or alignment ({align})\", {INVALID}; {NO_DEVICE}");
    let mut sane = true;
    if !num.is_power_of_two() || !(2..=MAX_NUM).contains(&num) {
        sane = false;
        findings.add(
            Rule::VringNum,
            &place,
            format!("{num} entries are not a power of two from 2 to {MAX_NUM}"),
            if num == 0 {
                invalid.clone()
            } else {
                format!("{SILENT}, but its rings count modulo a power of two, and lend 512 buffers at most")
            },
            format!("write a power of two from 2 to {MAX_NUM}; the board file has {}", board.vring.num),
        );
    }
    if !align.is_power_of_two() || align < board.cpu.dcache_line {
        sane = false;
        findings.add(
            Rule::VringAlign,
            &place,
            format!("alignment {align} is not a power of two from {} (cache line)", board.cpu.dcache_line),
            if align == 0 {
                invalid
            } else {
                format!("{SILENT}; avail and used ring then share a cache line, or are not where both expect them")
            },
            format!("write a power of two; the board file has {}", board.vring.align),
        );
    }
    let Some(carveout) = carveout.filter(|_| sane) else {
        return;
    };
    let need = ring_bytes(num, align);
    if need > u64::from(carveout.size) {
        findings.add(
            Rule::VringSize,
            &place,
            format!(
                "{num} entries aligned to {align} take {need:#x}, the carveout '{}' has {:#x}",
                carveout.name, carveout.size
            ),
            format!("\"Registered carveout doesn't fit len request\", {NO_MEMORY}; {NO_DEVICE}"),
            "write fewer entries or a smaller alignment",
        );
        return;
    }
    if let Some(address) = vring.fixed_address() {
        // `need` is at most the carveout's size here.
        let range = Range::new(address, u32::try_from(need).unwrap_or(u32::MAX));
        // imx_rproc takes reserved memory untranslated.
        let allowed = match board.loader {
            Loader::ImxRproc => carveout.linux_range(),
            _ => carveout.device_range(),
        };
        if !allowed.contains(&range) {
            // Linux's int.
            let before = (address.wrapping_sub(allowed.start) as i32) < 0;
            findings.add(
                Rule::VringAddress,
                &place,
                format!("{range} is not inside the carveout '{}', {allowed}", carveout.name),
                format!(
                    "\"Registered carveout doesn't fit {} request\", {NO_MEMORY}; {NO_DEVICE}",
                    if before { "da" } else { "len" }
                ),
                format!("write {ANY:#x}: Linux fills in the address"),
            );
        }
    }
}

fn check_pair(board: &Board, place: &Place<'_>, vrings: &[Vring], findings: &mut Findings<'_>) {
    let [vring0, vring1] = vrings else {
        return;
    };
    let sane = |vring: &Vring| vring.num.is_power_of_two() && vring.num <= MAX_NUM;
    if vring0.num != vring1.num && sane(vring0) && sane(vring1) {
        findings.add(
            Rule::VringSymmetry,
            place,
            format!("vring0 has {} entries, vring1 {}", vring0.num, vring1.num),
            "warns with a stack trace: virtio_rpmsg_bus expects symmetric rings",
            "write the same number for both",
        );
    }
    let need = buffer_bytes(vring0.num.min(MAX_NUM));
    if let Some(buffer) = board.carveout(CarveoutRole::Buffer) {
        if need > u64::from(buffer.size) {
            findings.add(
                Rule::BufferSize,
                place,
                format!(
                    "the buffers for {} entries take {need:#x}, the carveout '{}' has {:#x}",
                    vring0.num, buffer.name, buffer.size
                ),
                "loads it, but virtio_rpmsg_bus fails to probe with error -12",
                "write fewer entries",
            );
        }
    }
}
