use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle as _;
use std::ptr::null;
use std::sync::OnceLock;

use windows_sys::Win32::Foundation::{FALSE, HANDLE, TRUE};
use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, ENABLE_PROCESSED_OUTPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING,
    FlushConsoleInputBuffer, GetConsoleCP, GetConsoleMode, GetNumberOfConsoleInputEvents,
    GetStdHandle, INPUT_RECORD, KEY_EVENT, ReadConsoleInputW, STD_ERROR_HANDLE, STD_INPUT_HANDLE,
    STD_OUTPUT_HANDLE, SetConsoleCtrlHandler, SetConsoleMode, WriteConsoleW,
};

use super::End;
use super::line::{Done, Line};

pub(super) fn has_console() -> bool {
    // SAFETY: no preconditions. There is no code page without a console.
    unsafe { GetConsoleCP() != 0 }
}

pub(super) fn understand_colours() {
    for which in [STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        let mut mode = 0;
        let colours = ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
        // SAFETY: the handle is this process's or none, which both calls refuse; the mode outlives them. An older console
        // refuses, and whoever prints sees that there are no colours.
        unsafe {
            let handle = GetStdHandle(which);
            if GetConsoleMode(handle, &mut mode) != FALSE {
                SetConsoleMode(handle, mode | colours);
            }
        }
    }
}

pub(super) fn forget_typed() {
    // SAFETY: the handle is this process's or none, which the call refuses.
    unsafe { FlushConsoleInputBuffer(GetStdHandle(STD_INPUT_HANDLE)) };
}

type Then = Box<dyn Fn(End) + Send + Sync>;

static THEN: OnceLock<Then> = OnceLock::new();

pub(super) fn on_end(then: Then) -> io::Result<()> {
    if THEN.set(then).is_err() {
        return Ok(());
    }
    // SAFETY: the function has the right signature and lives as long as the process.
    match unsafe { SetConsoleCtrlHandler(Some(handler), TRUE) } {
        FALSE => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Called by the system, on a thread of its own.
unsafe extern "system" fn handler(event: u32) -> windows_sys::core::BOOL {
    let end = match event {
        CTRL_C_EVENT => End::Interrupt,
        CTRL_BREAK_EVENT => End::Break,
        _ => End::Close,
    };
    if let Some(then) = THEN.get() {
        then(end);
    }
    TRUE
}

/// A line that a person types on this process's console, taken key by key, so that nothing waits in the system for its end:
/// between two lines anybody else may read the console.
#[derive(Debug)]
pub struct TypedLine {
    keys: File,
    screen: File,
    line: Line,
}

impl TypedLine {
    /// On this process's console.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn new() -> io::Result<Self> {
        let open = |name: &str| File::options().read(true).write(true).open(name);
        Ok(Self {
            keys: open("CONIN$")?,
            screen: open("CONOUT$")?,
            line: Line::default(),
        })
    }

    /// Forgets the beginning of the line.
    pub fn forget(&mut self) {
        self.line.clear();
    }

    /// Takes the keys that were pressed, and shows them. Does not wait. Returns a line without its end, or `Some(None)` at
    /// the end of the input.
    ///
    /// # Errors
    ///
    /// The console cannot be read.
    pub fn take(&mut self) -> io::Result<Option<Option<String>>> {
        loop {
            let mut waiting = 0;
            // SAFETY: the handle is open; the number outlives the call.
            let told = unsafe { GetNumberOfConsoleInputEvents(self.handle(), &mut waiting) };
            succeeded(told)?;
            if waiting == 0 {
                return Ok(None);
            }
            for unit in self.next_key()? {
                match self.line.key(unit) {
                    Done::Echo(text) => self.show(&text)?,
                    Done::Line(line) => {
                        self.show("\r\n")?;
                        return Ok(Some(Some(line)));
                    }
                    Done::End => return Ok(Some(None)),
                }
            }
        }
    }

    /// The characters of the next event: none unless it is a key that has one.
    fn next_key(&self) -> io::Result<Vec<u16>> {
        /// The key Alt: a character that was entered by its number comes when it is released.
        const ALT: u16 = 0x12;

        let mut event = INPUT_RECORD::default();
        let mut read = 0;
        // SAFETY: the handle is open, and there is room for one event.
        succeeded(unsafe { ReadConsoleInputW(self.handle(), &mut event, 1, &mut read) })?;
        if read == 0 || u32::from(event.EventType) != KEY_EVENT {
            return Ok(Vec::new());
        }
        // SAFETY: events of this type have this field; of a character any bits are a number.
        let (key, unit) = unsafe { (event.Event.KeyEvent, event.Event.KeyEvent.uChar.UnicodeChar) };
        let pressed = key.bKeyDown != FALSE || key.wVirtualKeyCode == ALT;
        Ok(match unit {
            0 => Vec::new(),
            _ if !pressed => Vec::new(),
            _ => vec![unit; usize::from(key.wRepeatCount.max(1))],
        })
    }

    fn show(&self, text: &str) -> io::Result<()> {
        let wide: Vec<u16> = text.encode_utf16().collect();
        if wide.is_empty() {
            return Ok(());
        }
        let mut written = 0;
        // SAFETY: the handle is open, and there are as many characters as told.
        succeeded(unsafe {
            let length = wide.len() as u32;
            WriteConsoleW(
                self.screen.as_raw_handle(),
                wide.as_ptr(),
                length,
                &mut written,
                null(),
            )
        })
    }

    fn handle(&self) -> HANDLE {
        self.keys.as_raw_handle()
    }
}

fn succeeded(result: windows_sys::core::BOOL) -> io::Result<()> {
    match result {
        FALSE => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
