//! Queue, breaker, cancelling, approval, configuration and traps together, over random scripts, against a simple model.
//!
//! A turn is polled only when it was woken or when the host has something for it: a lost wake-up shows as a turn that
//! stays where the model goes on.

mod model;
mod script;
mod side;
mod world;

use super::*;
use model::{Model, Phase};
use proptest::prelude::*;
use proptest::test_runner::{Config as Runs, TestCaseError, TestRunner};
use script::{Act, Kind, SETTINGS, Settings, Step, step};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use world::{Seen, World};

/// Whether a turn was woken.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A turn of the code under test.
struct Turn {
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    bell: Arc<Bell>,
    cancelled: Rc<Cell<bool>>,
    /// Its ends, of which there is at most one: none is a reply.
    ends: Rc<RefCell<Vec<Option<FaultCode>>>>,
    seen: Rc<Seen>,
}

/// The code under test.
struct Real {
    state: State,
    world: Rc<World>,
    turns: Vec<Turn>,
}

impl Real {
    fn ask(&mut self, kind: Kind, patience: Patience, acts: &[Act]) {
        let number = self.turns.len();
        self.world.expect(number, acts);
        let request = world::request(number, kind, patience);
        let turn = Turn {
            future: None,
            bell: Arc::default(),
            cancelled: Rc::default(),
            ends: Rc::default(),
            seen: Rc::default(),
        };
        let (state, world, seen) = (self.state.clone(), self.world.clone(), turn.seen.clone());
        let (cancelled, ends) = (turn.cancelled.clone(), turn.ends.clone());
        let future = async move {
            let cancel = poll_fn(|_| match cancelled.get() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            });
            let ran = crate::turn::run(&state, &world, &*seen, &request, cancel);
            let (end, rest) = ran.await;
            ends.borrow_mut().push(end.err().map(|fault| fault.code));
            if let Some(rest) = rest {
                rest.read_out().await;
            }
        };
        self.turns.push(Turn {
            future: Some(Box::pin(future)),
            ..turn
        });
        self.poll(number);
    }

    fn poll(&mut self, number: usize) {
        let turn = &mut self.turns[number];
        turn.bell.0.store(false, Ordering::Relaxed);
        let Some(future) = &mut turn.future else {
            return;
        };
        self.world.polls(number);
        let waker = Waker::from(turn.bell.clone());
        if future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
        {
            self.drop(number);
        }
    }

    fn drop(&mut self, number: usize) {
        self.world.forget(number);
        // It may wake others, but none of them is borrowed.
        let future = self.turns[number].future.take();
        drop(future);
    }

    /// Polls those that were woken until none is.
    fn settle(&mut self) {
        let woken = |turn: &Turn| turn.bell.0.load(Ordering::Relaxed);
        while let Some(number) = self.turns.iter().position(woken) {
            self.poll(number);
        }
    }

    /// Lets time pass, from one timer to the next.
    fn wait(&mut self, ms: u64) {
        let until = self.world.now.get() + ms;
        while let Some(next) = self.world.next_timer().filter(|next| *next <= until) {
            self.world.now.set(next.max(self.world.now.get()));
            // Whoever gets a place at the moment when its wait ends has it.
            for number in 0..self.turns.len() {
                self.poll(number);
                self.settle();
            }
        }
        self.world.now.set(until);
    }

    fn trap(&mut self, settings: Settings) {
        let snapshot = self.state.snapshot();
        for number in 0..self.turns.len() {
            self.drop(number);
        }
        self.state = State::default();
        self.state.carry(&snapshot).expect("its own snapshot");
        self.state.configure(settings.checked());
        self.state.bound(self.world.now.get());
    }

    /// Decides about the latest request of a turn, or about one that never was.
    fn decide(&mut self, number: usize, yes: bool, role: DeciderRole) -> Result<(), DecideError> {
        let request = self.turns[number].seen.latest_request();
        let request = request.unwrap_or_else(|| "a0".to_owned());
        let by = Decider {
            name: "Ann".into(),
            role,
        };
        let now = self.world.now.get();
        self.state
            .decide(&world::id(number), &request, yes, by, now)
    }
}

