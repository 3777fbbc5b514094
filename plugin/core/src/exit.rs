//! Exit codes of commands. Those of a turn's ends are [`FaultCode::exit_code`](crate::fault::FaultCode::exit_code).

/// All went well.
pub const OK: u8 = 0;
/// Something else failed.
pub const OTHER: u8 = 1;
/// The arguments, the input or the settings are wrong.
pub const USAGE: u8 = 2;
