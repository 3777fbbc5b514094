//! Facts from the operating system.

use std::fs;
use std::path::Path;

use openclaw_os::private;

use super::{Found, Listener, Memory};
use crate::layout::Root;

/// An entry of the root; `None` if it is not there.
pub fn found(path: &Path) -> Option<Found> {
    let data = fs::metadata(path).ok()?;
    // In the containers of other systems the files belong to whoever asks.
    let uid = private::owner(&data).filter(|_| cfg!(target_os = "linux"));
    let mode = private::mode(path).ok();
    Some(Found {
        folder: data.is_dir(),
        regular: data.is_file(),
        size: data.len(),
        mode,
        uid,
        modified: data.modified().ok(),
    })
}

pub fn memory() -> Result<Memory, String> {
    openclaw_os::memory::read().map(|sample| Memory {
        available: sample.available,
        total: sample.total,
    })
}

/// The machine's swap, in bytes.
#[cfg(target_os = "linux")]
pub fn swap() -> u64 {
    use procfs::Current;
    procfs::Meminfo::current().map_or(0, |memory| memory.swap_total)
}

#[cfg(not(target_os = "linux"))]
pub fn swap() -> u64 {
    openclaw_os::memory::swap()
}

pub fn euid() -> Option<u32> {
    private::user()
}

pub fn disk_free(path: &Path) -> Result<u64, String> {
    let there = path
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(path);
    openclaw_os::files::free_space(there).map_err(|error| error.to_string())
}

/// Who listens on this port, on any address.
#[cfg(target_os = "linux")]
pub fn listener(port: u16) -> Option<Listener> {
    use procfs::net::TcpState;
    let tables = [procfs::net::tcp(), procfs::net::tcp6()];
    let inode = tables
        .into_iter()
        .flatten()
        .flatten()
        .find(|entry| entry.state == TcpState::Listen && entry.local_address.port() == port)?
        .inode;
    let owns = |process: &procfs::process::Process| {
        process.fd().is_ok_and(|fds| {
            fds.flatten().any(|fd| {
                matches!(fd.target, procfs::process::FDTarget::Socket(socket) if socket == inode)
            })
        })
    };
    let process = procfs::process::all_processes()
        .ok()
        .into_iter()
        .flatten()
        .flatten()
        .find(owns)
        .and_then(|process| Some((process.pid(), process.stat().ok()?.comm)));
    Some(Listener { process })
}

/// The addresses that are listened on at this port; none where nobody listens or it is not known.
#[cfg(target_os = "linux")]
pub fn listening(port: u16) -> Vec<std::net::IpAddr> {
    use procfs::net::TcpState;
    let tables = [procfs::net::tcp(), procfs::net::tcp6()];
    let entries = tables.into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.state == TcpState::Listen && entry.local_address.port() == port)
        .map(|entry| entry.local_address.ip().to_canonical())
        .collect()
}

/// Elsewhere containers run in a virtual machine, from which loopback addresses are reached as well.
#[cfg(not(target_os = "linux"))]
pub fn listening(_: u16) -> Vec<std::net::IpAddr> {
    Vec::new()
}

/// Without `/proc` all that is found out is whether anyone accepts a connection.
#[cfg(not(target_os = "linux"))]
pub fn listener(port: u16) -> Option<Listener> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_secs(2))
        .ok()
        .map(|_| Listener { process: None })
}

/// A gateway of this root that runs outside a container. It is recognized by its working folder, or by
/// the config or state folder in its environment.
#[cfg(target_os = "linux")]
pub fn starting_gateway(root: &Root) -> Option<(i32, String)> {
    let ours = |process: &procfs::process::Process| {
        process.cwd().is_ok_and(|folder| folder == root.path())
            || process.environ().is_ok_and(|environment| {
                ["OPENCLAW_CONFIG_PATH", "OPENCLAW_STATE_DIR"]
                    .iter()
                    .any(|key| {
                        environment
                            .get(std::ffi::OsStr::new(key))
                            .is_some_and(|value| Path::new(value).starts_with(root.path()))
                    })
            })
    };
    procfs::process::all_processes()
        .ok()?
        .flatten()
        .filter(|process| process.pid() != std::process::id() as i32)
        .find_map(|process| {
            let words = process.cmdline().ok()?;
            let script =
                |word: &String| word.ends_with("openclaw.mjs") || word.ends_with("dist/index.js");
            let started = words.iter().any(|word| word == "gateway") && words.iter().any(script);
            let titled = words
                .first()
                .is_some_and(|word| word.starts_with("openclaw-gateway"));
            // Only the short name: a command line may contain a token.
            ((started || titled) && ours(&process))
                .then(|| Some((process.pid(), process.stat().ok()?.comm)))?
        })
}

#[cfg(not(target_os = "linux"))]
pub fn starting_gateway(_: &Root) -> Option<(i32, String)> {
    None
}
