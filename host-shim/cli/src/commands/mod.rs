//! The commands, a module each.

pub mod ask;
pub mod chat;
mod chat_tasks;
pub mod demo;
pub mod reports;
pub mod session;
pub mod tables;
