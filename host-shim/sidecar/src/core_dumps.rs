//! Keeps tokens out of core dumps.

/// Has the system write no core dump of this program, whose memory holds tokens; on Windows, no report of its crash. On
/// Linux, other programs of the same user can then not read its memory either, and what it starts is not affected. For
/// programs of ours only: AstrBot's process is AstrBot's.
pub fn disable() {
    openclaw_os::core_dumps::disable();
}