/// Runs a script on both. Returns how many steps it had.
fn play(script: &[Step]) -> Result<(), TestCaseError> {
    let mut real = Real {
        state: State::default(),
        world: Rc::default(),
        turns: vec![],
    };
    real.state.configure(SETTINGS.checked());
    let mut model = Model::new(SETTINGS);
    for (at, step) in script.iter().enumerate() {
        let count = real.turns.len();
        let numbered = |number: &usize| number % count;
        match step {
            Step::Ask(kind, patience, acts) => {
                real.ask(*kind, *patience, acts);
                model.ask(*kind, *patience, acts);
            }
            Step::Wait(ms) => {
                real.wait(*ms);
                model.wait(*ms);
            }
            Step::Configure(settings) => {
                real.state.configure(settings.checked());
                model.configure(*settings);
            }
            Step::Memory(mib) => {
                real.world.available.set(mib * MIB);
                model.available = *mib;
            }
            Step::Reset => {
                real.state.reset();
                model.reset();
            }
            Step::Trap => {
                real.trap(model.settings);
                model.trap();
            }
            _ if count == 0 => {}
            Step::Cancel(number) => {
                let number = numbered(number);
                real.turns[number].cancelled.set(true);
                real.poll(number);
                model.cancel(number);
            }
            Step::Drop(number) => {
                real.drop(numbered(number));
                model.drop(numbered(number));
            }
            Step::Decide(number, yes, role) => {
                let number = numbered(number);
                let decided = real.decide(number, *yes, *role);
                prop_assert_eq!(decided, model.decide(number, *yes, *role), "step {}", at);
            }
            Step::StreamEnds(number) | Step::StreamBreaks(number) => {
                let number = numbered(number);
                let good = matches!(step, Step::StreamEnds(_));
                real.world.end_stream(number, good);
                real.poll(number);
                model.stream_ends(number, good);
            }
            Step::ToolEnds(number) => {
                let number = numbered(number);
                real.world.end_tool(number);
                real.poll(number);
                model.tool_ends(number);
            }
        }
        real.settle();
        agree(&real, &model).map_err(|why| TestCaseError::fail(format!("step {at}: {why}")))?;
    }
    for number in 0..real.turns.len() {
        real.drop(number);
    }
    prop_assert_eq!(real.state.load(), (0, 0), "all turns are gone");
    Ok(())
}

fn agree(real: &Real, model: &Model) -> Result<(), TestCaseError> {
    for (number, (turn, modelled)) in real.turns.iter().zip(&model.turns).enumerate() {
        let ends = turn.ends.borrow();
        prop_assert_eq!(
            &*ends,
            &modelled.end.into_iter().collect::<Vec<_>>(),
            "turn {}",
            number
        );
        let lives = !matches!(modelled.phase, Phase::Gone);
        prop_assert_eq!(turn.future.is_some(), lives, "turn {}", number);
        prop_assert_eq!(turn.seen.queued(), modelled.has_waited, "turn {}", number);
    }
    let now = model.now;
    prop_assert_eq!(real.world.now.get(), now);
    let waiting = model.line.len().saturating_sub(1) as u32;
    let load = (u32::from(!model.line.is_empty()), waiting);
    prop_assert_eq!(real.state.load(), load, "running and queued");
    let breaker = real.state.breaker(0, now);
    prop_assert_eq!(
        (breaker.state, breaker.failures),
        model.side.view(now),
        "breaker"
    );
    let status = real.state.status(now, Err(String::new()));
    let asked = status.approvals.iter();
    let asked: Vec<_> = asked
        .map(|one| (one.turn_id.clone(), one.expires_in.as_millis() as u64))
        .collect();
    prop_assert_eq!(asked, model.asked(), "pending approvals");
    let counted = [
        status.counters.turns,
        status.counters.completed,
        status.counters.failed,
        status.counters.refused,
        status.counters.cancelled,
    ];
    prop_assert_eq!(counted, model.counters, "counters");
    Ok(())
}

/// How many scripts are run.
const SCRIPTS: u32 = 20_000;

#[test]
fn random_scripts_go_as_the_model_says() {
    let config = Runs {
        cases: SCRIPTS,
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Runs::default()
    };
    let steps = Cell::new(0);
    let ran = TestRunner::new(config).run(&prop::collection::vec(step(), 1..40), |script| {
        steps.set(steps.get() + script.len());
        play(&script)
    });
    if let Err(why) = ran {
        panic!("{why}");
    }
    // Also where the output of tests is held back.
    let _ = writeln!(
        std::io::stderr(),
        "machine: {SCRIPTS} interleavings, {} steps",
        steps.get()
    );
}
