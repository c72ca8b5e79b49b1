// SPDX-License-Identifier: MIT OR Apache-2.0
//! How many random cases the property tests try, and where they keep those that failed.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::FileFailurePersistence;

/// `PROPTEST_CASES` cases, or as many as are quick.
pub fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(96);
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}
