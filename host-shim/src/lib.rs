//! Runs the OpenClaw plugin component inside another program.
//!
//! The component (crate `openclaw-plugin`) decides; this library only supplies what it needs: HTTP
//! to the configured gateways and nowhere else, the available memory, a clock and the caller's
//! tools. Everything happens on one thread of its own, so a [`Plugin`] can be used from any
//! executor, or from none.
//!
//! By default there is no compiler in the process, and only a component that `host-shim compile` has
//! prepared is loaded ([`ComponentSource::Precompiled`]). The feature `compiler` compiles the embedded one at the
//! first start, as the example needs it:
//!
//! ```toml
//! [dependencies]
//! host-shim = { path = "…/host-shim", features = ["compiler"] }
//! tokio = { version = "1", features = ["macros", "rt"] }
//! ```
//!
//! ```no_run
//! use host_shim::{ConfigLoader, Event, Plugin, TurnRequest};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = ConfigLoader::new().file("openclaw.toml")?.process_env()?.finish()?;
//! let plugin = Plugin::builder().config(config).build().await?;
//! let mut turn = plugin.ask(TurnRequest::new("What is new?"));
//! while let Some(event) = turn.next_event().await {
//!     if let Event::Delta { text } = event {
//!         print!("{text}");
//!     }
//! }
//! println!("\n{}", turn.reply().await?.response_id);
//! # Ok(())
//! # }
//! ```
#![deny(missing_docs)]

pub mod clock;
pub mod component;
pub mod config;
pub mod json;
pub mod memory;

mod attachment;
mod builder;
mod events;
mod http;
mod plugin;
mod regular_file;
mod runtime;
mod snapshot;
mod sync;
mod tools;
mod turn;
mod workspace;

pub use attachment::{AttachmentError, MAX_ATTACHMENT_BYTES, read_attachment};
pub use builder::PluginBuilder;
pub use clock::Clock;
pub use component::{ComponentInfo, ComponentSource, LoadError};
pub use config::{Config, ConfigError, ConfigLoader};
pub use memory::{Bound, MemorySource, Sample};
pub use openclaw_core::approval::{
    Approval, ApprovalOutcome, ApprovalRequest, DecideError, Decider, DeciderRole, Decision,
    PendingApproval,
};
pub use openclaw_core::context::{Quote, TurnContext};
pub use openclaw_core::fault::{Fault, FaultCode};
pub use openclaw_core::level::Level;
pub use openclaw_core::locale::Locale;
pub use openclaw_core::status::{
    Breaker, BreakerState, Breakers, Check, Counters, Diagnosis, MemoryState, Status,
};
pub use openclaw_core::turn::{
    Attachment, Event, GatewayName, Notice, NoticeCode, Patience, Reply, Tool, ToolCall,
    TurnRequest, Usage,
};
pub use plugin::{ConfigureError, DecisionError, Plugin};
pub use snapshot::{NoSnapshot, Snapshot};
pub use tools::{ToolRunner, Verdict};
pub use turn::{Canceller, Turn};
