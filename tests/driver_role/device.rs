// SPDX-License-Identifier: MIT OR Apache-2.0
//! Both roles of this crate on one memory.

use imx_rpmsg::rpmsg::driver::{RemoteTable, Setup, StartError};
use imx_rpmsg::rpmsg::{Address, Down, Event, OpenError, Origin, SendError};
use imx_rpmsg::shm::{Coherency, Shm, Span};
use imx_rpmsg::vring::{AttachError, RingAddress, SetUpError};
use imx_rpmsg::wire::name_service::{Announcement, Change, Name};

use crate::common::events;
use crate::world::{BUFFERS, Device, Driver, VRING0, VRING1, World, announced, errors, message, payload};

fn up(num: u16, origin: Origin) -> Event {
    Event::Up { origin, num: [num, num], da: [VRING0, VRING1], history: 0 }
}

/// Echoes all that the device has.
fn echo(device: &Device) -> usize {
    let mut count = 0;
    while let Some((message, [mut grant])) = device.receive_with_grants::<1>() {
        let len = message.len();
        grant.copy(0, &message, 0, len).unwrap();
        message.reply(grant, len).unwrap();
        count += 1;
    }
    device.flush();
    count
}

/// Both sides up; the device's endpoint "echo" is at 0x400 and was announced.
fn pair(num: u16) -> (&'static World, Driver, Device) {
    let world = World::new(num);
    let (driver, device) = (world.driver(), world.device());
    let _echo = device.open("echo", Address::Dynamic).unwrap();
    driver.start().unwrap();
    assert_eq!(events(&device, true), [up(num, Origin::Table)]);
    let echo = Announcement { name: Name::new("echo").unwrap(), addr: 0x400, change: Change::Create };
    assert_eq!(announced(&driver), echo);
    (world, driver, device)
}

/// One message goes there and back.
fn still_serves(driver: &Driver, device: &Device) {
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    driver.send_to(&endpoint, 0x400, b"still there?").unwrap();
    assert_eq!(echo(device), 1);
    assert_eq!(payload(&message(driver)), b"still there?");
    driver.close(endpoint);
}

#[test]
fn an_announced_channel_is_bound_and_echoes_10000_messages_exactly() {
    let (_, driver, device) = pair(16);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    assert_eq!(endpoint.address(), 0x400);
    let endpoint = driver.bind(endpoint, 0x400);
    for i in 0..10_000u32 {
        let sent: Vec<u8> = (0..i % 497).map(|b| (b ^ i) as u8).collect();
        driver.send(&endpoint, &sent).unwrap();
        driver.flush();
        assert_eq!(echo(&device), 1);
        let received = message(&driver);
        assert_eq!((received.endpoint(), received.source()), (endpoint.id(), 0x400));
        assert!(payload(&received) == sent, "message {i}");
        assert_eq!(received.is_empty(), sent.is_empty());
    }
    assert!(driver.receive().is_none() && errors(&driver).is_empty());
    assert_eq!((driver.stats().received(), driver.stats().sent()), (10_000, 10_000));
    assert_eq!((driver.stats().announcements(), driver.stats().started()), (1, 1));
}

#[test]
fn the_device_speaks_first_and_the_driver_echoes() {
    let (_, driver, device) = pair(8);
    let answers = driver.open("answers", Address::Dynamic).unwrap();
    assert!(device.receive().is_none());
    assert_eq!(device.stats().announcements(), 1);
    let speaker = device.open_unannounced(Address::Dynamic).unwrap();
    for i in 0..1000u32 {
        let sent = vec![i as u8; (i % 497) as usize];
        device.send_to(&speaker, answers.address(), &sent).unwrap();
        let mut grant = driver.grant().unwrap();
        let received = message(&driver);
        grant.copy(0, &received, 0, received.len()).unwrap();
        let len = received.len();
        received.reply(grant, len).unwrap();
        let answer = device.receive().unwrap();
        let mut bytes = vec![0; answer.len()];
        answer.read(0, &mut bytes);
        assert!(bytes == sent && answer.source() == answers.address());
    }
    driver.close(answers);
    assert!(device.receive().is_none());
    assert_eq!(device.stats().announcements(), 2);
}

#[test]
fn a_burst_of_256_takes_one_kick_for_each_ring() {
    let (world, driver, device) = pair(256);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    driver.flush();
    world.from_driver.take();
    device.flush();
    world.from_device.take();
    for round in 0..3u16 {
        for i in 0..256u16 {
            driver.send_to(&endpoint, 0x400, &(i ^ round).to_le_bytes()).unwrap();
        }
        driver.flush();
        assert_eq!(world.from_driver.take(), [1]);
        assert_eq!(echo(&device), 256);
        assert_eq!(world.from_device.take(), [0], "returned buffers are not kicked for");
        for i in 0..256u16 {
            assert_eq!(payload(&message(&driver)), (i ^ round).to_le_bytes());
        }
        assert!(!driver.has_work());
        driver.flush();
        assert_eq!(world.from_driver.take(), [0], "receive buffers are lent again");
    }
}

