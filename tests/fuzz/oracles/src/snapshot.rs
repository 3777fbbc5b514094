//! A snapshot that is taken is the same when taken again, keeps no breaker open for longer than the rule, and a bad one
//! changes nothing.

use openclaw_core::config::Config;
use openclaw_core::guards::breaker::{self, MAX_RETRY_AFTER_MS};
use openclaw_plugin::config::Checked;
use openclaw_plugin::state::State;

use crate::bounded;
use crate::host_snapshot::Snapshot;
use crate::input::{Input, MOST};

pub(super) fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else {
        return;
    };
    let bytes = input.bytes(MOST / 16);
    let most = 24 * bytes.len() + (16 << 10);
    if let Ok(snapshot) = bounded(most, || Snapshot::from_bytes(&bytes)) {
        assert_eq!(Snapshot::from_bytes(&snapshot.to_bytes()), Ok(snapshot));
    }
    let fresh = State::default().snapshot();
    let state = State::default();
    if let Err(why) = bounded(most, || state.carry(&bytes)) {
        assert!(!why.is_empty());
        assert_eq!(state.snapshot(), fresh, "changed by a bad one");
        return;
    }
    let taken = state.snapshot();
    let other = State::default();
    other.carry(&taken).expect("its own snapshot");
    assert_eq!(other.snapshot(), taken, "taken again");
    let config = Config {
        gateway_primary_url: "http://primary:1".into(),
        gateway_bearer_token: "t0ken-of-the-fuzzer".into(),
        gateway_backup_url: (input.choice(1, 2) == 0).then(|| "http://backup:2".into()),
        ..Config::default()
    };
    state.configure(Checked::new(config).expect("good settings"));
    let now = u64::from(input.byte(2)) << input.choice(3, 57);
    state.bound(now);
    for at in 0..2 {
        let open = match state.breaker(at, now).state {
            breaker::State::Open(ms) => ms,
            _ => 0,
        };
        assert!(open <= MAX_RETRY_AFTER_MS, "open for {open} ms");
    }
    assert_eq!(state.load(), (0, 0));
    // It can be worked with.
    state.reset();
    assert!(matches!(
        state.breaker(0, now).state,
        breaker::State::Closed
    ));
}
