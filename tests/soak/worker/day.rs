//! A day on the simulated clock: outages open and close the breaker, the plugin is restarted from its snapshot every
//! hour, idle connections are closed, and turns meet the limits of their time.

use std::time::Duration;

use host_shim::{BreakerState, Clock, FaultCode, Plugin, Snapshot, TurnRequest};
use openclaw_fake_gateway::{FakeGateway, Http, Scene};
use openclaw_tests::rig::{PretendMemory, TOKEN, cache_dir, config, outcome, within};
use serde_json::json;

use crate::gateway::Watch;
use crate::measure::Flat;
use crate::turns::first_delta;
use crate::{Plan, end, row};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// Seconds of the limits that the day meets.
const QUEUE_WAIT: u64 = 120;
const TURN: u64 = 1800;

/// Milliseconds around a moment in which real time may have moved the clock past it.
const DOUBT: u64 = 10_000;

/// Runs the part.
pub async fn run(plan: Plan) {
    let mut day = Day::new(plan).await;
    let mut flat = Flat::default();
    let mut hour = 0;
    while day.now() < DAY * 1000 && day.plan.goes_on(day.now() / 1000) {
        day.weather().await;
        day.turn().await;
        if day.now() / (HOUR * 1000) > hour {
            hour = day.now() / (HOUR * 1000);
            day.times_out().await;
            day.waits_too_long().await;
            day.restart().await;
            day.gateway.forget_requests();
            flat.sample();
        }
        let gap = 5 + day.plan.below(55);
        day.pass(gap).await;
    }
    day.finish(&flat).await;
}

/// How the gateway fares.
#[derive(Clone, Copy, PartialEq)]
enum Weather {
    Well,
    /// It is not there.
    Gone,
    /// It answers with a failure.
    Fails,
    /// It asks for patience, for so many seconds.
    Busy(u32),
}

struct Day {
    gateway: FakeGateway,
    watch: Watch,
    plugin: Plugin,
    plan: Plan,
    weather: Weather,
    /// When it changes, in ms.
    changes: u64,
    asked: u64,
    /// What the breaker must be: failures in a row, and until when it is open, in ms.
    failures: u32,
    open_until: Option<u64>,
    opened: u64,
    closed: u64,
    refused: u64,
    restarts: u64,
    timed_out: u64,
    waited: u64,
}

impl Day {
    async fn new(plan: Plan) -> Self {
        let gateway = FakeGateway::start(TOKEN).await.expect("a free port");
        let watch = Watch::default();
        watch.attach(&gateway);
        Self {
            plugin: plugin(&gateway, None).await,
            gateway,
            watch,
            plan,
            weather: Weather::Well,
            changes: 0,
            asked: 0,
            failures: 0,
            open_until: None,
            opened: 0,
            closed: 0,
            refused: 0,
            restarts: 0,
            timed_out: 0,
            waited: 0,
        }
    }

    /// Milliseconds of the day.
    fn now(&self) -> u64 {
        self.plugin.clock().now().as_millis() as u64
    }

    fn advance(&self, seconds: u64) {
        let clock = self.plugin.clock();
        clock
            .advance(Duration::from_secs(seconds))
            .expect("an adjustable clock");
    }

    /// Time goes by. The gateway closes what has been idle, as OpenClaw does after 5 s.
    async fn pass(&mut self, seconds: u64) {
        self.advance(seconds);
        within(self.gateway.close_connections()).await;
        // Not at a moment in which nobody can say whether a trial is allowed.
        if let Some(until) = self.open_until
            && self.now().abs_diff(until) < DOUBT
        {
            self.advance(2 * DOUBT / 1000);
        }
    }

    /// Outages of minutes, some in each hour.
    async fn weather(&mut self) {
        if self.now() < self.changes {
            return;
        }
        if self.weather == Weather::Gone {
            self.gateway.restart().await.expect("its port");
        }
        let (weather, minutes) = match (self.weather, self.plan.below(3)) {
            (Weather::Well, 0) => (Weather::Gone, 1 + self.plan.below(9)),
            (Weather::Well, 1) => (Weather::Fails, 1 + self.plan.below(9)),
            // From far too little to far too much.
            (Weather::Well, _) => (
                Weather::Busy([1, 90, 4_000_000][self.plan.below(3) as usize]),
                2,
            ),
            _ => (Weather::Well, 10 + self.plan.below(20)),
        };
        (self.weather, self.changes) = (weather, self.now() + minutes * 60_000);
        self.gateway.answer_everything_with(match weather {
            Weather::Fails => Some(Scene::from(Http::new(500).text("Internal Error"))),
            Weather::Busy(seconds) => Some(Scene::rate_limited(Some(seconds))),
            _ => None,
        });
        if weather == Weather::Gone {
            self.gateway.stop().await;
        }
    }

    fn request(&mut self, word: &str) -> TurnRequest {
        self.asked += 1;
        TurnRequest::new(format!("{word} {}", self.asked))
    }

    /// A turn, which must end as the weather and the breaker's rule say; then the breaker must be as the rule says.
    async fn turn(&mut self) {
        let request = self.request("say");
        let refused = self.open_until.is_some_and(|until| self.now() < until);
        let end = outcome(self.plugin.ask(request)).await.end;
        let code = end.as_ref().err().map(|fault| fault.code);
        let expected = match self.weather {
            _ if refused => Some(FaultCode::CircuitOpen),
            Weather::Well => None,
            Weather::Gone => Some(FaultCode::NetworkOrUnreachable),
            Weather::Fails => Some(FaultCode::GatewayError),
            Weather::Busy(_) => Some(FaultCode::RateLimited),
        };
        assert_eq!(code, expected, "{end:?}");
        match (refused, self.weather) {
            (true, _) => self.refused += 1,
            (_, Weather::Well) => self.succeeded(),
            (_, Weather::Busy(seconds)) => self.failed(u64::from(seconds).clamp(60, 900)),
            _ => self.failed(60),
        }
        self.check().await;
    }