#[test]
fn without_a_free_buffer_the_device_kicks_when_it_returns_one() {
    let (world, driver, device) = pair(2);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    device.flush();
    world.from_device.take();
    for _ in 0..3 {
        driver.send_to(&endpoint, 0x999, b"1").unwrap();
        driver.send_to(&endpoint, 0x999, b"2").unwrap();
        assert_eq!(driver.grant().err(), Some(SendError::NoBuffer));
        assert!(device.receive().is_none());
        device.flush();
        assert_eq!(world.from_device.take(), [1]);
        driver.send_to(&endpoint, 0x999, b"3").unwrap();
        assert!(device.receive().is_none());
        device.flush();
        assert!(world.from_device.take().is_empty());
    }
}

#[test]
fn a_device_that_does_not_want_kicks_gets_none() {
    let (world, driver, _) = pair(4);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    driver.flush();
    world.from_driver.take();
    world.write(world.used(1), &[1, 0]);
    driver.send_to(&endpoint, 0x400, b"x").unwrap();
    driver.flush();
    assert!(world.from_driver.take().is_empty());
    world.write(world.used(1), &[0, 0]);
    driver.send_to(&endpoint, 0x400, b"x").unwrap();
    driver.flush();
    assert_eq!(world.from_driver.take(), [1]);
}

#[test]
fn dropped_grants_and_messages_lose_no_buffer() {
    let (_, driver, device) = pair(4);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    let speaker = device.open_unannounced(Address::Dynamic).unwrap();
    for _ in 0..20 {
        let grants: Vec<_> = std::iter::from_fn(|| driver.grant().ok()).collect();
        assert_eq!(grants.len(), 4);
        drop(grants);
        assert_eq!(driver.send_to(&endpoint, 0x400, &[0; 497]), Err(SendError::TooLong));
        let mut grant = driver.grant().unwrap();
        assert_eq!(grant.write(490, &[0; 7]), Err(SendError::TooLong));
        assert_eq!(driver.send_grant(&endpoint, 0x400, grant, 497), Err(SendError::TooLong));
        for _ in 0..4 {
            device.send_to(&speaker, endpoint.address(), b"x").unwrap();
        }
        assert_eq!(device.grant().err(), Some(SendError::NoBuffer));
        for _ in 0..4 {
            drop(message(&driver));
        }
    }
    assert!(device.receive().is_none(), "nothing was sent");
    still_serves(&driver, &device);
}

#[test]
fn a_message_for_nobody_is_counted_and_its_buffer_lent_again() {
    let (_, driver, device) = pair(2);
    let speaker = device.open_unannounced(Address::Dynamic).unwrap();
    for count in 1..=10 {
        device.send_to(&speaker, 0x777, b"?").unwrap();
        assert!(driver.receive().is_none());
        assert_eq!((driver.stats().nobody(), driver.stats().last_nobody()), (count, 0x777));
    }
}

#[test]
fn after_a_reset_the_link_comes_up_again_and_nothing_of_the_old_one_counts() {
    let (_, driver, device) = pair(8);
    let endpoint = driver.open("bound", Address::Dynamic).unwrap();
    let mut bound = driver.bind(endpoint, 0x400);
    for _ in 0..3 {
        driver.send(&bound, b"held").unwrap();
        assert_eq!(echo(&device), 1);
        let (held, grant) = (message(&driver), driver.grant().unwrap());
        driver.stop();
        assert!(!driver.is_up() && !driver.has_work() && driver.receive().is_none());
        assert_eq!(events(&device, false), [Event::Down(Down::DriverGone)]);
        assert_eq!(driver.grant().err(), Some(SendError::Detached));
        driver.start().unwrap();
        assert_eq!(events(&device, true), [up(8, Origin::Table)]);
        assert_eq!(announced(&driver).addr, 0x400);
        assert_eq!(held.read(0, &mut [0; 4]), 0);
        assert_eq!(held.reply(grant, 0), Err(SendError::Stale));
        assert_eq!(driver.send(&bound, b"x"), Err(SendError::Stale));
        let all: Vec<_> = std::iter::from_fn(|| driver.grant().ok()).collect();
        assert_eq!(all.len(), 7, "one holds the announcement of \"bound\", which the device has not read");
        drop(all);
        bound = driver.bind(bound.unbind(), 0x400);
        still_serves(&driver, &device);
    }
    // The channel was announced at each start.
    assert_eq!(device.stats().announcements(), 4);
}

