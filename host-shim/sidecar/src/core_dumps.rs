//! Keeps tokens out of core dumps.

/// Has the system write no core dump of this program, whose memory holds tokens. On Linux, other programs of the same
/// user can then not read its memory either, and what it starts is not affected. For programs of ours only: AstrBot's
/// process is AstrBot's.
pub fn disable() {
    #[cfg(target_os = "linux")]
    let done = {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        set_dumpable_behavior(DumpableBehavior::NotDumpable)
    };
    #[cfg(all(unix, not(target_os = "linux")))]
    let done = {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        setrlimit(Resource::Core, none)
    };
    // No reason to refuse to run: the system's own settings hold then.
    #[cfg(unix)]
    let _ = done;
}
