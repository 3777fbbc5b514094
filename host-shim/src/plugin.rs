//! The handle of a running plugin.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use openclaw_core::approval::{DecideError, Decider};
use openclaw_core::fault::{Fault, FaultCode};
use openclaw_core::locale::Locale;
use openclaw_core::status::{Diagnosis, Status};
use openclaw_core::turn::TurnRequest;
use tokio::sync::{mpsc, oneshot};

use crate::builder::PluginBuilder;
use crate::clock::Clock;
use crate::component::{ComponentInfo, LoadError};
use crate::config::{Config, ConfigError};
use crate::events;
use crate::runtime::{self, Command, DecideCommand, TurnCommand};
use crate::snapshot::Snapshot;
use crate::tools::ToolRunner;
use crate::turn::{Canceller, Turn};

/// A running plugin. Clones are handles to the same plugin; it ends with the last handle and turn, or
/// at [`Plugin::close`].
#[derive(Clone)]
pub struct Plugin {
    inner: Arc<Inner>,
}

struct Inner {
    commands: mpsc::UnboundedSender<Command>,
    next_turn: AtomicU64,
    info: ComponentInfo,
    clock: Clock,
    locale: RwLock<Locale>,
}

/// Why a config was refused; the previous one stays in force.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// The config is invalid.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
    /// The component trapped, or the plugin is closed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a decision had no effect.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// The component refused it.
    #[error(transparent)]
    Refused(#[from] DecideError),
    /// The component trapped, or the plugin is closed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Plugin {
    /// Configures a new plugin.
    pub fn builder() -> PluginBuilder {
        PluginBuilder::default()
    }

    pub(crate) async fn start(builder: PluginBuilder) -> Result<Self, LoadError> {
        let clock = builder.clock.clone();
        let locale = locale_of(builder.config.as_ref());
        let (commands, info) = runtime::start(builder).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                commands,
                next_turn: AtomicU64::new(1),
                info,
                clock,
                locale: RwLock::new(locale),
            }),
        })
    }

    /// Starts a turn. Returns at once; the turn runs whether or not its events are read, and is
    /// cancelled when the [`Turn`] is dropped.
    pub fn ask(&self, request: TurnRequest) -> Turn {
        self.begin(request, None)
    }

    /// As [`Plugin::ask`]; this runs the turn's tool calls and may decide about its approval requests, instead
    /// of the plugin's [`PluginBuilder::tool_runner`].
    pub fn ask_with(&self, request: TurnRequest, runner: Arc<dyn ToolRunner>) -> Turn {
        self.begin(request, Some(runner))
    }

    fn begin(&self, mut request: TurnRequest, runner: Option<Arc<dyn ToolRunner>>) -> Turn {
        request.id = format!(
            "turn-{}",
            self.inner.next_turn.fetch_add(1, Ordering::Relaxed)
        );
        let (events, event_receiver) = events::channel();
        let (end, end_receiver) = oneshot::channel();
        let (canceller, cancelled, gone) = Canceller::new();
        let id = request.id.clone();
        let command = TurnCommand {
            request,
            runner,
            events,
            end,
            cancelled,
            gone,
        };
        // On failure the command is dropped with its senders, which the turn reports as closed.
        let _ = self.inner.commands.send(Command::Ask(Box::new(command)));
        Turn::new(id, event_receiver, end_receiver, canceller, self.clone())
    }

    /// Decides about a pending [`ApprovalRequest`](crate::ApprovalRequest) of a running turn; a
    /// [`ToolRunner::approve`] need not.
    ///
    /// # Errors
    ///
    /// [`DecisionError::Refused`] if the request is not pending, was decided already, or this person may not
    /// decide it; otherwise as [`Plugin::status`].
    pub async fn decide(
        &self,
        turn_id: &str,
        request_id: &str,
        approve: bool,
        by: Decider,
    ) -> Result<(), DecisionError> {
        let decision = DecideCommand {
            turn_id: turn_id.to_owned(),
            request_id: request_id.to_owned(),
            approve,
            by,
        };
        let decided = self
            .call(|answer| Command::Decide(Box::new(decision), answer))
            .await?;
        Ok(decided?)
    }

    /// The state of the guards; also while a turn runs.
    ///
    /// # Errors
    ///
    /// `plugin_trapped` if the component traps, `cancelled` if the plugin is closed; from this call only, `busy` if
    /// the component has been computing for a while.
    pub async fn status(&self) -> Result<Status, Fault> {
        self.call(Command::Status).await
    }

    /// Checks memory, breakers and gateways without a model call. `None`: in the config's locale.
    ///
    /// # Errors
    ///
    /// As [`Plugin::status`].
    pub async fn diagnose(&self, locale: Option<Locale>) -> Result<Diagnosis, Fault> {
        self.call(|answer| Command::Diagnose(locale, answer)).await
    }

    /// Closes the breakers and resets their failure counts.
    ///
    /// # Errors
    ///
    /// As [`Plugin::status`].
    pub async fn reset(&self) -> Result<(), Fault> {
        self.call(Command::Reset).await
    }

    /// The guard state, for [`PluginBuilder::snapshot`]. A trial turn in progress counts as not started.
    ///
    /// # Errors
    ///
    /// As [`Plugin::status`].
    pub async fn snapshot(&self) -> Result<Snapshot, Fault> {
        let guards = self.call(Command::Snapshot).await?;
        Ok(Snapshot::new(guards, self.clock()))
    }

    /// Replaces the config. A running turn finishes under the old config; a queued one starts under the
    /// new one.
    ///
    /// # Errors
    ///
    /// The config is invalid, the component traps, or the plugin is closed; nothing has changed then.
    pub async fn configure(&self, config: Config) -> Result<(), ConfigureError> {
        let locale = config.locale;
        let (answer, receiver) = oneshot::channel();
        let _ = self
            .inner
            .commands
            .send(Command::Configure(Box::new(config), answer));
        match receiver.await {
            Ok(end) => end?,
            Err(_) => return Err(closed(self.locale()).into()),
        }
        *self
            .inner
            .locale
            .write()
            .unwrap_or_else(PoisonError::into_inner) = locale;
        Ok(())
    }

    /// Ends the plugin: cancels all turns, closes the connections and waits for the thread to end.
    /// Later calls fail with `cancelled`.
    pub async fn close(&self) {
        let (answer, receiver) = oneshot::channel();
        let _ = self.inner.commands.send(Command::Close(answer));
        let _ = receiver.await; // Either an answer, or the thread was gone already.
    }

    /// Facts about the component.
    pub fn component_info(&self) -> &ComponentInfo {
        &self.inner.info
    }

    /// The clock of the guards.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The language of the current config.
    pub fn locale(&self) -> Locale {
        *self
            .inner
            .locale
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a command and waits for its answer.
    async fn call<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, Fault>>) -> Command,
    ) -> Result<T, Fault> {
        let (answer, receiver) = oneshot::channel();
        let _ = self.inner.commands.send(command(answer));
        // A dropped answer: the thread has ended.
        receiver
            .await
            .unwrap_or_else(|_| Err(closed(self.locale())))
    }
}

/// What every call on a closed plugin gets.
pub(crate) fn closed(locale: Locale) -> Fault {
    Fault::new(FaultCode::Cancelled, locale, "the plugin was closed")
}

/// The language of messages; the default without a config.
pub(crate) fn locale_of(config: Option<&Config>) -> Locale {
    config.map(|config| config.locale).unwrap_or_default()
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plugin")
            .field("component", &self.inner.info)
            .finish_non_exhaustive()
    }
}
