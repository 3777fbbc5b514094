//! Connects the interfaces in `wit/` to the rules.

mod companion;
mod convert;
mod exported;
mod runtime;
mod wasi_host;

use crate::config::Checked;
use crate::diagnose;
use crate::fault::Fault;
use crate::host::{Events, Host as _};
use crate::prelude::*;
use crate::state::State;
use crate::turn;
use crate::when_woken::WhenWoken;
use bindings::exports::astr::openclaw::{gateway, guards};
use bindings::{wit_future, wit_stream};
use companion::Companion;
use core::cell::{LazyCell, RefCell};
use openclaw_core::config::Config;
use openclaw_core::fault::FaultCode;
use openclaw_core::turn::{Event, TurnRequest};
use runtime::OneThread;
use wasi_host::WasiHost;
use wit_bindgen::{FutureReader, StreamReader, StreamWriter};

#[allow(missing_docs, reason = "generated; the documentation is in wit/")]
mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "plugin", generate_all });
}

struct Component;

/// The instance's state.
static STATE: OneThread<LazyCell<State>> = OneThread(LazyCell::new(State::default));

fn state() -> State {
    State::clone(&STATE.0)
}

/// A fault in the current config's language.
fn outward(fault: Fault) -> gateway::Fault {
    let locale = state().config().map(|config| config.locale);
    fault.outward(locale.unwrap_or_default()).into()
}

/// Sends a turn's events to the host. Writing waits for the reader.
struct Writer(RefCell<Option<StreamWriter<gateway::Event>>>);

impl Events for Writer {
    async fn emit(&self, event: Event) -> bool {
        // Taken out while writing, so that nothing is borrowed across an await.
        let Some(mut writer) = self.0.take() else {
            return false;
        };
        let delivered = writer.write_one(event.into()).await.is_none();
        if delivered {
            self.0.replace(Some(writer));
        }
        delivered
    }
}

impl gateway::Guest for Component {
    fn configure(
        config: gateway::Config,
        carry: Option<Vec<u8>>,
    ) -> Result<(), gateway::ConfigError> {
        let config = Config::from(config);
        let locale = config.locale;
        let checked = Checked::new(config).map_err(|error| gateway::ConfigError {
            message: error.message(locale),
            key: error.key.into(),
        })?;
        let state = state();
        let carried = carry.is_some();
        if let Some(snapshot) = carry {
            state.carry(&snapshot).map_err(|why| gateway::ConfigError {
                key: "carry".into(),
                message: format!("the snapshot is not one of this version: {why}"),
            })?;
        }
        state.configure(checked);
        if carried {
            state.bound(WasiHost.now_ms());
        }
        Ok(())
    }

    async fn ask(
        turn: gateway::Turn,
        cancel: FutureReader<()>,
    ) -> (
        StreamReader<gateway::Event>,
        FutureReader<Result<gateway::Reply, gateway::Fault>>,
    ) {
        let (writer, events) = wit_stream::new();
        // The default applies if the task is torn down before its end.
        let (end_writer, end) = wit_future::new(|| {
            Err(outward(Fault::new(
                FaultCode::Cancelled,
                "the task was torn down",
            )))
        });
        let mut turn = TurnRequest::from(turn);
        turn::offer_files(&mut turn, state().config().as_deref());
        let companion = Companion::start();
        wit_bindgen::spawn_local(async move {
            // Dropped last.
            let _companion = companion;
            let events = Writer(RefCell::new(Some(writer)));
            let state = state();
            let (end, rest) = turn::run(
                &state,
                &WasiHost,
                &events,
                &turn,
                WhenWoken::new(cancel.into_future()),
            )
            .await;
            // The stream ends before the future resolves.
            events.0.take();
            // If the host is gone, nobody needs the result.
            let _ = end_writer.write(end.map(Into::into).map_err(outward)).await;
            if let Some(rest) = rest {
                rest.read_out().await;
            }
        });
        (events, end)
    }

    fn decide(
        turn_id: String,
        request_id: String,
        approve: bool,
        by: gateway::Decider,
    ) -> Result<(), gateway::DecideError> {
        state()
            .decide(&turn_id, &request_id, approve, by.into(), WasiHost.now_ms())
            .map_err(Into::into)
    }

    async fn diagnose(locale: Option<gateway::Locale>) -> Vec<gateway::Check> {
        let checks = diagnose::diagnose(&state(), &WasiHost, locale.map(Into::into)).await;
        checks.into_iter().map(Into::into).collect()
    }
}

impl guards::Guest for Component {
    fn status() -> guards::State {
        state().status(WasiHost.now_ms(), WasiHost.memory()).into()
    }

    fn reset() {
        state().reset();
    }

    fn take_snapshot() -> Vec<u8> {
        state().snapshot()
    }
}

bindings::export!(Component with_types_in exported);