#[test]
fn what_the_device_holds_over_a_restart_does_not_reach_the_new_rings() {
    let (world, driver, device) = pair(8);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    let speaker = device.open_unannounced(Address::Dynamic).unwrap();
    for _ in 0..3 {
        driver.send_to(&endpoint, 0x400, b"held").unwrap();
        driver.send_to(&endpoint, 0x400, b"held too").unwrap();
        let (answered, dropped, unsent) =
            (device.receive().unwrap(), device.receive().unwrap(), device.grant().unwrap());
        driver.start().unwrap();
        // The device has not looked yet.
        assert_eq!(answered.reply(unsent, 0), Err(SendError::Stale));
        drop(dropped);
        assert_eq!(device.send_to(&speaker, endpoint.address(), b"x"), Err(SendError::Stale));
        assert_eq!([0, 1].map(|ring| world.half(world.used(ring) + 2)), [0, 0]);
        assert_eq!(events(&device, true), [Event::Down(Down::RingsReset), up(8, Origin::Table)]);
        assert_eq!(announced(&driver).addr, 0x400);
        still_serves(&driver, &device);
    }
    assert!(errors(&driver).is_empty());
}

#[test]
fn a_device_without_the_table_comes_up_by_the_kick_and_again_after_a_restart() {
    let world = World::new(8);
    let (driver, device) = (world.driver_with(false, world.setup()), world.device());
    let _echo = device.open("echo", Address::Dynamic).unwrap();
    assert_eq!(events(&device, false), []);
    driver.start().unwrap();
    assert_eq!(world.from_driver.take(), [0]);
    assert_eq!(events(&device, true), [up(8, Origin::Board)]);
    announced(&driver);
    still_serves(&driver, &device);
    driver.start().unwrap();
    assert_eq!(events(&device, true), [Event::Down(Down::RingsReset), up(8, Origin::Board)]);
    announced(&driver);
    still_serves(&driver, &device);
}

#[test]
fn the_table_says_all_that_linux_says_and_the_rings_are_as_linux_leaves_them() {
    let world = World::new(8);
    world.write(VRING0, &[0xa5; 0x4000]);
    world.write(VRING1, &[0x5a; 0x4000]);
    let driver = world.driver();
    driver.start().unwrap();
    let layout = world.layout();
    for (index, da) in [VRING0, VRING1].into_iter().enumerate() {
        let words = [0, 4, 8, 12].map(|at| world.table_word(layout.vring(index) + at));
        assert_eq!(words, [da, 4096, 8, index as u32]);
        // All of the used ring with its avail_event.
        assert!(world.read(world.used(index), 6 + 8 * 8).iter().all(|byte| *byte == 0));
    }
    assert_eq!(world.table_word(layout.gfeatures()), 1);
    assert_eq!(world.table_word(layout.status()), 2 << 8 | 7, "number of rings and status");
    assert_eq!((world.half(world.avail(0)), world.half(world.avail(0) + 2)), (0, 8), "all lent, kicks wanted");
    assert_eq!((world.half(world.avail(1)), world.half(world.avail(1) + 2)), (1, 0), "none lent, no kicks wanted");
    for id in 0..8u16 {
        let desc = VRING0 + 16 * u32::from(id);
        let words = [0, 4, 8, 12].map(|at| world.word(desc + at));
        assert_eq!(words, [BUFFERS + 512 * u32::from(id), 0, 512, 2]);
    }
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    driver.send_to(&endpoint, 0x400, b"hello").unwrap();
    let words = [0, 4, 8, 12].map(|at| world.word(VRING1 + at));
    assert_eq!(words, [BUFFERS + 512 * 8, 0, 21, 0], "the second half of the buffers, header and payload");
    assert_eq!(world.from_driver.take(), [0]);
    driver.stop();
    assert_eq!(world.table_word(layout.status()), 2 << 8);
}

/// Notes what the status byte is each time that it was carried to memory.
struct Watch<'w>(&'w std::cell::RefCell<Vec<(u8, u32)>>, *const u8, u32, u32);

// SAFETY: it only reads.
unsafe impl Coherency for Watch<'_> {
    fn invalidate(&self, _: *const u8, _: usize) {}
    fn write_back(&self, _: *const u8, _: usize) {
        // SAFETY: status and ring address are inside the table, which outlives the link.
        let (status, da) = unsafe {
            let da = self.1.add(self.3 as usize).cast::<u32>().read_volatile();
            (self.1.add(self.2 as usize).read_volatile(), da)
        };
        let mut seen = self.0.borrow_mut();
        if seen.last().is_none_or(|(last, _)| *last != status) {
            seen.push((status, da));
        }
    }
    fn barrier(&self) {}
}

