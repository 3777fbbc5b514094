//! HTTP to the configured gateways, and nowhere else.

mod allow;
mod body;
mod client;
mod coding;
mod connect;
mod eager;
mod error;
mod late;
mod origin;
#[cfg(test)]
mod tests;
mod upload;

pub(crate) use allow::AllowList;
pub(crate) use client::Outgoing;
pub(crate) use late::settle;
pub use origin::{Origin, OriginError};
