//! How the lines of a text end, for what is added to it.

/// `\r\n` if one of its lines ends so, or if the text was cut off in the middle of one that does; otherwise `\n`.
pub(crate) fn of(text: &str) -> &'static str {
    match text.contains("\r\n") || text.ends_with('\r') {
        true => "\r\n",
        false => "\n",
    }
}

/// What the last line of a text lacks before another can follow it.
pub(crate) fn missing(text: &str) -> &'static str {
    match text {
        "" => "",
        text if text.ends_with('\n') => "",
        text if text.ends_with('\r') => "\n",
        text => of(text),
    }
}
