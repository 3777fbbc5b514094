//! The component: where it comes from, whether it is one of ours, and its machine code.

mod error;
mod info;
mod source;

pub use error::LoadError;
pub use info::{ComponentInfo, inspect};
pub use source::ComponentSource;
