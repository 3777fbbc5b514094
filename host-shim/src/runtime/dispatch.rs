//! Runs commands concurrently on one instance.

use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use openclaw_core::fault::{Fault, FaultCode};
use openclaw_core::locale::{Locale, say};
use openclaw_core::status::Diagnosis;
use openclaw_core::turn::oversize;
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument as _;
use wasmtime::component::{Accessor, FutureReader};

use super::approvals::{Deciding, Waits};
use super::bindings::Plugin as Guest;
use super::bindings::astr::openclaw::types;
use super::host::Host;
use super::origins::{origins, secrets};
use super::sinks::{APPROVAL_EVENTS, End, EndSink, EventSink};
use super::supervisor::{Exit, Supervisor};
use super::time_limits::GRACE;
use super::{Answer, Command, DecideCommand, TurnCommand, convert, heap};
use crate::config::Config;
use crate::http::settle;
use crate::plugin::ConfigureError;

/// Limit of a diagnosis, plus four times the connect timeout (two probes of two gateways). Beyond it the
/// diagnosis is abandoned; other turns continue.
const DIAGNOSIS_LIMIT: Duration = Duration::from_secs(180);

/// An idle instance is replaced when its memory exceeds this many bytes and twice its initial size:
/// a component's memory never shrinks.
const KEPT_MEMORY: usize = 8 << 20;

/// Real time for the component to end a cancelled turn, which it does at once unless something is wrong with it. Then
/// the caller is answered without it.
const HEEDED_WITHIN: Duration = Duration::from_millis(750);

/// How soon an instance due for replacement is checked again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Why an instance must be abandoned.
pub(super) enum Stop {
    /// A call trapped.
    Trap(wasmtime::Error),
    /// It broke its contract.
    Misbehaved(String),
}

impl From<wasmtime::Error> for Stop {
    fn from(error: wasmtime::Error) -> Self {
        Self::Trap(error)
    }
}

type Guests<'a> = (&'a Accessor<Host>, &'a Guest);

impl Supervisor {
    /// Serves commands until the instance must be replaced.
    pub(super) async fn serve(
        &self,
        accessor: &Accessor<Host>,
        guest: &Guest,
        baseline: usize,
    ) -> Exit {
        let mut under_way = FuturesUnordered::new();
        let mut worn = false;
        loop {
            tokio::select! {
                biased;
                Some(done) = under_way.next() => match done {
                    Ok(()) => {}
                    Err(Stop::Trap(error)) => return Exit::Trapped(self.trap_message(&error)),
                    Err(Stop::Misbehaved(why)) => return Exit::Trapped(why),
                },
                command = self.inbox.next() => match command {
                    None => return Exit::Closed(None),
                    Some(Command::Close(answer)) => return Exit::Closed(Some(answer)),
                    Some(command) => under_way.push(self.execute((accessor, guest), command)),
                },
                () = tokio::time::sleep(LOOK_AGAIN), if worn => {}
            }
            let memory = accessor.with(|mut access| access.get().limiter.memory_bytes());
            let idle = under_way.is_empty();
            worn = idle && (memory > KEPT_MEMORY.max(2 * baseline) || self.worn.get());
            if idle && self.large.take() {
                heap::give_back();
            }
            if worn {
                // A turn that has ended here may still be draining in the instance.
                match guest.astr_openclaw_guards().call_status(accessor).await {
                    Ok(status) if status.in_flight == 0 => return Exit::Worn,
                    Ok(_) => {}
                    Err(error) => return Exit::Trapped(self.trap_message(&error)),
                }
            }
        }
    }

