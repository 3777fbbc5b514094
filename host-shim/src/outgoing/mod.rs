//! HTTP to the configured gateways, and nowhere else.

mod allow;
mod body;
mod client;
mod connect;
mod eager;
mod error;
mod origin;
#[cfg(test)]
mod tests;

pub(crate) use allow::AllowList;
pub(crate) use client::Outgoing;
pub use origin::{Origin, OriginError};
