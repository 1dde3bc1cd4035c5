//! What is known to be worth trying, and ways to break it.

use std::path::Path;

/// Pieces that have broken parsers before.
const TOKENS: [&[u8]; 40] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b":",
    b",",
    b"null",
    b"true",
    b"-0",
    b"1e999999",
    b"-1e-999999",
    b"0x10",
    b"18446744073709551616",
    b"-9223372036854775809",
    b"9007199254740993",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00\\ud800",
    b"\0",
    b"\x7f",
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"pusher:",
    b"pusher_internal:",
    b"client-",
    b"presence-",
    b"private-encrypted-cache-",
    b"#server-to-user-",
    b"%00",
    b"%",
    b"%zz",
    b"&",
    b"=",
    b"+",
    b"#",
    b"\r\n",
];

/// The lines of a file of the corpus; what begins with `#` and a space is a remark.
pub(crate) fn lines(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "))
        .map(|line| line.as_bytes().to_vec())
        .collect()
}

/// The same where a line is hexadecimal, with spaces where they help.
pub(crate) fn hex_lines(name: &str) -> Vec<Vec<u8>> {
    lines(name)
        .iter()
        .map(|line| hex::decode(line.iter().filter(|it| **it != b' ').copied().collect::<Vec<_>>()).unwrap())
        .collect()
}

/// Numbers that are the same in every run with the same seed (xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    /// The seed of the environment, or ours.
    pub(crate) fn new() -> Self {
        let seed = variable("FUZZ_SEED", 1);
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of the corpus, broken in one to four places.
    pub(crate) fn broken(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.pick(corpus).clone();
        for _ in 0..=self.below(4) {
            let (at, other) = (self.below(bytes.len() + 1), self.below(bytes.len() + 1));
            let (from, to) = (at.min(other), at.max(other));
            match self.below(8) {
                0 if from < bytes.len() => bytes[from] ^= 1 << self.below(8),
                1 if from < bytes.len() => bytes[from] = u8::try_from(self.below(256)).unwrap(),
                2 => drop(bytes.drain(from..to)),
                3 => {
                    let again = bytes[from..to].to_vec();
                    bytes.splice(from..from, again);
                }
                4 => {
                    let foreign = self.pick(corpus).clone();
                    let start = self.below(foreign.len() + 1);
                    bytes.splice(from..to, foreign[start..].iter().copied());
                }
                5 => {
                    let times = 1 << self.below(7);
                    let token = self.pick(&TOKENS).repeat(times);
                    bytes.splice(from..from, token);
                }
                _ => {
                    let token = *self.pick(&TOKENS);
                    bytes.splice(from..to, token.iter().copied());
                }
            }
        }
        bytes
    }
}

/// How often to try: `usual`, times what the environment says.
pub(crate) fn rounds(usual: usize) -> usize {
    usual * usize::try_from(variable("FUZZ_ROUNDS", 1)).unwrap()
}

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |it| it.parse().unwrap())
}

/// Input as a line of the corpus.
pub(crate) fn printed(input: &[u8]) -> String {
    match std::str::from_utf8(input) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => format!("hex {}", hex::encode(input)),
    }
}
