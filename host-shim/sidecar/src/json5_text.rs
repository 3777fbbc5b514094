//! The outline of a JSON5 text: where its objects, members and comments are, so that a part can be changed
//! and every other byte kept.

use std::ops::Range;

/// How deep values may be nested.
const DEPTH: usize = 100;

/// An object and where it is in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The offset of its `{`.
    pub open: usize,
    /// The offset of its `}`.
    pub close: usize,
    /// Its members in the order of the text; a key may occur more than once, and the last one counts.
    pub members: Vec<Member>,
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The key, unescaped.
    pub key: String,
    /// From the key's first byte to the end of the value, in bytes.
    pub span: Range<usize>,
    /// The value, if it is an object.
    pub object: Option<Object>,
}

/// A text's outermost object and its line comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// The object that the text is.
    pub root: Object,
    /// Every `//` comment from its first slash to before the line break, in bytes.
    pub comments: Vec<Range<usize>>,
}

impl Object {
    /// The member that counts for this key.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members.iter().rfind(|member| member.key == key)
    }

    /// Whether an offset is inside this object, but in none of its members.
    pub fn holds(&self, at: usize) -> bool {
        let inside = |member: &Member| member.span.contains(&at);
        self.open < at && at < self.close && !self.members.iter().any(inside)
    }
}

/// The outline of a text that is one JSON5 object.
///
/// # Errors
///
/// It is not: the offset in bytes where it stops being one, or of a value that is nested too deeply.
pub fn outline(text: &str) -> Result<Outline, usize> {
    let mut reader = Reader {
        text,
        at: 0,
        comments: Vec::new(),
    };
    reader.skip()?;
    let root = reader.object(DEPTH)?;
    reader.skip()?;
    match reader.peek() {
        None => Ok(Outline {
            root,
            comments: reader.comments,
        }),
        Some(_) => Err(reader.at),
    }
}

/// The number of the line, from 1, that an offset is in.
pub fn line_of(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at.min(text.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    comments: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn take(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        if there {
            self.at += wanted.len_utf8();
        }
        there
    }

    fn expect(&mut self, wanted: char) -> Result<(), usize> {
        let at = self.at;
        self.take(wanted).then_some(()).ok_or(at)
    }

    /// Skips white space and comments.
    fn skip(&mut self) -> Result<(), usize> {
        loop {
            let start = self.at;
            if self.rest().starts_with("//") {
                let end = self.rest().find(is_line_break);
                self.at = end.map_or(self.text.len(), |end| start + end);
                self.comments.push(start..self.at);
            } else if self.rest().starts_with("/*") {
                let end = self.rest()[2..].find("*/").ok_or(start)?;
                self.at = start + 2 + end + 2;
            } else if self
                .peek()
                .is_some_and(|next| next.is_whitespace() || next == '\u{feff}')
            {
                self.next();
            } else {
                return Ok(());
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Object, usize> {
        let open = self.at;
        self.expect('{')?;
        let mut members = Vec::new();
        loop {
            self.skip()?;
            let close = self.at;
            if self.take('}') {
                return Ok(Object {
                    open,
                    close,
                    members,
                });
            }
            let start = self.at;
            let key = self.key()?;
            self.skip()?;
            self.expect(':')?;
            self.skip()?;
            let object = self.value(depth)?;
            members.push(Member {
                key,
                span: start..self.at,
                object,
            });
            self.skip()?;
            if !self.take(',') && self.peek() != Some('}') {
                return Err(self.at);
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Option<Object>, usize> {
        let deeper = depth.checked_sub(1).ok_or(self.at)?;
        match self.peek().ok_or(self.at)? {
            '{' => return self.object(deeper).map(Some),
            '[' => self.list(deeper)?,
            '"' | '\'' => drop(self.string()?),
            _ => drop(self.word()?),
        }
        Ok(None)
    }

    fn list(&mut self, depth: usize) -> Result<(), usize> {
        self.expect('[')?;
        loop {
            self.skip()?;
            if self.take(']') {
                return Ok(());
            }
            self.value(depth)?;
            self.skip()?;
            if !self.take(',') && self.peek() != Some(']') {
                return Err(self.at);
            }
        }
    }

    fn key(&mut self) -> Result<String, usize> {
        match self.peek() {
            Some('"' | '\'') => self.string(),
            _ => self.word(),
        }
    }

    /// A key without quotes, a number or a literal; `\u` escapes are read.
    fn word(&mut self) -> Result<String, usize> {
        let start = self.at;
        let mut word = String::new();
        while let Some(next) = self.peek() {
            let ends = next.is_whitespace() || ",:{}[]\"'/\u{feff}".contains(next);
            if ends {
                break;
            }
            self.next();
            match next {
                '\\' => word.push(self.escape().ok_or(start)?),
                other => word.push(other),
            }
        }
        (self.at > start).then_some(word).ok_or(start)
    }

    fn string(&mut self) -> Result<String, usize> {
        let start = self.at;
        let quote = self.next().ok_or(start)?;
        let mut string = String::new();
        loop {
            match self.next().ok_or(start)? {
                end if end == quote => return Ok(string),
                '\\' if self.rest().starts_with("\r\n") => self.at += 2,
                '\\' if self.peek().is_some_and(is_line_break) => drop(self.next()),
                '\\' => string.push(self.escape().ok_or(start)?),
                '\n' | '\r' => return Err(start),
                other => string.push(other),
            }
        }
    }

    /// What follows a backslash. Half a surrogate pair becomes U+FFFD.
    fn escape(&mut self) -> Option<char> {
        let digits = |count: usize| {
            let digits = self.rest().get(1..1 + count)?;
            u32::from_str_radix(digits, 16).ok()
        };
        let (code, length) = match self.peek()? {
            'u' => (digits(4)?, 5),
            'x' => (digits(2)?, 3),
            other => {
                self.next();
                return Some(match other {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    other => other,
                });
            }
        };
        self.at += length;
        Some(char::from_u32(code).unwrap_or('\u{fffd}'))
    }
}

fn is_line_break(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_comments_are_where_they_are() {
        let text = "\u{feff}// head\n{ a: { 'b\\u0063': [1, {x: 2}], /* { */ }, \"d\": '}//', // tail }\n e: +.5e1 }\n";
        let outline = outline(text).unwrap();
        let keys: Vec<&str> = outline.root.members.iter().map(|one| &*one.key).collect();
        assert_eq!(keys, ["a", "d", "e"]);
        let inner = outline.root.member("a").unwrap();
        assert_eq!(
            &text[inner.span.clone()],
            "a: { 'b\\u0063': [1, {x: 2}], /* { */ }"
        );
        assert!(inner.object.as_ref().unwrap().member("bc").is_some());
        let comments: Vec<&str> = outline
            .comments
            .iter()
            .map(|at| &text[at.clone()])
            .collect();
        assert_eq!(comments, ["// head", "// tail }"]);
        assert!(outline.root.holds(text.find("// tail").unwrap()));
        assert!(!outline.root.holds(text.find("/* {").unwrap()));
    }

    #[test]
    fn what_is_no_object_is_told_with_its_place() {
        for (text, at) in [
            ("", 0),
            ("[1]", 0),
            ("{a:1", 4),
            ("{a 1}", 3),
            ("{a:'x\n'}", 3),
            ("{a:1 b:2}", 5),
            ("{a:1} x", 6),
            ("{/*", 1),
        ] {
            assert_eq!(outline(text), Err(at), "{text}");
        }
        assert!(outline(&"{a:".repeat(5000)).is_err());
        assert_eq!(line_of("a\nb\nc", 4), 3);
    }
}
