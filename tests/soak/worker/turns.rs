//! Turns, one after the other and in floods, with faults and cancels among them.

use std::collections::BTreeMap;

use host_shim::{Event, Fault, FaultCode, Level, Reply, Status, Turn, TurnRequest};
use openclaw_tests::rig::{Outcome, Rig, config, outcome, tool, turn_with, within};
use serde_json::json;

use crate::faults::{ALL, Failing};
use crate::gateway::Watch;
use crate::measure::Flat;
use crate::tools::Count;
use crate::{Plan, end, row};

/// Turns that may wait by default.
const QUEUE: usize = 8;

/// Samples over the whole part.
const SAMPLES: u64 = 200;

/// Runs the part.
pub async fn run(plan: Plan) {
    let mut soak = Soak::new(plan).await;
    // Allocators, pools and caches have their size after that.
    for _ in 0..200 {
        soak.step().await;
    }
    let every = (soak.plan.turns / SAMPLES).max(50);
    let (mut flat, mut next) = (Flat::default(), 0);
    while soak.plan.goes_on(soak.asked) {
        soak.step().await;
        if soak.asked >= next {
            next = soak.asked + every;
            soak.rig.gateway.forget_requests();
            flat.sample();
        }
    }
    soak.finish(&flat).await;
}

/// One plugin and what is known of it.
pub struct Soak {
    pub rig: Rig,
    pub watch: Watch,
    pub plan: Plan,
    /// Turns asked so far; also the number of the newest.
    pub asked: u64,
    /// Ends of all turns that were read to their end.
    ends: BTreeMap<String, u64>,
    dropped: u64,
    cancels: u64,
    floods: u64,
    faults: u64,
    opened: u64,
    /// Failures in a row, as the rule counts them.
    failures: u32,
}

impl Soak {
    async fn new(plan: Plan) -> Self {
        let (rig, watch) = (Rig::new().await, Watch::default());
        watch.attach(&rig.gateway);
        Self {
            rig,
            watch,
            plan,
            asked: 0,
            ends: BTreeMap::new(),
            dropped: 0,
            cancels: 0,
            floods: 0,
            faults: 0,
            opened: 0,
            failures: 0,
        }
    }

    /// One or a few turns. All have ended afterwards, and the breaker is closed.
    async fn step(&mut self) {
        match self.plan.below(1000) {
            0..10 => self.fail().await,
            10..22 => self.cancel().await,
            22..25 => self.flood().await,
            25..45 => self.use_tools().await,
            45..50 => self.long().await,
            50..53 => drop(self.status().await),
            53 => drop(
                within(self.rig.plugin.diagnose(None))
                    .await
                    .expect("a diagnosis"),
            ),
            54 => self.configure().await,
            _ => self.say().await,
        }
    }

    /// The request `WORD NUMBER REST`.
    fn request(&mut self, word: &str, rest: &str) -> TurnRequest {
        self.asked += 1;
        TurnRequest {
            session: format!("session-{}", self.asked % 7),
            ..TurnRequest::new(format!("{word} {} {rest}", self.asked))
        }
    }

    fn begin(&mut self, word: &str, rest: &str) -> Turn {
        let request = self.request(word, rest);
        self.rig.plugin.ask(request)
    }

    /// A turn's end, of which there must be one.
    async fn ended(&mut self, turn: Turn) -> Outcome {
        let outcome = outcome(turn).await;
        let end = outcome.end.as_ref();
        let end = end.map_or_else(|fault| fault.code.to_string(), |_| "completed".to_owned());
        *self.ends.entry(end).or_default() += 1;
        outcome
    }

    async fn say(&mut self) {
        let turn = self.begin("say", "");
        let number = self.asked;
        let outcome = self.ended(turn).await;
        self.succeeded(&outcome.end, &format!("answer {number}"));
    }

    fn succeeded(&mut self, end: &Result<Reply, Fault>, text: &str) {
        match end {
            Ok(reply) => assert_eq!(reply.text, text),
            Err(fault) => panic!("a fault instead of {text:?}: {fault:?}"),
        }
        self.failures = 0;
    }

    /// A failure, and sometimes more: then until the breaker is closed again.
    async fn fail(&mut self) {
        loop {
            let failing = &ALL[self.plan.below(ALL.len() as u64) as usize];
            let turn = self.begin("fail", failing.name);
            let outcome = self.ended(turn).await;
            assert_eq!(
                outcome.fault().code,
                failing.code,
                "{}: {:?}",
                failing.name,
                outcome.end
            );
            self.faults += 1;
            if failing.code.counts_for_breaker() {
                self.failures += 1;
                if self.failures >= 2 {
                    self.wait_until_a_trial(failing).await;
                }
            }
            if self.plan.below(4) > 0 {
                return self.say().await;
            }
        }
    }

    /// The breaker is open: turns are refused until its time is over.
    async fn wait_until_a_trial(&mut self, failing: &Failing) {
        self.opened += 1;
        for _ in 0..=self.plan.below(3) {
            let turn = self.begin("say", "");
            let outcome = self.ended(turn).await;
            assert_eq!(
                outcome.fault().code,
                FaultCode::CircuitOpen,
                "{}",
                failing.name
            );
        }
        self.rig.advance(failing.retry_after.max(60));
    }

