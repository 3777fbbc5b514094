//! How the bytes of a fuzzer become an input.

/// The largest input of any target, with what is repeated. Small enough that a fuzzer tries many a second, large enough
/// that quadratic work shows.
pub const MOST: usize = 4 << 20;

/// An input: four bytes of choices, then what is read.
///
/// The first choice also says whether a part of the rest is repeated, which shows work that is not linear.
pub struct Input<'a> {
    choices: [u8; 4],
    rest: &'a [u8],
}

/// From here on the first choice means that a part is repeated.
const REPEATS_FROM: u8 = 254;

impl<'a> Input<'a> {
    /// None if there is too little.
    pub fn new(data: &'a [u8]) -> Option<Self> {
        let (choices, rest) = data.split_first_chunk()?;
        Some(Self {
            choices: *choices,
            rest: &rest[..rest.len().min(MOST)],
        })
    }

    /// A choice out of so many.
    pub fn choice(&self, at: usize, of: u8) -> u8 {
        self.choices[at] % of
    }

    /// A choice as it is.
    pub fn byte(&self, at: usize) -> u8 {
        self.choices[at]
    }

    /// What is read: at most so many bytes if a part is repeated.
    pub fn bytes(&self, most: usize) -> Vec<u8> {
        let [repeats, from, to, _] = self.choices;
        if repeats < REPEATS_FROM {
            return self.rest.to_vec();
        }
        let place = |part: u8| self.rest.len() * usize::from(part) / 255;
        let (from, to) = (place(from.min(to)), place(from.max(to)));
        let part = &self.rest[from..to];
        let times = most.saturating_sub(self.rest.len()) / part.len().max(1);
        let mut bytes = self.rest[..from].to_vec();
        bytes.extend_from_slice(&part.repeat(if part.is_empty() { 1 } else { times.max(1) }));
        bytes.extend_from_slice(&self.rest[to..]);
        bytes
    }

    /// The bytes in pieces, some of them empty; which, the last choice says.
    pub fn pieces<'b>(&self, bytes: &'b [u8]) -> Vec<&'b [u8]> {
        let mut state = u32::from(self.choices[3]) | 0x100;
        let longest = match self.choices[3] % 4 {
            0 => 2,
            1 => 9,
            2 => 120,
            _ => 5000,
        };
        let mut rest = bytes;
        let mut pieces = vec![];
        while !rest.is_empty() {
            // A linear congruential generator: the same pieces each time.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = (state >> 8) as usize % longest;
            // Small pieces of something large would only take long.
            let length = length.max(bytes.len() / 20_000).min(rest.len());
            let (piece, tail) = rest.split_at(length);
            pieces.push(piece);
            rest = tail;
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_whole_and_a_part_is_repeated() {
        assert!(Input::new(b"abc").is_none());
        for how in 0..=255 {
            let data = [&[0, 1, 2, how][..], &[b'x'; 700]].concat();
            let input = Input::new(&data).unwrap();
            let bytes = input.bytes(MOST);
            assert_eq!(bytes, [b'x'; 700]);
            assert_eq!(input.pieces(&bytes).concat(), bytes);
        }
        let data = [&[255, 85, 170, 0][..], b"headpartTAIL"].concat();
        let repeated = Input::new(&data).unwrap().bytes(MOST);
        assert!(repeated.starts_with(b"headpartpartpart") && repeated.ends_with(b"partTAIL"));
        assert!((MOST - 8..=MOST).contains(&repeated.len()));
        let data = [&[255, 9, 9, 0][..], b"none"].concat();
        assert_eq!(Input::new(&data).unwrap().bytes(MOST), b"none");
    }
}
