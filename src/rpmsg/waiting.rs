// SPDX-License-Identifier: MIT OR Apache-2.0
//! The calls of a link that tasks await, over any executor, or none: all they need is [`core::task::Waker`].
//!
//! One task awaits [`AsyncLink::run`], the others receive and send. All of them are of one thread (or one executor
//! of one interrupt level): an [`AsyncLink`] is not `Sync`.
//!
//! # Head of line
//!
//! Linux's messages come in one ring, whatever endpoint they are for. A task that waits for one endpoint and finds a
//! message for another takes it out of the ring, parks it and wakes who waits for it. There is room for **one** parked
//! message. Until it is received, no task receives any other one: a task that is slow to receive holds up all, and an
//! endpoint that nobody receives from stops all of them, for good. Let every open endpoint have a task that receives,
//! close those that have none, or let one task [`receive_any`](AsyncLink::receive_any). A parked message is given back
//! to Linux when its endpoint is closed or the link goes down.
//!
//! # Kicks
//!
//! Linux is kicked when a task next waits for the link: once for all that was done before, so one task that serves all
//! endpoints ([`receive_any`](AsyncLink::receive_any)) kicks less than several that take turns. A task that sends and
//! then waits for something else, a timer say, calls [`Link::flush`] before.
//!
//! # Cancelling
//!
//! Any of the futures may be dropped at any time. A message is out of the ring only when it is parked or returned, so
//! none is lost; what waited along with the dropped future is woken or keeps waiting as before.
//!
//! # What wakes nobody
//!
//! A [`Grant`] that is dropped unsent and an endpoint that is closed tell the [`Link`] and not the tasks. The next
//! call on the [`AsyncLink`] does, whichever task makes it, and so does the next kick; a task that makes none calls
//! [`AsyncLink::nudge`].
//!
//! # Example
//!
//! ```
//! use core::pin::pin;
//! use core::task::{Context, Poll, Waker};
//! use imx_rpmsg::mailbox::{Doorbell, Signals};
//! use imx_rpmsg::rpmsg::{Address, AsyncLink, Endpoint, Link, Unbound};
//! use imx_rpmsg::shm::Coherency;
//!
//! /// The task of an endpoint that echoes.
//! async fn echo<C: Coherency, D: Doorbell>(link: &AsyncLink<'_, '_, C, D, 4>, endpoint: Endpoint<Unbound>) {
//!     loop {
//!         let (message, [mut grant]) = link.receive_with_grants::<1>(endpoint.id()).await;
//!         let len = message.len();
//!         if grant.copy(0, &message, 0, len).is_ok() {
//!             let _ = message.reply(grant, len);
//!         }
//!     }
//! }
//!
//! /// The task that follows the link.
//! async fn follow<C: Coherency, D: Doorbell>(link: &AsyncLink<'_, '_, C, D, 4>, mailbox: impl Signals) {
//!     link.run(&mailbox, |event| println!("{event:?}")).await
//! }
//! # use core::ptr::NonNull;
//! # use imx_rpmsg::mailbox::Seen;
//! # use imx_rpmsg::{arch::Host, rpmsg::LiveTable, shm::{Shm, Span}};
//! # use imx_rpmsg::wire::resource_table::{Config, TABLE_LEN, Table};
//! # struct Silent;
//! # impl Doorbell for Silent {
//! #     fn kick(&self, _vqid: u32) {}
//! # }
//! # impl Signals for Silent {
//! #     fn poll_signals(&self, _seen: &mut Seen, _context: &mut Context<'_>) -> Poll<bool> { Poll::Pending }
//! # }
//! # const TABLE: Table = Table::new(&Config { vring_num: 256, vring_align: 4096, trace: None, nxp_vendor_entry: false });
//! # let table: NonNull<u8> = NonNull::from(Box::leak(Box::new(TABLE))).cast();
//! # // SAFETY: the table is leaked, and there is no other memory.
//! # let (shm, table) = unsafe { (Shm::new(core::ptr::null_mut(), &[], Host), Span::new(table, TABLE_LEN as u32)) };
//! # let link: Link<'_, Host, Silent, 4> = Link::new(shm, Silent, LiveTable::new(table, TABLE.layout()), None);
//! # let mailbox = Silent;
//!
//! let endpoint = link.open("rpmsg-tty", Address::Dynamic).unwrap();
//! let link = AsyncLink::new(&link);
//! let (mut echo, mut follow) = (pin!(echo(&link, endpoint)), pin!(follow(&link, mailbox)));
//!
//! // An executor's part, once: no Linux, so both wait.
//! let context = &mut Context::from_waker(Waker::noop());
//! assert!(echo.as_mut().poll(context).is_pending());
//! assert!(follow.as_mut().poll(context).is_pending());
//! ```
#![forbid(unsafe_code)]

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use heapless::Vec;

