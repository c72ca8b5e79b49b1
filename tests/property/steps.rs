// SPDX-License-Identifier: MIT OR Apache-2.0
//! What Linux and the application may do, at random.

use imx_rpmsg::vring::PeerError;
use proptest::prelude::*;

/// A step. Numbers that choose among what there is are taken modulo that.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Linux(LinuxStep),
    App(AppStep),
}

#[derive(Clone, Copy, Debug)]
pub enum LinuxStep {
    /// A driver binds, with rings of 2^n buffers; when one is bound already, without it having gone.
    Start(u8, bool),
    Stop,
    /// A message for an endpoint, or for whoever has the number.
    Send {
        to: u8,
        len: u16,
    },
    /// An announcement, well-formed or not.
    Announce(bool),
    /// A message with this mistake in it.
    SendBad(PeerError, u16),
    /// The number of a message that the application holds is lent again.
    SendAgain(u8),
    /// A receive buffer is lent, as it should be or with this mistake.
    Lend(u8),
    LendBad(PeerError, u8),
    /// The descriptor of a receive buffer that the device keeps for that is made good.
    Mend(u8),
    /// The number of a receive buffer that the device holds is lent again.
    LendAgain(u8),
    /// It takes what was sent.
    Receive,
    /// It takes its transmit buffers back.
    Reclaim,
    Flags(u8, bool),
    /// An avail index jumps.
    Jump(u8, u16),
    /// Descriptor and header of a buffer that the application holds change.
    Scribble(u8, u16),
}

#[derive(Clone, Copy, Debug)]
pub enum AppStep {
    Poll(bool),
    Flush,
    HasWork,
    Receive,
    ReceiveWithGrants(bool),
    DropMessage(u8),
    /// A message is answered with a granted buffer, which is taken now when there is none.
    Reply(u8, u8, u16),
    Grant,
    DropGrant(u8),
    SendGrant {
        grant: u8,
        endpoint: u8,
        len: u16,
    },
    SendTo {
        endpoint: u8,
        len: u16,
    },
    /// A bound endpoint sends, an unbound one is bound.
    SendOrBind(u8, u16),
    /// At the lowest address, at one that may be in use, or unannounced.
    Open(u8),
    Close(u8),
}

fn len() -> impl Strategy<Value = u16> {
    prop_oneof![1 => Just(0u16), 1 => 490u16..=497, 6 => 0u16..=496]
}

fn linux() -> impl Strategy<Value = LinuxStep> {
    use LinuxStep::*;
    use PeerError::*;
    let bad = proptest::sample::select(vec![DescriptorId, DescriptorFlags, BufferAddress, BufferLength, HeaderLength]);
    let bad_buffer = proptest::sample::select(vec![DescriptorId, DescriptorFlags, BufferAddress, BufferLength]);
    prop_oneof![
        1 => (0u8..=4, any::<bool>()).prop_map(|(num, align)| Start(num, align)),
        1 => Just(Stop),
        16 => (any::<u8>(), len()).prop_map(|(to, len)| Send { to, len: len.min(496) }),
        2 => any::<bool>().prop_map(Announce),
        4 => (bad, any::<u16>()).prop_map(|(kind, how)| SendBad(kind, how)),
        3 => any::<u8>().prop_map(SendAgain),
        10 => any::<u8>().prop_map(Lend),
        2 => (bad_buffer, any::<u8>()).prop_map(|(kind, id)| LendBad(kind, id)),
        2 => any::<u8>().prop_map(Mend),
        3 => any::<u8>().prop_map(LendAgain),
        10 => Just(Receive),
        6 => Just(Reclaim),
        2 => (0u8..2, any::<bool>()).prop_map(|(ring, on)| Flags(ring, on)),
        1 => (0u8..2, any::<u16>()).prop_map(|(ring, by)| Jump(ring, by)),
        2 => (any::<u8>(), any::<u16>()).prop_map(|(which, value)| Scribble(which, value)),
    ]
}

fn app() -> impl Strategy<Value = AppStep> {
    use AppStep::*;
    prop_oneof![
        6 => any::<bool>().prop_map(Poll),
        4 => Just(Flush),
        1 => Just(HasWork),
        8 => Just(Receive),
        6 => any::<bool>().prop_map(ReceiveWithGrants),
        5 => any::<u8>().prop_map(DropMessage),
        10 => (any::<u8>(), any::<u8>(), any::<u16>()).prop_map(|(m, g, len)| Reply(m, g, len)),
        4 => Just(Grant),
        4 => any::<u8>().prop_map(DropGrant),
        3 => (any::<u8>(), any::<u8>(), len()).prop_map(|(grant, endpoint, len)| SendGrant { grant, endpoint, len }),
        3 => (any::<u8>(), len()).prop_map(|(endpoint, len)| SendTo { endpoint, len }),
        3 => (any::<u8>(), len()).prop_map(|(endpoint, len)| SendOrBind(endpoint, len)),
        3 => (0u8..6).prop_map(Open),
        1 => any::<u8>().prop_map(Close),
    ]
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![linux().prop_map(Step::Linux), app().prop_map(Step::App)]
}
