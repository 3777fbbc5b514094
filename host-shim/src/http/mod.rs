//! HTTP to the configured gateways and nowhere else.

mod allow_list;
mod body;
mod client;
mod coding;
mod connect;
mod connection_task;
mod error;
mod late;
mod shared_task;
mod tcp_stream;
#[cfg(test)]
mod tests;
mod upload;

pub(crate) use allow_list::AllowList;
pub(crate) use client::HttpClient;
pub(crate) use late::settle;
