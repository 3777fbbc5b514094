//! A small language for what a gateway puts on the wire, in which the table of the wire matrix is written.
//!
//! Text stands for itself; `\r`, `\n`, `\t`, `\0`, `\\`, `\{`, `\}` and `\xHH` for bytes. `{name argument}` is a macro,
//! whose argument is written in the same language:
//!
//! | macro | what it stands for |
//! |---|---|
//! | `{head STATUS TYPE}` | a status line and a content type; `{sse}` and `{json}` are those of a good answer |
//! | `{chunked}` | the header of a chunked body, and the end of the head |
//! | `{length X}` | the length of `X` as a header, the end of the head, and `X` |
//! | `{size X}` | the number of bytes of `X` as a chunk has it; `{SIZE X}` in capitals |
//! | `{chunk X}` | a chunk; `{last}` is the last one |
//! | `{stream X}` | a good head and `X` in one chunk, complete; `{open X}` lacks the last chunk |
//! | `{d X}` | an event with this delta, as JSON writes it; `{end X}` the last event, with this text |
//! | `{body X}` | a response in JSON with this text |
//! | `{ok}` | the events of a good answer, which is `PONG` |
//! | `{*N X}` | `X`, `N` times |
//! | `{forever X}` | at the end of a template: `X` until the client leaves |

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// What a template stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    /// What is sent, head included.
    pub bytes: Vec<u8>,
    /// What is sent after that, again and again; empty for nothing.
    pub forever: Vec<u8>,
}

/// Reads a template.
///
/// # Errors
/// What cannot be read, for whoever wrote the template.
pub fn wire(template: &str) -> Result<Wire, String> {
    let mut wire = Wire::default();
    let mut chars = template.chars().peekable();
    expand(&mut chars, false, &mut wire)?;
    Ok(wire)
}

/// A delta as an event.
pub fn delta(text: &str) -> String {
    format!("data: {{\"type\":\"response.output_text.delta\",\"delta\":\"{text}\"}}\n\n")
}

/// A complete response in JSON with these output items.
pub fn response(output: &str) -> String {
    format!("{{\"id\":\"r\",\"status\":\"completed\",\"output\":[{output}]}}")
}

/// An output item with this text.
pub fn message(text: &str) -> String {
    format!(
        "{{\"type\":\"message\",\"content\":[{{\"type\":\"output_text\",\"text\":\"{text}\"}}]}}"
    )
}

/// The last event of a stream, with these output items.
pub fn completed(output: &str) -> String {
    let response = response(output);
    format!("data: {{\"type\":\"response.completed\",\"response\":{response}}}\n\n")
}

type Input<'a> = Peekable<Chars<'a>>;

fn expand(input: &mut Input<'_>, nested: bool, wire: &mut Wire) -> Result<(), String> {
    while let Some(char) = input.next() {
        match char {
            '}' if nested => return Ok(()),
            '}' => return Err("a `}` without its `{`".to_owned()),
            '{' => call(input, wire)?,
            '\\' => wire.bytes.push(escape(input)?),
            other => {
                let mut utf8 = [0; 4];
                let utf8 = other.encode_utf8(&mut utf8);
                wire.bytes.extend_from_slice(utf8.as_bytes());
            }
        }
    }
    match nested {
        true => Err("a `{` without its `}`".to_owned()),
        false => Ok(()),
    }
}

fn escape(input: &mut Input<'_>) -> Result<u8, String> {
    Ok(match input.next() {
        Some('r') => b'\r',
        Some('n') => b'\n',
        Some('t') => b'\t',
        Some('0') => 0,
        Some(char @ ('\\' | '{' | '}')) => char as u8,
        Some('x') => {
            let digits: String = input.take(2).collect();
            u8::from_str_radix(&digits, 16).map_err(|error| format!("\\x{digits}: {error}"))?
        }
        other => return Err(format!("`\\` before {other:?}")),
    })
}

/// Reads the rest of a macro and appends what it stands for.
fn call(input: &mut Input<'_>, wire: &mut Wire) -> Result<(), String> {
    let mut name = String::new();
    while let Some(char) = input.next_if(|char| !matches!(char, ' ' | '}')) {
        name.push(char);
    }
    let mut argument = Wire::default();
    let with_argument = input.next_if_eq(&' ').is_some();
    expand(input, true, &mut argument)?;
    if !argument.forever.is_empty() {
        return Err("`{forever …}` within another macro".to_owned());
    }
    let argument = argument.bytes;
    // The argument need not be text.
    let within = |write: fn(&str) -> String| {
        let whole = write("\0");
        let (before, after) = whole.split_once('\0').unwrap_or_default();
        [before.as_bytes(), &argument, after.as_bytes()].concat()
    };
    let out = &mut wire.bytes;
    match name.as_str() {
        "forever" => wire.forever.clone_from(&argument),
        "length" => {
            out.extend(format!("Content-Length: {}\r\n\r\n", argument.len()).bytes());
            out.extend(&argument);
        }
        "size" => out.extend(format!("{:x}", argument.len()).bytes()),
        "SIZE" => out.extend(format!("{:X}", argument.len()).bytes()),
        "chunk" => push_chunk(out, &argument),
        "stream" | "open" => {
            out.extend(constant("sse").unwrap_or_default().bytes());
            out.extend(constant("chunked").unwrap_or_default().bytes());
            push_chunk(out, &argument);
            if name == "stream" {
                out.extend(b"0\r\n\r\n");
            }
        }
        "head" => {
            let text = String::from_utf8_lossy(&argument);
            let (status, kind) = text.split_once(' ').unwrap_or((&text, ""));
            out.extend(format!("HTTP/1.1 {status} X\r\n").bytes());
            if !kind.is_empty() {
                out.extend(format!("Content-Type: {kind}\r\n").bytes());
            }
        }
        "d" => out.extend(within(delta)),
        "end" => out.extend(within(|text| completed(&message(text)))),
        "body" => out.extend(within(|text| response(&message(text)))),
        repeated if repeated.starts_with('*') => {
            let times: usize = repeated[1..]
                .parse()
                .map_err(|error| format!("`{{{repeated} …}}`: {error}"))?;
            out.extend(argument.repeat(times));
        }
        known => match constant(known) {
            Some(text) if !with_argument => out.extend(text.bytes()),
            _ => return Err(format!("no macro `{{{known}}}` of this kind")),
        },
    }
    Ok(())
}

fn push_chunk(out: &mut Vec<u8>, data: &[u8]) {
    let mut size = String::new();
    // Writing to a string does not fail.
    let _ = write!(size, "{:x}\r\n", data.len());
    out.extend(size.bytes());
    out.extend(data);
    out.extend(b"\r\n");
}

fn constant(name: &str) -> Option<String> {
    Some(match name {
        "sse" => "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n".to_owned(),
        "json" => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n".to_owned(),
        "chunked" => "Transfer-Encoding: chunked\r\n\r\n".to_owned(),
        "last" => "0\r\n\r\n".to_owned(),
        "ok" => delta("PO") + &delta("NG") + &completed(&message("PONG")),
        _ => return None,
    })
}
