//! HTTP to the configured gateways, and nowhere else.

mod origin;

pub use origin::{Origin, OriginError};
