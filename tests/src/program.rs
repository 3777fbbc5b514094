//! Runs of programs that hold a token and must not show it.

use std::process::Output;

use serde_json::Value;

/// The gateways' token. No output may ever hold it.
pub use crate::left::TOKEN;
use crate::left::leave;

/// What a run of a program left.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// Its stdout.
    pub out: String,
    /// Its stderr.
    pub err: String,
}

impl Ran {
    /// The lines of stdout as JSON.
    pub fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect()
    }

    /// Asserts the exit code, and that stderr contains all of these words.
    #[track_caller]
    pub fn failed(&self, code: i32, says: &[&str]) {
        assert_eq!(self.code, code, "{self:?}");
        for words in says {
            assert!(self.err.contains(words), "no `{words}` in {self:?}");
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let ran = Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        };
        leave("cli", format!("{}\n{}", ran.out, ran.err));
        assert!(
            !ran.out.contains(TOKEN) && !ran.err.contains(TOKEN),
            "the token is shown: {ran:?}"
        );
        for crash in ["panicked", "wasm backtrace"] {
            assert!(!ran.err.contains(crash), "{crash}: {ran:?}");
        }
        ran
    }
}
