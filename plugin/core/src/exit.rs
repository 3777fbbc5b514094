//! Exit codes of commands. For the end of a turn see [`FaultCode::exit_code`](crate::fault::FaultCode::exit_code).

/// Success.
pub const OK: u8 = 0;
/// Any other failure.
pub const OTHER: u8 = 1;
/// Invalid arguments, input or settings.
pub const USAGE: u8 = 2;
