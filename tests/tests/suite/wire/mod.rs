//! What goes over the wire and what does not: connections, failover, sessions, tools, endings, and
//! gateways that mean no good.

mod answers;
mod connections;
mod context;
mod diagnosis;
mod endings;
mod failover;
mod files;
mod hostile;
mod requests;
mod tools;
