//! The guard state that one plugin hands to the next.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clock::Clock;

/// Start of [`Snapshot::to_bytes`].
const MAGIC: &str = "astr-openclaw-guards 1";

/// A plugin's guard state at one moment: breakers, counters and learnt dialects. Contains no token and
/// no text of a turn.
///
/// Taken by [`Plugin::snapshot`](crate::Plugin::snapshot) and restored by
/// [`PluginBuilder::snapshot`](crate::PluginBuilder::snapshot), also in another process: an open breaker
/// stays open for the rest of its time, measured by the system's time of day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Time since 1970.
    taken: Duration,
    /// The plugin's clock at that moment.
    clock: Duration,
    /// The component's own format; opaque to the host.
    pub(crate) guards: Vec<u8>,
}

/// The bytes are not a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a guard snapshot from this version")]
pub struct NoSnapshot;

impl Snapshot {
    pub(crate) fn new(guards: Vec<u8>, clock: &Clock) -> Self {
        Self {
            taken: since_1970(),
            clock: clock.now(),
            guards,
        }
    }

    /// Serialized for storage: one line of text, then the component's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (taken, clock) = (self.taken.as_millis(), self.clock.as_millis());
        let mut bytes = format!("{MAGIC} {taken} {clock}\n").into_bytes();
        bytes.extend_from_slice(&self.guards);
        bytes
    }

    /// Reads the output of [`Snapshot::to_bytes`]. Whether the component accepts it shows when a plugin
    /// starts with it.
    ///
    /// # Errors
    ///
    /// [`NoSnapshot`] if the bytes have another format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoSnapshot> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let (head, guards) = bytes.split_at(end.ok_or(NoSnapshot)?);
        let head = std::str::from_utf8(head).map_err(|_| NoSnapshot)?;
        let numbers = head.strip_prefix(MAGIC).ok_or(NoSnapshot)?;
        let numbers: Result<Vec<u64>, _> = numbers.split_whitespace().map(str::parse).collect();
        let Ok([taken, clock]) = numbers.as_deref() else {
            return Err(NoSnapshot);
        };
        Ok(Self {
            taken: Duration::from_millis(*taken),
            clock: Duration::from_millis(*clock),
            guards: guards[1..].to_vec(),
        })
    }

    /// What the earlier plugin's clock would show now, by the time of day. A time of day that went
    /// back counts as no time passed.
    pub(crate) fn clock_now(&self) -> Duration {
        let passed = since_1970().saturating_sub(self.taken);
        self.clock.saturating_add(passed)
    }
}

fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            taken: Duration::from_millis(1_790_000_000_123),
            clock: Duration::from_millis(4_567),
            guards: b"2 0\nx\n\xff".to_vec(),
        }
    }

    #[test]
    fn what_was_stored_is_read_again() {
        let bytes = snapshot().to_bytes();
        assert!(bytes.starts_with(b"astr-openclaw-guards 1 1790000000123 4567\n2 0\n"));
        assert_eq!(Snapshot::from_bytes(&bytes), Ok(snapshot()));
    }

    #[test]
    fn anything_else_is_no_snapshot() {
        let good = snapshot().to_bytes();
        let head = good.split(|byte| *byte == b'\n').next().unwrap();
        let later = String::from_utf8_lossy(&good).replacen("guards 1", "guards 2", 1);
        for bad in [
            b"".as_slice(),
            b"\n",
            head,
            later.as_bytes(),
            b"astr-openclaw-guards 1 5\n2 0",
            b"astr-openclaw-guards 1 5 6 7\n2 0",
            b"astr-openclaw-guards 1 5 -6\n2 0",
            b"\xff\xff\n",
        ] {
            assert_eq!(Snapshot::from_bytes(bad), Err(NoSnapshot), "{bad:?}");
        }
    }

    #[test]
    fn the_clock_goes_on_by_the_time_of_day_and_never_back() {
        let hour = Duration::from_secs(3600);
        let mut snapshot = snapshot();
        snapshot.taken = since_1970() - hour;
        assert!(snapshot.clock_now() >= snapshot.clock + hour);
        snapshot.taken = since_1970() + hour;
        assert_eq!(snapshot.clock_now(), snapshot.clock);
    }
}