use super::endpoint::{Bound, Endpoint, EndpointId};
use super::grant::{Grant, SendError};
use super::life::Event;
use super::link::Link;
use super::message::Message;
use crate::mailbox::{Doorbell, Seen, Signals};
use crate::shm::Coherency;

/// A link to be awaited, by up to `W` tasks at a time. With more, the one that has waited longest is woken to make
/// room and waits anew: no wait is lost, but the tasks keep the core busy.
pub struct AsyncLink<'l, 'm, C: Coherency, D: Doorbell, const N: usize, const W: usize = 8> {
    link: &'l Link<'m, C, D, N>,
    parked: RefCell<Option<Parked<'l, 'm, C>>>,
    waiters: Waiters<W>,
}

/// The place of a link's follower, free again when this is dropped.
struct Following<'l, 'm, C: Coherency, D: Doorbell, const N: usize>(&'l Link<'m, C, D, N>);

impl<C: Coherency, D: Doorbell, const N: usize> Drop for Following<'_, '_, C, D, N> {
    fn drop(&mut self) {
        self.0.follow(None);
    }
}

/// A message out of the ring that its receiver has not taken yet.
struct Parked<'l, 'm, C: Coherency> {
    message: Message<'l, 'm, C>,
    /// The attachment that lent it.
    epoch: u32,
}

impl<'l, 'm, C: Coherency, D: Doorbell, const N: usize, const W: usize> AsyncLink<'l, 'm, C, D, N, W> {
    /// A link of which nobody waits for anything yet. While it is used, nobody else is to receive from `link` or to
    /// poll it; everything else may be called.
    pub fn new(link: &'l Link<'m, C, D, N>) -> Self {
        const { assert!(W > 0, "somebody has to wait") };
        Self { link, parked: RefCell::new(None), waiters: Waiters::new() }
    }

    /// The link itself.
    pub fn link(&self) -> &'l Link<'m, C, D, N> {
        self.link
    }

    /// Follows the life of the link and wakes the tasks: to be awaited by one task, for as long as the link is used.
    /// Several links, each followed by a task of its own, may share `signals`. `on_event` gets what [`Link::poll`]
    /// returns. After a kick the link is polled before any task that the kick wakes looks at its rings. A ring that
    /// breaks or gets stuck wakes this task too, whichever call finds it, including calls of the link itself.
    pub async fn run(&self, signals: &impl Signals, mut on_event: impl FnMut(Event)) -> ! {
        let _place = Following(self.link);
        // What Linux did before.
        let (mut kicked, mut seen) = (false, Seen::default());
        loop {
            self.turn(kicked, &mut on_event);
            kicked = poll_fn(|context| {
                self.link.follow(Some(context.waker()));
                if self.link.has_failed() { Poll::Ready(false) } else { signals.poll_signals(&mut seen, context) }
            })
            .await;
        }
    }

    fn turn(&self, mut kicked: bool, on_event: &mut impl FnMut(Event)) {
        while let Some(event) = self.link.poll(core::mem::take(&mut kicked)) {
            on_event(event);
            // A new life of the link concerns everybody.
            self.waiters.wake(|_| true);
        }
        self.nudge();
        self.link.flush();
    }

    /// Wakes those whose wait may be over for a reason that only the link knows of: see
    /// [above](self#what-wakes-nobody).
    pub fn nudge(&self) {
        self.discard_dead();
        let parked = self.parked.borrow().as_ref().map(|parked| parked.message.endpoint());
        match parked {
            Some(id) => self.waiters.wake(|want| want.takes(id)),
            None if self.waiters.any(Want::is_message) && self.link.receiver.has_lent() => {
                self.waiters.wake(Want::is_message);
            }
            None => {}
        }
        if self.waiters.any(Want::is_buffer) && self.link.sender.can_grant(1) {
            self.waiters.wake(Want::is_buffer);
        }
    }

