//! How much a turn may do.

use crate::named::named;

named! {
    /// How much a turn may do. Ordered: each level includes those before it.
    pub enum Level, "level" {
        /// Talk only; no tools.
        Talk = "L0",
        /// Tools that only read.
        ReadOnly = "L1",
        /// Astr commands and tools.
        Act = "L2",
        /// The host, without root.
        Host = "L3",
        /// The host, as root.
        Root = "L4",
    }
}
