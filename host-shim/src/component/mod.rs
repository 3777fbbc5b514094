//! The component: where it comes from, whether it is one of ours, and its machine code.

mod artifact;
mod cache;
mod digest;
mod engine;
mod error;
mod info;
mod interfaces;
mod load;
mod source;
#[cfg(all(test, feature = "compiler"))]
mod tests;
mod trusted_file;

pub(crate) use artifact::first_line;
pub(crate) use engine::MEMORY_RESERVATION;
pub use error::LoadError;
pub use info::{CodeOrigin, ComponentInfo};
pub use load::{EMBEDDED, inspect};
pub(crate) use load::{Loaded, load};
#[cfg(feature = "compiler")]
pub use load::{compile_for, compile_to};
pub use source::ComponentSource;
