//! A turn's wait for the others.

use super::abandoned::ABANDONED_MS;
use super::progress::emit;
use crate::config::Checked;
use crate::fault::Fault;
use crate::host::{Events, Host};
use crate::state::{Place, State};
use crate::text;
use core::pin::pin;
use futures::future::{Either, select};
use openclaw_core::bindings::Times as _;
use openclaw_core::fault::FaultCode;
use openclaw_core::guards::queue::Entry;
use openclaw_core::turn::{Event, Notice, NoticeCode, TurnRequest};

/// Waits in the queue.
pub(super) async fn enter<H: Host, E: Events>(
    state: &State,
    host: &H,
    events: &E,
    config: &Checked,
    turn: &TurnRequest,
) -> Result<Place, Fault> {
    let (locale, patience) = (config.locale, turn.patience);
    let wait_ms = config.limits.queue_time(patience).millis();
    let entered = state.enter(patience, turn.bytes(), config);
    let (place, ahead) = entered.map_err(|full| {
        let words = match full {
            Entry::Full(waiting) => text::queue_full(locale, patience, waiting),
            _ => text::queue_holds_too_much(locale),
        };
        Fault::new(FaultCode::Busy, words)
    })?;
    let Some(ahead) = ahead else { return Ok(place) };
    let until = host.now_ms().saturating_add(wait_ms);
    let wait = async {
        let words = if state.is_reading_out() && ahead == 0 {
            text::queued_behind_abandoned(locale, ABANDONED_MS)
        } else {
            text::queued(locale, patience, ahead, state.runs_background())
        };
        emit(
            events,
            Event::Notice(Notice {
                code: NoticeCode::Queued,
                text: words,
            }),
        )
        .await?;
        place.turn_comes().await;
        Ok(())
    };
    let waited = match select(pin!(wait), pin!(host.sleep_until_ms(until))).await {
        Either::Left((waited, _)) => waited,
        Either::Right(_) => Err(Fault::new(
            FaultCode::Busy,
            text::waited_too_long(locale, wait_ms, state.runs_background()),
        )),
    };
    waited.map(|()| place)
}
