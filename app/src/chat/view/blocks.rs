//! The list in blocks of rows. Leptos' `<For>` takes every row out of the page and puts it back when more than one comes in
//! above them, and the browser lays out all of them anew. One block is one thing that comes in, however many rows it has.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// A block that has so many rows gets no more of them.
const FULL: usize = 12;

/// In which block each row is.
pub(super) struct Blocks<Key> {
    block_of: HashMap<Key, u64>,
    next: u64,
}

impl<Key> Default for Blocks<Key> {
    fn default() -> Self {
        Self { block_of: HashMap::new(), next: 0 }
    }
}

impl<Key: Eq + Hash + Copy> Blocks<Key> {
    /// Takes the rows, top to bottom, and returns the blocks: the number of each, and how many rows are in it. A row stays
    /// in its block as long as no row of another one has come between.
    pub(super) fn arrange(&mut self, keys: impl Iterator<Item = Key>) -> Vec<(u64, usize)> {
        let mut sizes = Vec::<(u64, usize)>::new();
        let mut block_of = HashMap::with_capacity(self.block_of.len());
        let mut seen = HashSet::new();
        for key in keys {
            let known = self.block_of.get(&key).copied();
            let open = sizes.last().map(|it| it.0);
            let block = match known.filter(|it| open == Some(*it) || !seen.contains(it)) {
                Some(known) => known,
                None => match sizes.last() {
                    Some((open, size)) if *size < FULL => *open,
                    _ => {
                        self.next += 1;
                        self.next
                    }
                },
            };
            match sizes.last_mut() {
                Some((open, size)) if *open == block => *size += 1,
                _ => sizes.push((block, 1)),
            }
            seen.insert(block);
            block_of.insert(key, block);
        }
        self.block_of = block_of;
        sizes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arranged(blocks: &mut Blocks<u32>, keys: impl IntoIterator<Item = u32>) -> Vec<(u64, usize)> {
        blocks.arrange(keys.into_iter())
    }

    #[test]
    fn what_comes_in_above_is_a_block_of_its_own_and_the_others_stay() {
        let mut blocks = Blocks::default();
        let before = arranged(&mut blocks, 100..130);
        assert_eq!(before, [(1, 12), (2, 12), (3, 6)]);
        let after = arranged(&mut blocks, 94..130);
        assert_eq!(after, [(4, 6), (1, 12), (2, 12), (3, 6)]);
    }

    #[test]
    fn what_comes_in_below_joins_the_last_block_until_that_is_full() {
        let mut blocks = Blocks::default();
        arranged(&mut blocks, 0..6);
        assert_eq!(arranged(&mut blocks, 0..14), [(1, 12), (2, 2)]);
        assert_eq!(arranged(&mut blocks, 13..15), [(2, 2)]);
    }

    #[test]
    fn a_row_that_goes_elsewhere_leaves_its_block() {
        let mut blocks = Blocks::default();
        arranged(&mut blocks, 0..24);
        let moved: Vec<u32> = (0..6).chain([23]).chain(6..23).collect();
        assert_eq!(arranged(&mut blocks, moved), [(1, 6), (2, 18)]);
    }

    proptest! {
        #[test]
        fn every_row_is_in_one_block_and_no_block_comes_twice(
            lists in prop::collection::vec(prop::collection::hash_set(0_u32..60, 0..40), 1..8)
        ) {
            let mut blocks = Blocks::default();
            for keys in lists {
                let count = keys.len();
                let sizes = arranged(&mut blocks, keys);
                prop_assert_eq!(sizes.iter().map(|it| it.1).sum::<usize>(), count);
                let numbers: HashSet<_> = sizes.iter().map(|it| it.0).collect();
                prop_assert_eq!(numbers.len(), sizes.len());
            }
        }
    }
}
