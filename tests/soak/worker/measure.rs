//! What must stay flat: memory, descriptors and threads of this process.

use std::fs;

use serde_json::Value;

use crate::row;

/// Samples over a part, evenly spread.
#[derive(Default)]
pub struct Flat(Vec<Sample>);

struct Sample {
    memory: f64,
    descriptors: f64,
    threads: f64,
}

/// What a slope is taken of.
type Read = fn(&Sample) -> f64;

/// KiB by which the highest of the second half may exceed that of the first: a component's memory grows until its
/// instance is renewed, so a slope says as much about the moment as about a leak.
const MEMORY_KIB: f64 = 2048.0;

/// Samples of which something can be said.
const FEWEST: usize = 4;

/// Descriptors and threads that the second half may gain; a connection opens and closes now and then.
const HANDLES: f64 = 2.0;

impl Flat {
    /// Takes one more sample; nothing should be under way.
    pub fn sample(&mut self) {
        let count = |of: &str| fs::read_dir(format!("/proc/self/{of}")).map_or(0, Iterator::count);
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let resident = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = resident.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
        self.0.push(Sample {
            memory: kib.unwrap_or(f64::NAN),
            // The folder that is being read is one of them.
            descriptors: count("fd") as f64 - 1.0,
            threads: count("task") as f64,
        });
    }

    /// Rows for the table: the value at the end, and what the second half has gained.
    pub fn rows(&self) -> Vec<Value> {
        if self.0.len() < FEWEST {
            let value = format!("too few samples: {}", self.0.len());
            return ["memory, at most", "descriptors", "threads"]
                .map(|what| row(what, value.clone(), "", true))
                .into();
        }
        let (first, second) = self.0.split_at(self.0.len() / 2);
        // Not `f64::max`, which drops what could not be read.
        let larger = |a: f64, b: f64| if a >= b || a.is_nan() { a } else { b };
        let highest = |half: &[Sample]| half.iter().map(|sample| sample.memory).fold(0.0, larger);
        let (before, after) = (highest(first), highest(second));
        let memory = row(
            "memory, at most",
            format!("{before:.0} KiB in the first half, {after:.0} KiB in the second"),
            &format!("+{MEMORY_KIB:.0} KiB"),
            after - before <= MEMORY_KIB,
        );
        let of = |what: &str, read: Read| {
            let half: Vec<f64> = second.iter().map(read).collect();
            let gained = slope(&half) * (half.len() as f64 - 1.0);
            let last = half.last().copied().unwrap_or(f64::NAN);
            let value = format!("{last:.0}, {gained:+.1} in the second half");
            row(what, value, &format!("+{HANDLES:.0}"), gained <= HANDLES)
        };
        vec![
            memory,
            of("descriptors", |sample| sample.descriptors),
            of("threads", |sample| sample.threads),
        ]
    }
}

/// What the values gain from one to the next, by the line of least squares; NaN if one of them is. There are two or more.
fn slope(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let (middle, mean) = ((count - 1.0) / 2.0, values.iter().sum::<f64>() / count);
    let off = values
        .iter()
        .enumerate()
        .map(|(at, value)| (at as f64 - middle, value - mean));
    let (both, square) = off.fold((0.0, 0.0), |(both, square), (x, y)| {
        (both + x * y, square + x * x)
    });
    both / square
}
