//! The thread that owns the component.

mod approvals;
mod bindings;
mod callers_code;
mod convert;
mod dispatch;
mod heap;
mod host;
mod inbox;
mod limiter;
mod origins;
mod pending;
mod sinks;
mod stderr;
mod supervisor;
mod ticks;
mod time_limits;
mod watchdog;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use openclaw_core::approval::{DecideError, Decider};
use openclaw_core::fault::Fault;
use openclaw_core::locale::Locale;
use openclaw_core::status::{Diagnosis, Status};
use openclaw_core::turn::{Reply, TurnRequest};
use tokio::sync::{mpsc, oneshot};

use crate::builder::PluginBuilder;
use crate::component::{self, ComponentInfo, LoadError};
use crate::config::Config;
use crate::events::EventSender;
use crate::plugin::ConfigureError;
use crate::tools::ToolRunner;
use supervisor::Supervisor;
pub(crate) use supervisor::check_link;

/// Where the answer to a command goes.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Fault>>;

/// A request of the handle to the thread.
pub(crate) enum Command {
    Ask(Box<TurnCommand>),
    Status(Answer<Status>),
    Diagnose(Option<Locale>, Answer<Diagnosis>),
    Decide(Box<DecideCommand>, Answer<Result<(), DecideError>>),
    Reset(Answer<()>),
    Snapshot(Answer<Vec<u8>>),
    Configure(Box<Config>, oneshot::Sender<Result<(), ConfigureError>>),
    Close(oneshot::Sender<()>),
}

/// A decision about an approval request.
pub(crate) struct DecideCommand {
    pub(crate) turn_id: String,
    pub(crate) request_id: String,
    pub(crate) approve: bool,
    pub(crate) by: Decider,
}

/// A turn to run.
pub(crate) struct TurnCommand {
    pub(crate) request: TurnRequest,
    pub(crate) runner: Option<Arc<dyn ToolRunner>>,
    pub(crate) events: EventSender,
    pub(crate) end: Answer<Reply>,
    /// Resolves when the caller cancels or drops the turn.
    pub(crate) cancelled: oneshot::Receiver<()>,
    /// Set by then.
    pub(crate) gone: Arc<AtomicBool>,
}

/// The handle of a started thread.
pub(crate) type Started = (mpsc::UnboundedSender<Command>, ComponentInfo);

/// Starts the thread; returns when the component has accepted its config.
pub(crate) async fn start(builder: PluginBuilder) -> Result<Started, LoadError> {
    let (commands, receiver) = mpsc::unbounded_channel();
    let (ready, loaded) = oneshot::channel();
    std::thread::Builder::new()
        .name("openclaw-plugin".to_owned())
        .spawn(move || run(builder, receiver, ready))
        .map_err(LoadError::Thread)?;
    let info = loaded
        .await
        .map_err(|_| LoadError::Thread(std::io::Error::other("it ended during startup")))??;
    Ok((commands, info))
}

/// The body of the thread.
fn run(
    builder: PluginBuilder,
    commands: mpsc::UnboundedReceiver<Command>,
    ready: oneshot::Sender<Result<ComponentInfo, LoadError>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = ready.send(Err(LoadError::Thread(error)));
            return;
        }
    };
    let closed = runtime.block_on(async {
        let loaded = match component::load(&builder.source, builder.cache_dir.as_deref()) {
            Ok(loaded) => loaded,
            Err(error) => {
                let _ = ready.send(Err(error));
                return None;
            }
        };
        let info = loaded.info.clone();
        match Supervisor::start(builder, loaded, commands).await {
            Ok((supervisor, instance)) => {
                let _ = ready.send(Ok(info)); // On error nobody waits, so the commands end too.
                supervisor.run(instance).await
            }
            Err(error) => {
                let _ = ready.send(Err(error));
                None
            }
        }
    });
    // Name lookups run on threads that cannot be stopped: do not wait for them.
    runtime.shutdown_timeout(Duration::ZERO);
    if let Some(closed) = closed {
        let _ = closed.send(());
    }
}
