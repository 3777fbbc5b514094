//! The gateway's protocol. Pure: bytes in, values out.

pub mod answer;
pub mod attachment;
pub mod classify;
pub mod dialect;
mod http_date;
pub mod request;
pub mod response;
pub mod sent_file;
pub mod session_key;
pub use openclaw_wire::sse;
