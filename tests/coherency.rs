// SPDX-License-Identifier: MIT OR Apache-2.0
//! The fake cache of tests/common sees what it should, and what a message costs in cache lines.
mod common;

use common::{LINE, Linux, Region, Split, events};
use imx_rpmsg::rpmsg::Address;
use imx_rpmsg::services::Sample;
use imx_rpmsg::shm::{Coherency, Span};
use std::ptr::NonNull;

#[test]
fn without_maintenance_neither_side_sees_the_other() {
    let region = Region::leak(2 * LINE);
    let cache = &Split::new([region, Region::leak(LINE)]);
    // SAFETY: the view is leaked memory that only this span and the cache look into.
    let span = unsafe { Span::new(NonNull::new(region.view).unwrap(), 2 * LINE as u32) };
    // SAFETY: both pointers lead into the leaked memory.
    let (linux_writes, linux_reads) = unsafe { (region.memory.add(LINE), region.memory) };

    // SAFETY: as above.
    unsafe { linux_writes.write(7) };
    // SAFETY: as above; what a read without an invalidate finds.
    assert_eq!(unsafe { region.view.add(LINE).read() }, 0);
    assert_eq!(span.read_byte(&cache, LINE as u32), Some(7));

    // SAFETY: as above; a write without a write-back.
    unsafe { region.view.write(9) };
    // SAFETY: as above.
    assert_eq!(unsafe { linux_reads.read() }, 0);
    cache.write_back(region.view, 1);
    // SAFETY: as above.
    assert_eq!(unsafe { linux_reads.read() }, 9);
}

#[test]
fn an_echo_writes_back_its_payload_its_header_and_two_used_entries() {
    let linux = Linux::new();
    let link = linux.link();
    let _endpoint = link.open("test", Address::Dynamic).unwrap();
    linux.start(256);
    assert_eq!(events(&link, true).len(), 1);
    let mut sample = Sample::default();
    for (len, payload_lines) in [(12, 1), (112, 1), (113, 2), (496, 4)] {
        linux.send(0x400, 0x400, &vec![1; len]);
        let before = link.coherency().written_back.get();
        let (message, [grant]) = link.receive_with_grants::<1>().unwrap();
        sample.respond(message, grant).unwrap();
        let written_back = link.coherency().written_back.get() - before;
        // The header, and for either ring the entry and the index.
        assert_eq!(written_back, payload_lines + 1 + 4, "{len} bytes");
    }
}
