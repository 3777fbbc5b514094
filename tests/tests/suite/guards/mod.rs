//! The guard table, end to end: the real component against a fake gateway. The rules at
//! their exact boundaries of time are unit tests beside the code; here they are seen to be in
//! force.

mod approvals;
mod breaker;
mod concurrency;
mod heavy;
mod levels;
mod limits;
mod memory;
mod memory_source;
