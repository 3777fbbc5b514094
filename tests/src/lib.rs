//! What the integration tests share.

#[cfg(unix)]
pub mod crash;
pub mod left;
pub mod program;
pub mod provider;
pub mod real;
pub mod real_gateway;
pub mod released;
pub mod resources;
pub mod rig;
pub mod transcript;
pub mod wire;
pub mod wit_config;
