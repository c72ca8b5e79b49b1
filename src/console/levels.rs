// SPDX-License-Identifier: MIT OR Apache-2.0
//! How bad a record must be to be logged, by module.
#![forbid(unsafe_code)]

use heapless::{String, Vec};
use log::{LevelFilter, Metadata};

/// Bytes of a module's path.
const NAME_LEN: usize = 40;

/// Modules with a level of their own.
const MODULES: usize = 8;

/// The level of each module that has one, and that of all others.
#[derive(Clone)]
pub struct Levels {
    others: LevelFilter,
    modules: Vec<(String<NAME_LEN>, LevelFilter), MODULES>,
}

impl Levels {
    /// Means [`Levels`]' level for all modules without one of their own.
    pub const ALL: &'static str = "all";

    /// The same for all modules.
    pub const fn new(others: LevelFilter) -> Self {
        Self { others, modules: Vec::new() }
    }

    /// Sets the level of `module` and all within it, or of all others where it is [`ALL`](Self::ALL). `false` where
    /// there is no room.
    pub fn set(&mut self, module: &str, level: LevelFilter) -> bool {
        if module == Self::ALL {
            self.others = level;
            return true;
        }
        if let Some((_, old)) = self.modules.iter_mut().find(|(name, _)| name == module) {
            *old = level;
            return true;
        }
        let Ok(name) = String::try_from(module) else { return false };
        self.modules.push((name, level)).is_ok()
    }

    /// Whether to log a record: the level of the innermost module that has one decides.
    pub fn allow(&self, record: &Metadata<'_>) -> bool {
        let within = |name: &str| {
            record.target().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let nearest = self.modules.iter().filter(|(name, _)| within(name)).max_by_key(|(name, _)| name.len());
        record.level() <= nearest.map_or(self.others, |(_, level)| *level)
    }

    /// What is asked of no module can be left out before a record is made.
    pub fn max(&self) -> LevelFilter {
        self.modules.iter().map(|(_, level)| *level).fold(self.others, core::cmp::max)
    }

    /// Calls `show` with each name and level, those of all others first.
    pub fn each(&self, mut show: impl FnMut(&str, LevelFilter)) {
        show(Self::ALL, self.others);
        self.modules.iter().for_each(|(name, level)| show(name, *level));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use log::Level;
    use std::format;

    fn allows(levels: &Levels, target: &str, level: Level) -> bool {
        levels.allow(&Metadata::builder().target(target).level(level).build())
    }

    #[test]
    fn the_innermost_module_decides() {
        let mut levels = Levels::new(LevelFilter::Info);
        assert!(levels.set("app", LevelFilter::Error));
        assert!(levels.set("app::tty", LevelFilter::Trace));
        assert_eq!(levels.max(), LevelFilter::Trace);
        assert!(allows(&levels, "other", Level::Info) && !allows(&levels, "other", Level::Debug));
        assert!(allows(&levels, "app::sample", Level::Error) && !allows(&levels, "app::sample", Level::Warn));
        assert!(allows(&levels, "app::tty::inner", Level::Trace));
        // A name is not the beginning of another.
        assert!(allows(&levels, "application", Level::Info));
        assert!(levels.set("app::tty", LevelFilter::Off) && levels.set("all", LevelFilter::Warn));
        assert!(!allows(&levels, "app::tty", Level::Error) && !allows(&levels, "other", Level::Info));
        assert_eq!(levels.max(), LevelFilter::Warn);
    }

    #[test]
    fn there_is_a_bound_and_it_is_told() {
        let mut levels = Levels::new(LevelFilter::Info);
        assert!((0..MODULES).all(|i| levels.set(&format!("module{i}"), LevelFilter::Off)));
        assert!(!levels.set("one_more", LevelFilter::Off));
        assert!(levels.set("module0", LevelFilter::Warn));
        assert!(!levels.set(&"x".repeat(NAME_LEN + 1), LevelFilter::Off));
    }
}