    fn succeeded(&mut self) {
        self.closed += u64::from(self.open_until.is_some());
        (self.failures, self.open_until) = (0, None);
    }

    fn failed(&mut self, open_seconds: u64) {
        self.failures += 1;
        if self.failures >= 2 {
            self.opened += u64::from(self.open_until.is_none());
            self.open_until = Some(self.now() + open_seconds * 1000);
        }
    }

    async fn check(&self) {
        let status = within(self.plugin.status()).await.expect("a status");
        let breaker = status.breakers.primary.expect("a gateway");
        let expected = match self.open_until {
            None => BreakerState::Closed,
            Some(until) if self.now() < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        };
        assert_eq!((breaker.state, breaker.failures), (expected, self.failures));
        let left = self
            .open_until
            .map_or(0, |until| until.saturating_sub(self.now()));
        let differs = (breaker.retry_after.as_millis() as u64).abs_diff(left);
        assert!(differs < DOUBT, "{breaker:?} instead of {left} ms");
        assert_eq!((status.in_flight, status.queued), (0, 0));
    }

    /// A turn that its gateway never ends, where it can begin.
    async fn times_out(&mut self) {
        if self.weather != Weather::Well || self.open_until.is_some() {
            return;
        }
        self.watch.hold();
        let request = self.request("hold");
        let mut turn = self.plugin.ask(request);
        first_delta(&mut turn).await;
        self.advance(TURN);
        let end = outcome(turn).await.end;
        assert_eq!(end.expect_err("a fault").code, FaultCode::TimedOut);
        self.watch.release();
        self.idle().await;
        self.timed_out += 1;
        self.failed(60);
        self.check().await;
        self.turn().await;
    }

    /// A turn that waits in the queue for longer than anybody should.
    async fn waits_too_long(&mut self) {
        if self.weather != Weather::Well || self.open_until.is_some() {
            return;
        }
        self.watch.hold();
        let request = self.request("hold");
        let mut held = self.plugin.ask(request);
        first_delta(&mut held).await;
        let request = self.request("say");
        let waiting = self.plugin.ask(request);
        let queued = async {
            while within(self.plugin.status())
                .await
                .is_ok_and(|status| status.queued == 0)
            {}
        };
        within(queued).await;
        self.advance(QUEUE_WAIT);
        let end = outcome(waiting).await.end;
        assert_eq!(end.expect_err("a fault").code, FaultCode::Busy);
        self.watch.release();
        outcome(held).await.reply();
        self.waited += 1;
        self.succeeded();
        self.check().await;
    }

    async fn idle(&self) {
        let running = async {
            while within(self.plugin.status())
                .await
                .is_ok_and(|status| status.in_flight > 0)
            {}
        };
        within(running).await;
    }

    /// A new plugin, as after a restart of AstrBot. It goes on where the old one was.
    async fn restart(&mut self) {
        let snapshot = within(self.plugin.snapshot()).await.expect("a snapshot");
        let snapshot = Snapshot::from_bytes(&snapshot.to_bytes()).expect("its own bytes");
        within(self.plugin.close()).await;
        self.plugin = plugin(&self.gateway, Some(snapshot)).await;
        self.restarts += 1;
        self.check().await;
    }

    async fn finish(self, flat: &Flat) {
        let status = within(self.plugin.status()).await.expect("a status");
        let counted = status.counters.turns == self.asked;
        let seen = self.watch.seen();
        let hours = self.now() as f64 / (HOUR * 1000) as f64;
        let counts = json!({
            "turns": self.asked, "hours": hours, "opened": self.opened, "restarts": self.restarts,
        });
        let first_wrong = seen.wrong.first().cloned().unwrap_or_default();
        let rows = vec![
            row("simulated hours", format!("{hours:.1}"), "", true),
            row(
                "turns, each with the end that the rules say",
                self.asked,
                "exactly one",
                counted,
            ),
            row(
                "sent out of order or two at a time",
                format!("{} {first_wrong}", seen.wrong.len()),
                "0",
                seen.wrong.is_empty(),
            ),
            row(
                "breaker opened, closed",
                format!("{}, {}", self.opened, self.closed),
                "as the model says",
                true,
            ),
            row("turns refused while it was open", self.refused, "", true),
            row("restarts from a snapshot", self.restarts, "", true),
            row(
                "turns that met their limit, waits that did",
                format!("{}, {}", self.timed_out, self.waited),
                "",
                true,
            ),
        ];
        drop(seen);
        end(counts, rows, flat);
    }
}

async fn plugin(gateway: &FakeGateway, snapshot: Option<Snapshot>) -> Plugin {
    let builder = Plugin::builder()
        .config(config(&gateway.url(), json!({})))
        .memory(PretendMemory::default())
        .clock(Clock::adjustable())
        .cache_dir(cache_dir());
    let builder = match snapshot {
        Some(snapshot) => builder.snapshot(snapshot),
        None => builder,
    };
    builder.build().await.expect("the embedded component loads")
}