    async fn cancel(&mut self) {
        self.cancels += 1;
        match self.plan.below(4) {
            // At once: before, while or after it is sent.
            0 => {
                let turn = self.begin("say", "");
                for _ in 0..self.plan.below(40) {
                    tokio::task::yield_now().await;
                }
                turn.cancel();
                let outcome = self.ended(turn).await;
                let cancelled = |fault: &Fault| fault.code == FaultCode::Cancelled;
                assert!(
                    outcome.end.as_ref().err().is_none_or(cancelled),
                    "{:?}",
                    outcome.end
                );
            }
            1 => {
                let turn = self.begin("say", "");
                for _ in 0..self.plan.below(40) {
                    tokio::task::yield_now().await;
                }
                self.drop_turn(turn).await;
            }
            // Amid its answer: the gateway runs on, and nothing else is sent meanwhile.
            kind => {
                self.watch.hold();
                let mut turn = self.begin("hold", "");
                first_delta(&mut turn).await;
                if kind == 2 {
                    turn.cancel();
                    assert_eq!(self.ended(turn).await.fault().code, FaultCode::Cancelled);
                } else {
                    self.drop_turn(turn).await;
                }
                let next = self.begin("say", "");
                let number = self.asked;
                self.queued(1).await;
                self.watch.release();
                let outcome = self.ended(next).await;
                self.succeeded(&outcome.end, &format!("answer {number}"));
            }
        }
        self.idle().await;
    }

    async fn drop_turn(&mut self, turn: Turn) {
        self.dropped += 1;
        drop(turn);
    }

    /// Many ask while an answer is held: some wait, the others are told so.
    async fn flood(&mut self) {
        self.floods += 1;
        self.watch.hold();
        let mut held = self.begin("hold", "");
        first_delta(&mut held).await;
        let many = QUEUE + 1 + self.plan.below(40) as usize;
        let mut turns: Vec<(u64, Turn)> = (0..many)
            .map(|_| (self.asked + 1, self.begin("say", "")))
            .collect();
        for (_, turn) in turns.split_off(QUEUE) {
            assert_eq!(self.ended(turn).await.fault().code, FaultCode::Busy);
        }
        let leaves = self.plan.below(QUEUE as u64) as usize;
        turns[leaves].1.cancel();
        self.cancels += 1;
        self.queued(QUEUE as u32 - 1).await;
        self.watch.release();
        assert!(self.ended(held).await.reply().text.starts_with("held "));
        for (at, (number, turn)) in turns.into_iter().enumerate() {
            let outcome = self.ended(turn).await;
            if at == leaves {
                assert_eq!(outcome.fault().code, FaultCode::Cancelled);
            } else {
                self.succeeded(&outcome.end, &format!("answer {number}"));
            }
        }
    }

    async fn use_tools(&mut self) {
        let text = self.request("tool", "").text;
        let request = turn_with(&text, Level::ReadOnly, &[tool("count", Level::ReadOnly)]);
        let turn = self.rig.plugin.ask_with(request, Count::runner());
        let number = self.asked;
        let outcome = self.ended(turn).await;
        self.succeeded(&outcome.end, &format!("answer {number}"));
    }

    async fn long(&mut self) {
        let turn = self.begin("long", "");
        let outcome = self.ended(turn).await;
        assert_eq!(outcome.reply().text.len(), 200 * 1024);
        self.failures = 0;
    }

    async fn configure(&mut self) {
        let same = config(&self.rig.gateway.url(), json!({}));
        within(self.rig.plugin.configure(same))
            .await
            .expect("the same config");
    }

    pub async fn status(&self) -> Status {
        within(self.rig.plugin.status()).await.expect("a status")
    }

    /// Waits until so many turns are in the queue.
    async fn queued(&self, turns: u32) {
        within(async { while self.status().await.queued != turns {} }).await;
    }

    /// Waits until nothing runs, here or at the gateway.
    async fn idle(&self) {
        within(async { while self.status().await.in_flight > 0 {} }).await;
    }

    async fn finish(self, flat: &Flat) {
        self.idle().await;
        let counters = self.status().await.counters;
        let of = |end: &str| self.ends.get(end).copied().unwrap_or(0);
        let counted = |code: &&FaultCode| code.counts_for_breaker();
        let failed: u64 = FaultCode::ALL
            .iter()
            .filter(counted)
            .map(|code| of(code.as_str()))
            .sum();
        // Of turns that were dropped nobody has read the end.
        let unread = (counters.completed + counters.cancelled)
            .checked_sub(of("completed") + of("cancelled"));
        let ended_once = self.ends.values().sum::<u64>() + self.dropped == self.asked
            && counters.turns == self.asked
            && counters.refused == of("busy") + of("circuit_open")
            && counters.failed == failed
            && unread == Some(self.dropped);
        let seen = self.watch.seen();
        let first_wrong = seen.wrong.first().cloned().unwrap_or_default();
        let faults: Vec<String> = self
            .ends
            .iter()
            .map(|(end, count)| format!("{end} {count}"))
            .collect();
        let counts = json!({
            "turns": self.asked, "faults": self.faults, "cancels": self.cancels, "floods": self.floods,
            "busy": of("busy"), "opened": self.opened,
        });
        let rows = vec![
            row(
                "turns, each with one end",
                self.asked,
                "exactly one",
                ended_once,
            ),
            row(
                "sent out of order or two at a time",
                format!("{} {first_wrong}", seen.wrong.len()),
                "0",
                seen.wrong.is_empty(),
            ),
            row("ends", faults.join(", "), "as the fault says", true),
            row("cancelled or dropped", self.cancels, "", true),
            row(
                "floods",
                format!("{}, {} told busy", self.floods, of("busy")),
                "",
                true,
            ),
            row(
                "breaker opened and closed",
                self.opened,
                "as the model says",
                true,
            ),
        ];
        end(counts, rows, flat);
    }
}

/// Reads on until the answer begins.
pub async fn first_delta(turn: &mut Turn) {
    loop {
        match within(turn.next_event()).await {
            Some(Event::Delta { .. }) => return,
            Some(_) => {}
            None => panic!("no delta"),
        }
    }
}
