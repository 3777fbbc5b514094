//! Lines from stdin, read on a thread of their own: reading blocks.

use std::io;

use openclaw_render::session::{Input, MAX_LINE_BYTES, next_line};
use tokio::sync::mpsc;

/// Lines that wait for the session.
const QUEUE: usize = 16;

/// The lines of stdin; the channel closes at its end.
pub fn stdin() -> io::Result<mpsc::Receiver<Input>> {
    let (lines, receiver) = mpsc::channel(QUEUE);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut reader = io::stdin().lock();
            while let Some(input) = next_line(&mut reader, MAX_LINE_BYTES) {
                let broken = matches!(input, Input::Broken(_));
                if lines.blocking_send(input).is_err() || broken {
                    break;
                }
            }
        })?;
    Ok(receiver)
}

/// How the input ends.
pub(super) enum End {
    /// By itself.
    Input,
    /// With `quit`.
    Quit,
    /// It cannot be read, because of this.
    Broken(String),
}