    async fn execute(&self, guest: Guests<'_>, command: Command) -> Result<(), Stop> {
        match command {
            Command::Ask(turn) => self.ask(guest, *turn).await,
            Command::Status(answer) => {
                let key = self.inbox.keep_status(answer);
                let state = guest.1.astr_openclaw_guards().call_status(guest.0).await?;
                self.inbox.answer_status(key, state.into());
                Ok(())
            }
            Command::Diagnose(locale, answer) => self.diagnose(guest, locale, answer).await,
            Command::Decide(decision, answer) => {
                let slot = self.pending.add(answer);
                let DecideCommand {
                    turn_id,
                    request_id,
                    approve,
                    by,
                } = *decision;
                let span = tracing::debug_span!(
                    "decide", turn = turn_id, request = request_id, approve, role = %by.role
                );
                let gateway = guest.1.astr_openclaw_gateway();
                let decided = gateway
                    .call_decide(guest.0, turn_id, request_id, approve, by.into())
                    .instrument(span)
                    .await?;
                slot.answer(Ok(decided.map_err(Into::into)));
                Ok(())
            }
            Command::Reset(answer) => {
                let slot = self.pending.add(answer);
                guest.1.astr_openclaw_guards().call_reset(guest.0).await?;
                self.take_snapshot(guest).await?;
                slot.answer(Ok(()));
                Ok(())
            }
            Command::Snapshot(answer) => {
                let slot = self.pending.add(answer);
                self.take_snapshot(guest).await?;
                let snapshot = self.snapshot.borrow().clone();
                slot.answer(Ok(snapshot.unwrap_or_default()));
                Ok(())
            }
            Command::Configure(config, answer) => self.configure(guest, *config, answer).await,
            // Handled by `serve`.
            Command::Close(_) => Ok(()),
        }
    }

    async fn ask(&self, guest: Guests<'_>, command: TurnCommand) -> Result<(), Stop> {
        let TurnCommand {
            request,
            runner,
            events,
            end,
            cancelled,
            gone,
        } = command;
        let slot = self.pending.add_turn(end, gone.clone());
        let locale = self.locale();
        let bytes = request.bytes() as u64;
        if bytes >= heap::LARGE {
            self.large.set(true);
        }
        // The component would refuse it too, but only after copying all of it.
        if let Some(words) = oversize(bytes, locale) {
            slot.answer(Err(Fault::new(FaultCode::RequestTooLarge, locale, words)));
            return Ok(());
        }
        let _asking = self.asking();
        let (id, patience) = (request.id.clone(), request.patience);
        let runner = runner.or_else(|| self.runner.clone());
        if let Some(runner) = &runner {
            self.supplies.runners.add(&id, runner.clone());
        }
        self.inbox.begin(&id, gone);
        let waits = Waits::new(self.supplies.clock.clone());
        let (approvals, news) = mpsc::channel(APPROVAL_EVENTS);
        let sink = EventSink { events, approvals };
        // Sent or dropped: either way the turn is cancelled.
        let cancelled = cancelled.map(drop).shared();
        let running = self.run_turn(guest, request.into(), sink, cancelled.clone());
        let deciding = Deciding {
            accessor: guest.0,
            guest: guest.1,
            turn_id: &id,
            runner,
            waits: &waits,
            threads: &self.supplies.threads,
        };
        // Many turns use up tokio's budget together; `select!` would then put off a turn that has been cancelled,
        // and the component would still count it.
        let running = tokio::task::unconstrained(async {
            tokio::select! {
                biased;
                end = running => end,
                stop = deciding.follow(news) => match stop? {},
            }
        });
        let span = tracing::debug_span!("turn", id, bytes);
        let mut running = std::pin::pin!(self.in_time(&waits, patience, running.instrument(span)));
        let ignored = async {
            cancelled.await;
            tokio::time::sleep(HEEDED_WITHIN).await;
            settle().await;
        };
        tokio::select! {
            biased;
            end = &mut running => slot.answer(end?.map(Into::into).map_err(Into::into)),
            () = ignored => {
                let words = say!(locale,
                    en: "the component did not respond to the cancellation; the turn is abandoned",
                    zh: "组件没有响应取消，该轮对话已被放弃");
                slot.answer(Err(Fault::new(FaultCode::Cancelled, locale, words)));
                // Until it ends it has its tools, and its limit.
                let _ = running.as_mut().await?;
            }
        }
        self.supplies.runners.remove(&id);
        self.inbox.end(&id);
        self.take_snapshot(guest).await
    }

