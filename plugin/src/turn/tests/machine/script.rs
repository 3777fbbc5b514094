//! What a script is made of.

use super::*;

/// What the gateway does with a request of a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    Replies,
    Refuses,
    Resets,
    /// HTTP 503, with a `Retry-After` of so many seconds.
    Fails(Option<u64>),
    Rejects,
    /// Begins to answer, as a version that stops a run when its client is gone, or as one that does not.
    Streams {
        stops: bool,
    },
    CallsTool,
    CallsSlowTool,
    /// Calls a tool that the asker must approve.
    CallsGuarded,
}

/// What kind of turn arrives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Plain,
    Heavy,
    Blank,
}

/// A step of a script. Turns are numbered as they come; a number is taken modulo how many there are.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Ask(Kind, Patience, Vec<Act>),
    Cancel(usize),
    Drop(usize),
    Decide(usize, bool, DeciderRole),
    StreamEnds(usize),
    StreamBreaks(usize),
    ToolEnds(usize),
    /// So many milliseconds pass.
    Wait(u64),
    Configure(Settings),
    /// So many MiB are available.
    Memory(u64),
    Reset,
    /// The component traps, and the next instance takes over.
    Trap,
}

/// The settings that scripts change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Settings {
    pub port: u16,
    pub queue_length: u32,
    pub queue_wait: u64,
    pub background_length: u32,
    pub background_wait: u64,
    pub failures: u32,
    pub open: u64,
    pub turn: u64,
    pub approval: u64,
}

pub(super) const SETTINGS: Settings = Settings {
    port: 1,
    queue_length: 2,
    queue_wait: 90_000,
    background_length: 2,
    background_wait: 300_000,
    failures: 2,
    open: 60_000,
    turn: 200_000,
    approval: 50_000,
};

impl Settings {
    pub fn checked(self) -> Checked {
        let mut config = Config {
            gateway_primary_url: format!("http://primary:{}", self.port),
            gateway_bearer_token: "t0ken".into(),
            ..Config::default()
        };
        config.limits.queue_length = self.queue_length;
        config.limits.queue_wait = Duration::from_millis(self.queue_wait);
        config.limits.background_length = self.background_length;
        config.limits.background_wait = Duration::from_millis(self.background_wait);
        config.limits.breaker_failures = self.failures;
        config.limits.breaker_open = Duration::from_millis(self.open);
        config.timeouts.turn = Duration::from_millis(self.turn);
        config.timeouts.approval = Duration::from_millis(self.approval);
        Checked::new(config).unwrap_or_else(|error| panic!("{error:?}"))
    }
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        3 => Just(Act::Replies),
        2 => Just(Act::Refuses),
        2 => Just(Act::Resets),
        1 => Just(Act::Fails(None)),
        1 => Just(Act::Fails(Some(150))),
        1 => Just(Act::Rejects),
        3 => Just(Act::Streams { stops: false }),
        1 => Just(Act::Streams { stops: true }),
        1 => Just(Act::CallsTool),
        2 => Just(Act::CallsSlowTool),
        3 => Just(Act::CallsGuarded),
    ];
    prop::collection::vec(act, 1..4)
}

fn settings() -> impl Strategy<Value = Settings> {
    let ms = |choices: &'static [u64]| prop::sample::select(choices);
    (
        1..3_u16,
        (0..3_u32, 0..3_u32),
        (ms(&[0, 30_000, 90_000]), ms(&[0, 30_000, 300_000])),
        1..3_u32,
        ms(&[60_000, 120_000]),
        ms(&[100_000, 200_000]),
        ms(&[20_000, 50_000]),
    )
        .prop_map(
            |(port, lengths, waits, failures, open, turn, approval)| Settings {
                port,
                queue_length: lengths.0,
                queue_wait: waits.0,
                background_length: lengths.1,
                background_wait: waits.1,
                failures,
                open,
                turn,
                approval,
            },
        )
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    // The latest turns are at the end, and matter most.
    let turn = || 0..12_usize;
    let kind = prop_oneof![8 => Just(Kind::Plain), 1 => Just(Kind::Heavy), 1 => Just(Kind::Blank)];
    let patience = prop_oneof![2 => Just(Patience::Interactive), 1 => Just(Patience::Background)];
    let role = prop::sample::select(DeciderRole::ALL);
    let wait = prop::sample::select(&[1, 1_000, 20_000, 50_000, 60_000, 130_000][..]);
    prop_oneof![
        10 => (kind, patience, acts()).prop_map(|(kind, patience, acts)| Step::Ask(kind, patience, acts)),
        3 => turn().prop_map(Step::Cancel),
        2 => turn().prop_map(Step::Drop),
        4 => (turn(), any::<bool>(), role).prop_map(|(turn, yes, role)| Step::Decide(turn, yes, role)),
        4 => turn().prop_map(Step::StreamEnds),
        2 => turn().prop_map(Step::StreamBreaks),
        3 => turn().prop_map(Step::ToolEnds),
        6 => wait.prop_map(Step::Wait),
        2 => settings().prop_map(Step::Configure),
        1 => prop::sample::select(&[1024, 511, 349][..]).prop_map(Step::Memory),
        1 => Just(Step::Reset),
        1 => Just(Step::Trap),
    ]
}