    /// The next message for `endpoint`. Waits over resets of the link. For an endpoint of another link none ever comes.
    pub async fn receive<S>(&self, endpoint: &Endpoint<S>) -> Message<'l, 'm, C> {
        let id = Some(endpoint.id);
        self.wait(Want::Message(id), || self.take(id)).await
    }

    /// The next message for any of the endpoints. Waits over resets of the link.
    pub async fn receive_any(&self) -> Message<'l, 'm, C> {
        self.wait(Want::Message(None), || self.take(None)).await
    }

    /// The next message for endpoint `id`, once there are also `K` transmit buffers for the reply. Waits over resets of
    /// the link. While buffers are short, a message for `id` stays in the ring or parked, ahead of all others.
    pub async fn receive_with_grants<const K: usize>(
        &self,
        id: EndpointId,
    ) -> (Message<'l, 'm, C>, [Grant<'l, 'm, C>; K]) {
        let attempt = || {
            self.discard_dead();
            if !self.may_take(Some(id)) {
                return None;
            }
            let grants = self.link.sender.grants::<K>()?;
            self.take(Some(id)).map(|message| (message, grants))
        };
        self.wait(Want::MessageAndBuffers(id), attempt).await
    }

    /// A transmit buffer to fill in place, once there is one.
    ///
    /// # Errors
    ///
    /// [`SendError::Detached`] when the link is down, or goes down.
    pub async fn grant(&self) -> Result<Grant<'l, 'm, C>, SendError> {
        self.wait(Want::Buffer, || unless_starved(self.link.grant())).await
    }

    /// Sends `payload` from `endpoint` to its peer, once there is a transmit buffer.
    ///
    /// # Errors
    ///
    /// As [`Link::send`], but for [`SendError::NoBuffer`].
    pub async fn send(&self, endpoint: &Endpoint<Bound>, payload: &[u8]) -> Result<(), SendError> {
        self.wait(Want::Buffer, || unless_starved(self.link.send(endpoint, payload))).await
    }

    /// Waits until the link is up.
    pub async fn up(&self) {
        self.wait(Want::Up, || self.link.is_up().then_some(())).await
    }

    fn wait<T, F: FnMut() -> Option<T>>(&self, want: Want, attempt: F) -> impl Future<Output = T> {
        Wait { link: self, want, attempt, key: None }
    }

    /// Gives back a parked message that nobody can receive any more, and lets the others at the ring.
    fn discard_dead(&self) {
        let is_dead = |parked: &mut Parked<'l, 'm, C>| {
            let id = parked.message.endpoint();
            let addresses = &self.link.endpoints.addresses;
            !addresses.is_open(id) || !self.link.receiver.half.is_current(parked.epoch)
        };
        let dead = self.parked.borrow_mut().take_if(is_dead);
        if dead.is_some() {
            drop(dead);
            self.waiters.wake(Want::is_message);
        }
    }

    /// Whether [`take`](Self::take) has something to try.
    fn may_take(&self, id: Option<EndpointId>) -> bool {
        let parked = self.parked.borrow().as_ref().map(|parked| is_for(&parked.message, id));
        parked.unwrap_or_else(|| self.link.receiver.has_lent())
    }

    /// The next message, when it is for `id`; any, for `None`. One for somebody else is parked.
    fn take(&self, id: Option<EndpointId>) -> Option<Message<'l, 'm, C>> {
        self.discard_dead();
        let ours = self.parked.borrow_mut().take_if(|parked| is_for(&parked.message, id));
        if let Some(parked) = ours {
            // Nobody could look at the ring while it was there.
            self.waiters.wake(Want::is_message);
            return Some(parked.message);
        }
        if self.parked.borrow().is_some() {
            return None;
        }
        let message = self.link.receive()?;
        if is_for(&message, id) {
            return Some(message);
        }
        let other = message.endpoint();
        *self.parked.borrow_mut() = Some(Parked { message, epoch: self.link.receiver.half.epoch() });
        self.waiters.wake(|want| want.takes(other));
        None
    }
}

fn is_for<C: Coherency>(message: &Message<'_, '_, C>, id: Option<EndpointId>) -> bool {
    id.is_none_or(|id| message.endpoint() == id)
}

/// The result, unless it is that there is no buffer now.
fn unless_starved<T>(result: Result<T, SendError>) -> Option<Result<T, SendError>> {
    match result {
        Err(SendError::NoBuffer) => None,
        result => Some(result),
    }
}

