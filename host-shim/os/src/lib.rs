//! What differs between Linux, macOS and Windows, in one place.
//!
//! Everything has the same name and the same promise on each system. Where a system has no such thing, the page of the
//! item says what happens there instead.
//!
//! - [`private`]: files and folders that only this user may read, and files that nobody else can have written.
//! - [`files`]: opening regular files only; replacing a file that is open elsewhere.
//! - [`within`]: opening a file within a folder without following links.
//! - [`names`]: file names that the system takes.
//! - [`family`]: a program together with everything that it starts.
//! - [`console`]: colours, keys and events of a Windows console.
//! - [`language`]: the user's language.
//! - [`memory`]: the memory that this process may still use.
//! - [`clock`]: time with suspensions, and the processor time of a thread.
//! - [`core_dumps`]: keeping memory out of them.
//! - [`heap`]: giving memory back.
#![deny(missing_docs)]

pub mod clock;
pub mod console;
pub mod core_dumps;
pub mod family;
pub mod files;
pub mod heap;
pub mod language;
pub mod memory;
pub mod names;
pub mod private;
pub mod within;

#[cfg(windows)]
mod wide;
