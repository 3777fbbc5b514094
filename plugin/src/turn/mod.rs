//! One turn, from admission to its end.

pub mod model;
pub mod outside;
mod run;
mod tools;

pub use run::run;

#[cfg(test)]
mod tests;
