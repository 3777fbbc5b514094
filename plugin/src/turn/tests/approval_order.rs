//! Decisions, cancelling, time and new configs in any order: a call runs only after exactly one fitting yes.

use super::host::*;
use super::scenes::*;
use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Do {
    Decide(u64, bool, DeciderRole),
    Poll,
    Cancel,
    Configure,
    Wait(u64),
}

fn step_of() -> impl Strategy<Value = Do> {
    let role =
        prop::sample::select(&[DeciderRole::Other, DeciderRole::Asker, DeciderRole::Admin][..]);
    prop_oneof![
        5 => (1_u64..6, any::<bool>(), role).prop_map(|(id, yes, role)| Do::Decide(id, yes, role)),
        5 => Just(Do::Poll),
        1 => Just(Do::Cancel),
        1 => Just(Do::Configure),
        2 => (0_u64..200).prop_map(Do::Wait),
    ]
}

const LIMIT_MS: u64 = 300_000;

proptest! {
    #[test]
    fn a_call_runs_only_after_exactly_one_fitting_yes(steps in prop::collection::vec(step_of(), 0..40)) {
        let round = || calls(json!([call("a", "mine", "{}"), call("b", "theirs", "{}")]));
        let setup = setup(config(), vec![round(), round(), replies("done")]);
        let turn = TurnRequest {
            tools: vec![
                guarded_tool("mine", Level::Act, Approval::Asker),
                guarded_tool("theirs", Level::Act, Approval::Admin),
            ],
            ..turn("x")
        };
        let (events, cancelled) = (Taken::default(), Cell::new(false));
        let cancel = poll_fn(|_| match cancelled.get() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        });
        let mut running = Box::pin(run(&setup.state, &setup.world, &events, &turn, cancel));
        prop_assert!(step(running.as_mut()).is_pending());
        let (mut ended, mut asked_at) = (false, vec![(1, 0), (2, 0)]);
        // Per request: how it was decided, in time and by whom it may be.
        let mut decided: Vec<(u64, bool)> = vec![];
        for one in steps {
            match one {
                Do::Decide(number, yes, role) => {
                    let approver = if number % 2 == 1 { Approval::Asker } else { Approval::Admin };
                    let now = setup.world.now.get();
                    let asked = asked_at.iter().find(|(id, _)| *id == number);
                    let first = !decided.iter().any(|(id, _)| *id == number);
                    let expected = match asked {
                        _ if ended => Err(DecideError::NotPending),
                        None => Err(DecideError::NotPending),
                        Some((_, at)) if !first || now >= at + LIMIT_MS => Err(DecideError::AlreadyDecided),
                        Some(_) if !role.may(yes, approver) => Err(DecideError::NotPermitted),
                        Some(_) => Ok(()),
                    };
                    let result = setup.decide(&format!("a{number}"), yes, role);
                    prop_assert_eq!(result, expected);
                    if result.is_ok() {
                        decided.push((number, yes));
                    }
                }
                Do::Poll if !ended => ended = step(running.as_mut()).is_ready(),
                Do::Poll => {}
                Do::Cancel => {
                    cancelled.set(true);
                    ended = ended || step(running.as_mut()).is_ready();
                    prop_assert!(ended);
                }
                Do::Configure => setup.state.configure(Checked::new(config()).expect("good")),
                Do::Wait(seconds) => {
                    setup.world.now.set(setup.world.now.get() + seconds * 1000);
                }
            }
            for request in events.requests() {
                let number = request.id[1..].parse().expect("a number");
                if !asked_at.iter().any(|(id, _)| *id == number) {
                    asked_at.push((number, setup.world.now.get()));
                }
            }
            let yes = |odd: u64| {
                let yes = decided.iter().filter(|(id, yes)| *yes && id % 2 == odd);
                yes.count()
            };
            let ran = |name: &str| setup.ran().iter().filter(|ran| *ran == name).count();
            prop_assert!(ran("mine") <= yes(1) && ran("theirs") <= yes(0));
            prop_assert!(setup.pending().len() <= 2);
            if !cancelled.get() && matches!(one, Do::Poll) {
                prop_assert_eq!((ran("mine"), ran("theirs")), (yes(1), yes(0)));
            }
        }
        drop(running);
        prop_assert_eq!(setup.pending(), vec![]);
    }
}