#[test]
fn the_status_goes_up_in_order_and_says_driver_ok_after_the_ring_addresses() {
    use imx_rpmsg::shm::Window;
    use imx_rpmsg::wire::resource_table::{ADDR_ANY, Config, TABLE_LEN, Table};
    let made = Table::new(&Config { vring_num: 8, vring_align: 64, trace: None, nxp_vendor_entry: false });
    let words = || Box::leak(vec![0u32; 0x4000].into_boxed_slice()).as_mut_ptr().cast::<u8>();
    let (memory, table) = (words(), words());
    for (i, byte) in made.bytes().into_iter().enumerate() {
        // SAFETY: more than TABLE_LEN bytes were allocated.
        unsafe { table.add(i).write(byte) };
    }
    let seen = std::cell::RefCell::new(Vec::new());
    let watch = || Watch(&seen, table, made.layout().status(), made.layout().vring(1));
    let windows = [Window { linux: 0x1000, device: 0x1000, len: 0x10000 }];
    // SAFETY: leaked memory that only raw pointers look into.
    let (shm, span) = unsafe {
        let at = std::ptr::NonNull::new(table).unwrap();
        (Shm::new(memory.wrapping_sub(0x1000), &windows, watch()), Span::new(at, TABLE_LEN as u32))
    };
    let kicks = crate::common::Kicks::default();
    let table = RemoteTable::find(shm.coherency(), span);
    assert!(table.is_some());
    let setup = Setup { rings: [0x1000, 0x2000], align: 64, num: 8, buffers: 0x4000 };
    let link = imx_rpmsg::rpmsg::driver::DriverLink::<_, _, 1>::new(shm, &kicks, table, setup);
    link.start().unwrap();
    assert_eq!(*seen.borrow(), [(0, ADDR_ANY), (1, ADDR_ANY), (3, ADDR_ANY), (7, 0x2000)]);
}

#[test]
fn what_cannot_be_set_up_is_refused_and_leaves_the_link_down() {
    let world = World::new(8);
    let good = world.setup();
    let ring = |index, error| StartError::Ring(index, SetUpError::Ring(error));
    let outside = VRING0 + 0x11_0000;
    let cases = [
        (Setup { num: 3, ..good }, ring(0, AttachError::Num(3))),
        (Setup { num: 512, ..good }, ring(0, AttachError::Num(512))),
        (Setup { align: 0, ..good }, ring(0, AttachError::Align(0))),
        (Setup { rings: [VRING0, outside], ..good }, ring(1, AttachError::Address(outside))),
        (Setup { rings: [VRING0 + 64, VRING1], ..good }, ring(0, AttachError::Address(VRING0 + 64))),
        (Setup { buffers: outside, ..good }, StartError::Ring(0, SetUpError::Buffers(outside))),
        (Setup { buffers: outside - 512 * 15, ..good }, StartError::Ring(1, SetUpError::Buffers(outside - 512 * 7))),
        (Setup { buffers: VRING1 + 64, ..good }, StartError::Overlap),
        (Setup { rings: [VRING0, VRING0], ..good }, StartError::Overlap),
    ];
    for (setup, error) in cases {
        let driver = world.driver_with(false, setup);
        assert_eq!(driver.start(), Err(error));
        assert!(!driver.is_up() && driver.receive().is_none() && driver.grant().is_err());
        assert!(world.from_driver.take().is_empty());
    }
    let driver = world.driver_with(true, Setup { num: 16, ..good });
    let asked = RingAddress { da: u32::MAX, align: 4096, num: 8 };
    assert_eq!(driver.start(), Err(StartError::Table(0, asked)));
    assert_eq!(world.table_word(world.layout().status()) & 0xff, 0);
}

#[test]
fn endpoints_are_from_0x400_up_and_as_many_as_the_link_has() {
    let (_, driver, _) = pair(8);
    let open: Vec<_> = (0..4).map(|_| driver.open_unannounced(Address::Dynamic).unwrap().address()).collect();
    assert_eq!(open, [0x400, 0x401, 0x402, 0x403]);
    assert_eq!(driver.open_unannounced(Address::Dynamic).err(), Some(OpenError::Full));
}

