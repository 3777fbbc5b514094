//! The thread that owns the component.

use openclaw_plugin::fault::Locale;
use tokio::sync::{mpsc, oneshot};

use crate::builder::PluginBuilder;
use crate::component::{ComponentInfo, LoadError};
use crate::config::Config;
use crate::fault::Fault;
use crate::plugin::ConfigureError;
use crate::request::TurnRequest;
use crate::status::{Diagnosis, Status};
use crate::turn::{Event, Reply};

/// Where the answer to a command goes.
pub(crate) type Answer<T> = oneshot::Sender<Result<T, Fault>>;

/// What the handle asks of the thread.
pub(crate) enum Command {
    Ask(Box<TurnCommand>),
    Status(Answer<Status>),
    Diagnose(Option<Locale>, Answer<Diagnosis>),
    Reset(Answer<()>),
    Configure(Box<Config>, oneshot::Sender<Result<(), ConfigureError>>),
    Close(oneshot::Sender<()>),
}

/// A turn to be asked.
pub(crate) struct TurnCommand {
    pub(crate) id: String,
    pub(crate) request: TurnRequest,
    pub(crate) events: mpsc::Sender<Event>,
    pub(crate) end: oneshot::Sender<Result<Reply, Fault>>,
    /// Resolves, either way, when the caller cancels or has gone.
    pub(crate) cancelled: oneshot::Receiver<()>,
}

/// Starts the thread; returns when the component has taken its config.
pub(crate) async fn start(
    builder: PluginBuilder,
) -> Result<(mpsc::UnboundedSender<Command>, ComponentInfo), LoadError> {
    let _ = builder;
    Err(LoadError::Thread(
        "the thread is not written yet".to_owned(),
    ))
}
