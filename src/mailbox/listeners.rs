// SPDX-License-Identifier: MIT OR Apache-2.0
//! The tasks that are woken by a word from Linux.
#![forbid(unsafe_code)]

use core::task::Waker;

/// Wakers of up to `N` tasks. None of them is cloned, called or dropped here: all three are foreign code, and this is
/// used with interrupts masked.
pub(crate) struct Listeners<const N: usize> {
    wakers: [Option<Waker>; N],
    /// The place of the one that is there longest, when all places are taken.
    next: usize,
}

impl<const N: usize> Listeners<N> {
    pub(crate) const fn new() -> Self {
        Self { wakers: [const { None }; N], next: 0 }
    }

    /// Adds a task. When all places are taken, it gets that of the task that is there longest, which is returned: that one
    /// is to be woken, and asks again.
    ///
    /// # Errors
    ///
    /// `waker` itself, when one that wakes the same task is there.
    pub(crate) fn add(&mut self, waker: Waker) -> Result<Option<Waker>, Waker> {
        if self.wakers.iter().flatten().any(|other| other.will_wake(&waker)) {
            return Err(waker);
        }
        let place = self.wakers.iter().position(Option::is_none).unwrap_or_else(|| {
            let oldest = self.next;
            self.next = (oldest + 1) % N;
            oldest
        });
        Ok(self.wakers[place].replace(waker))
    }

    /// Takes all tasks out, to be woken.
    pub(crate) fn take(&mut self) -> [Option<Waker>; N] {
        self.next = 0;
        core::mem::replace(&mut self.wakers, [const { None }; N])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;
    use std::vec::Vec;

    #[derive(Default)]
    struct Bell(AtomicU32);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn bells<const K: usize>() -> [(Arc<Bell>, Waker); K] {
        core::array::from_fn(|_| {
            let bell = Arc::new(Bell::default());
            (bell.clone(), Waker::from(bell))
        })
    }

    fn rung(bells: &[(Arc<Bell>, Waker)]) -> Vec<u32> {
        bells.iter().map(|(bell, _)| bell.0.load(Ordering::Relaxed)).collect()
    }

    #[test]
    fn each_task_is_woken_once_however_often_it_asked() {
        let bells = bells::<3>();
        let mut listeners = Listeners::<3>::new();
        for _ in 0..4 {
            for (_, waker) in &bells {
                assert!(!matches!(listeners.add(waker.clone()), Ok(Some(_))), "nobody has to make room");
            }
        }
        listeners.take().into_iter().flatten().for_each(Waker::wake);
        assert_eq!(rung(&bells), [1, 1, 1]);
        assert_eq!(listeners.take().into_iter().flatten().count(), 0);
    }

    #[test]
    fn whoever_has_no_place_takes_that_of_the_one_longest_there_which_is_woken() {
        let bells = bells::<5>();
        let mut listeners = Listeners::<2>::new();
        for (_, waker) in &bells {
            if let Ok(Some(displaced)) = listeners.add(waker.clone()) {
                displaced.wake();
            }
        }
        assert_eq!(rung(&bells), [1, 1, 1, 0, 0], "in the order in which they came");
        listeners.take().into_iter().flatten().for_each(Waker::wake);
        assert_eq!(rung(&bells), [1; 5], "none is forgotten, and none is woken twice");
    }
}
