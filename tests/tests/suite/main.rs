//! The real component in the real host, against the fake gateway: one program, since each that has wasmtime
//! in it takes long to link.

mod fake_gateway;
mod faults;
mod guards;
mod replay;
mod wire;
