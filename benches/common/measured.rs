// SPDX-License-Identifier: MIT OR Apache-2.0
//! The functions that are counted.

/// Defines them for links of type `$link`, each a function of its own as the loop of an application is, found by its
/// name; and `measured`, which tells the function of a case.
#[macro_export]
macro_rules! measured {
    ($link:ty) => {
        $crate::measured! {
            @define $link;
            measured_array = drain(Array);
            measured_copy = drain(Copy);
            measured_empty = drain(Empty);
            measured_copy_turn = turn(Copy);
        }

        fn measured(case: &$crate::common::cases::Case) -> fn(&$link, &mut $crate::common::cases::Scratch) {
            use $crate::common::cases::{Kind, Scope};
            match (case.scope, case.kind) {
                (Scope::Drain, Kind::Array) => measured_array,
                (Scope::Drain, Kind::Copy) => measured_copy,
                (Scope::Drain, Kind::Empty) => measured_empty,
                (Scope::Turn, _) => measured_copy_turn,
            }
        }
    };
    (@define $link:ty; $($name:ident = $scope:ident($kind:ident);)*) => {
        $(
            // SAFETY: no other symbol of this program begins with "measured_".
            #[unsafe(no_mangle)]
            #[inline(never)]
            extern "Rust" fn $name(link: &$link, scratch: &mut $crate::common::cases::Scratch) {
                $crate::common::cases::$scope($crate::common::cases::Kind::$kind, link, scratch);
            }
        )*
    };
}
