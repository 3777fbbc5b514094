//! The real component in the real host, against the fake gateway: one program, since each that has wasmtime
//! in it takes long to link.

mod examples;
mod fake_gateway;
mod faults;
mod guards;
mod host;
mod matrix;
mod replay;
mod wire;