    async fn diagnose(
        &self,
        (accessor, guest): Guests<'_>,
        locale: Option<Locale>,
        answer: Answer<Diagnosis>,
    ) -> Result<(), Stop> {
        let slot = self.pending.add(answer);
        let _asking = self.asking();
        let clock = &self.supplies.clock;
        let connect = self
            .config
            .borrow()
            .as_ref()
            .map(|config| config.timeouts.connect);
        let limit = DIAGNOSIS_LIMIT.saturating_add(connect.unwrap_or_default().saturating_mul(4));
        let overdue = async {
            clock.wait_until(clock.now().saturating_add(limit)).await;
            tokio::time::sleep(GRACE).await;
        };
        let locale = locale.map(Into::into);
        let checks = tokio::select! {
            biased;
            checks = guest.astr_openclaw_gateway().call_diagnose(accessor, locale) => checks?,
            () = overdue => {
                let why = format!(
                    "the component did not end a diagnosis within {} s", limit.as_secs()
                );
                tracing::error!(why, "the diagnosis is abandoned");
                // The instance is replaced once no turn needs it.
                self.worn.set(true);
                slot.answer(Err(Fault::new(FaultCode::PluginTrapped, self.locale(), why)));
                return Ok(());
            }
        };
        let checks = checks.into_iter().map(Into::into).collect();
        slot.answer(Ok(Diagnosis { checks }));
        Ok(())
    }

    async fn configure(
        &self,
        guest: Guests<'_>,
        config: Config,
        answer: oneshot::Sender<Result<(), ConfigureError>>,
    ) -> Result<(), Stop> {
        let slot = self.pending.add(answer);
        // Keeps old origins until this is over.
        let asking = self.asking();
        let gateway = guest.1.astr_openclaw_gateway();
        // Checked before the component sees the config, so that nothing has to be undone.
        let origins = match origins(&config) {
            Ok(origins) => origins,
            Err(error) => {
                slot.answer(Err(error.into()));
                return Ok(());
            }
        };
        // Before the component has it: a queued turn may start at once under the new config.
        self.supplies.secrets.add(secrets(&config));
        self.allowed.add(origins);
        let taken = gateway
            .call_configure(guest.0, (&config).into(), None)
            .await?;
        let result = match taken {
            Ok(()) => {
                self.take_config(config);
                Ok(())
            }
            Err(error) => Err(convert::config_error(error)),
        };
        drop(asking);
        self.take_snapshot(guest).await?;
        slot.answer(result.map_err(ConfigureError::from));
        Ok(())
    }

    async fn take_snapshot(&self, (accessor, guest): Guests<'_>) -> Result<(), Stop> {
        let snapshot = guest
            .astr_openclaw_guards()
            .call_take_snapshot(accessor)
            .await?;
        self.snapshot.replace(Some(snapshot));
        Ok(())
    }

    /// Runs one turn in the component.
    async fn run_turn(
        &self,
        (accessor, guest): Guests<'_>,
        turn: types::Turn,
        sink: EventSink,
        cancelled: impl Future<Output = ()> + Send + 'static,
    ) -> Result<End, Stop> {
        let cancel = accessor.with(|access| {
            FutureReader::new(access, async move {
                cancelled.await;
                wasmtime::error::Ok(())
            })
        })?;
        let gateway = guest.astr_openclaw_gateway();
        let entering = self.entering.lock().await;
        let (event_stream, end) = gateway.call_ask(accessor, turn, cancel).await?;
        drop(entering);
        let (end_sender, ended) = oneshot::channel();
        accessor.with(|mut access| {
            event_stream.pipe(&mut access, sink)?;
            end.pipe(&mut access, EndSink(Some(end_sender)))
        })?;
        ended
            .await
            .map_err(|_| Stop::Misbehaved("the component dropped a turn without an end".to_owned()))
    }
}
