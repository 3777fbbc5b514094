//! What a turn may do.

use crate::named::named;

named! {
    /// What a turn may do. Ordered: each level includes the ones before it.
    pub enum Level, "level" {
        /// Conversation only; no tools.
        Talk = "L0",
        /// Read-only tools.
        ReadOnly = "L1",
        /// Astr commands and tools.
        Act = "L2",
        /// The host, without root.
        Host = "L3",
        /// The host, as root.
        Root = "L4",
    }
}