#[test]
fn an_announcement_waits_for_a_buffer() {
    let (_, driver, device) = pair(1);
    let first = driver.open("first", Address::Dynamic).unwrap();
    let _second = driver.open("second", Address::Dynamic).unwrap();
    assert!(device.receive().is_none());
    assert_eq!(device.stats().announcements(), 1);
    driver.flush();
    assert!(device.receive().is_none());
    assert_eq!(device.stats().announcements(), 2);
    driver.close(first);
    assert!(device.receive().is_none());
    assert_eq!(device.stats().announcements(), 3);
}

#[test]
fn what_lay_in_a_buffer_before_is_never_sent() {
    const SECRET: u8 = 0x5e;
    let (_, driver, device) = pair(1);
    let endpoint = driver.open_unannounced(Address::Dynamic).unwrap();
    let got = || {
        let (message, _) = device.receive_with_grants::<1>()?;
        let mut bytes = vec![0; message.len()];
        message.read(0, &mut bytes);
        assert!(bytes.iter().all(|byte| *byte != SECRET), "{bytes:x?}");
        Some(bytes)
    };
    driver.send_to(&endpoint, 0x401, &[SECRET; 496]).unwrap();
    assert!(device.receive().is_none(), "it is for nobody");
    for (written, len) in [(0, 1), (0, 496), (5, 6), (495, 496)] {
        let mut grant = driver.grant().unwrap();
        grant.write(0, &vec![1; written]).unwrap();
        assert_eq!(driver.send_grant(&endpoint, 0x400, grant, len), Err(SendError::Unwritten), "{len} of {written}");
        assert_eq!(got(), None);
    }
    // A buffer that was freed unsent begins anew.
    driver.grant().unwrap().write(0, &[SECRET; 100]).unwrap();
    let mut grant = driver.grant().unwrap();
    grant.write(3, b"body").unwrap();
    assert_eq!(grant.write(495, b"no"), Err(SendError::TooLong));
    driver.send_grant(&endpoint, 0x400, grant, 7).unwrap();
    assert_eq!(got(), Some(b"\0\0\0body".to_vec()));
    // A reply that copies, and one that promises more.
    let speaker = device.open_unannounced(Address::Fixed(9)).unwrap();
    for (len, result) in [(11, Ok(())), (12, Err(SendError::Unwritten))] {
        device.send_to(&speaker, endpoint.address(), b"question").unwrap();
        let question = message(&driver);
        let mut grant = driver.grant().unwrap();
        grant.copy(3, &question, 0, 8).unwrap();
        assert_eq!(question.reply(grant, len), result);
        assert_eq!(got(), result.ok().map(|()| b"\0\0\0question".to_vec()));
    }
    assert_eq!(driver.send_grant(&endpoint, 0x400, driver.grant().unwrap(), 497), Err(SendError::TooLong));
}

#[test]
fn what_is_of_one_link_does_nothing_on_the_other() {
    let ((_, one, first), (_, two, second)) = (pair(4), pair(4));
    let endpoint = one.open_unannounced(Address::Dynamic).unwrap();
    let own = two.open_unannounced(Address::Dynamic).unwrap();
    assert_eq!(two.send_to(&endpoint, 0x400, b"x"), Err(SendError::OtherLink));
    assert_eq!(two.send_grant(&endpoint, 0x400, two.grant().unwrap(), 0), Err(SendError::OtherLink));
    assert_eq!(two.send_grant(&own, 0x400, one.grant().unwrap(), 0), Err(SendError::OtherLink));
    // A peer that the other link gave.
    let bound = two.bind(endpoint, 0x400);
    assert_eq!(two.send(&bound, b"x"), Err(SendError::OtherLink));
    assert_eq!(one.send(&bound, b"x"), Err(SendError::Stale));
    let bound = one.bind(bound.unbind(), 0x400);
    assert_eq!(two.send(&bound, b"x"), Err(SendError::OtherLink));
    // A question of one, an answer of the other.
    let speaker = first.open_unannounced(Address::Dynamic).unwrap();
    first.send_to(&speaker, bound.address(), b"question").unwrap();
    assert_eq!(message(&one).reply(two.grant().unwrap(), 0), Err(SendError::OtherLink));
    assert!(first.receive().is_none() && second.receive().is_none() && two.receive().is_none());
    // The endpoint of `two` has kept its place.
    two.close(bound);
    second.send_to(&speaker, own.address(), b"x").unwrap_err();
    let speaker = second.open_unannounced(Address::Dynamic).unwrap();
    second.send_to(&speaker, own.address(), b"here").unwrap();
    assert_eq!(message(&two).endpoint(), own.id());
    // An endpoint of a device's link is none of a driver's either.
    assert_eq!(two.send_to(&speaker, 0x400, b"x"), Err(SendError::OtherLink));
}