/// What a task waits for.
#[derive(Clone, Copy)]
enum Want {
    /// A message for one endpoint, or for any.
    Message(Option<EndpointId>),
    /// A message for one endpoint, and buffers for the reply.
    MessageAndBuffers(EndpointId),
    Buffer,
    Up,
}

impl Want {
    fn is_message(self) -> bool {
        matches!(self, Self::Message(_) | Self::MessageAndBuffers(_))
    }

    fn is_buffer(self) -> bool {
        matches!(self, Self::Buffer | Self::MessageAndBuffers(_))
    }

    /// Whether a message for `id` is what is waited for.
    fn takes(self, id: EndpointId) -> bool {
        match self {
            Self::Message(wanted) => wanted.is_none_or(|wanted| wanted == id),
            Self::MessageAndBuffers(wanted) => wanted == id,
            Self::Buffer | Self::Up => false,
        }
    }
}

/// A wait for `attempt` to return something.
struct Wait<'a, 'l, 'm, C: Coherency, D: Doorbell, F, const N: usize, const W: usize> {
    link: &'a AsyncLink<'l, 'm, C, D, N, W>,
    want: Want,
    attempt: F,
    /// Its place among the waiters, once it had to wait.
    key: Option<u32>,
}

// Nothing in it is pinned: `attempt` is only ever called.
impl<C: Coherency, D: Doorbell, F, const N: usize, const W: usize> Unpin for Wait<'_, '_, '_, C, D, F, N, W> {}

impl<T, F, C, D, const N: usize, const W: usize> Future for Wait<'_, '_, '_, C, D, F, N, W>
where
    F: FnMut() -> Option<T>,
    C: Coherency,
    D: Doorbell,
{
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let link = self.link;
        if self.key.is_none() {
            // Its task has done something since its last wait; that it polls again says nothing of the kind.
            link.nudge();
        }
        if let Some(found) = (self.attempt)() {
            return Poll::Ready(found);
        }
        let key = *self.key.get_or_insert_with(|| link.waiters.key());
        link.waiters.register(key, self.want, context.waker());
        link.link.flush();
        Poll::Pending
    }
}

impl<C: Coherency, D: Doorbell, F, const N: usize, const W: usize> Drop for Wait<'_, '_, '_, C, D, F, N, W> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.link.waiters.remove(key);
        }
    }
}

/// Who waits, the longest first. No waker is called or dropped while the list is borrowed: it is foreign code, and may
/// come back here.
struct Waiters<const W: usize> {
    list: RefCell<Vec<Waiter, W>>,
    keys: Cell<u32>,
}

struct Waiter {
    key: u32,
    want: Want,
    waker: Waker,
}

impl<const W: usize> Waiters<W> {
    fn new() -> Self {
        Self { list: RefCell::new(Vec::new()), keys: Cell::new(0) }
    }

    /// The name of another waiter.
    fn key(&self) -> u32 {
        self.keys.replace(self.keys.get().wrapping_add(1))
    }

    fn any(&self, wanted: impl Fn(Want) -> bool) -> bool {
        self.list.borrow().iter().any(|waiter| wanted(waiter.want))
    }

    /// Adds a waiter, or renews its waker; the oldest makes room, and is woken.
    fn register(&self, key: u32, want: Want, waker: &Waker) {
        let waker = waker.clone();
        let mut list = self.list.borrow_mut();
        let at = list.iter().position(|waiter| waiter.key == key);
        let renewed = at.map(|at| list.remove(at));
        let oldest = if list.is_full() { Some(list.remove(0)) } else { None };
        // There is room now.
        let _ = list.push(Waiter { key, want, waker });
        drop(list);
        drop(renewed);
        if let Some(oldest) = oldest {
            oldest.waker.wake();
        }
    }

    fn remove(&self, key: u32) {
        let mut list = self.list.borrow_mut();
        let at = list.iter().position(|waiter| waiter.key == key);
        let removed = at.map(|at| list.remove(at));
        drop(list);
        drop(removed);
    }

    /// Wakes those who wait for something that is `wanted`; who waits anew because of that is not among them.
    fn wake(&self, wanted: impl Fn(Want) -> bool) {
        let mut woken: Vec<Waker, W> = Vec::new();
        {
            let mut list = self.list.borrow_mut();
            while let Some(at) = list.iter().position(|waiter| wanted(waiter.want)) {
                // There is room: as much as in the list.
                let _ = woken.push(list.remove(at).waker);
            }
        }
        woken.into_iter().for_each(Waker::wake);
    }
}
