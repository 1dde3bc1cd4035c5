//! Places that are counted by a key, an address or a user, and given back when dropped.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many places are taken, by key. A key without any is forgotten.
pub(crate) struct Places<K>(Mutex<HashMap<K, usize>>);

/// One place.
pub(crate) struct Place<K: Eq + Hash> {
    key: K,
    places: Arc<Places<K>>,
}

impl<K> Default for Places<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash + Clone> Places<K> {
    /// One more place under this key, if fewer than `max` are taken.
    pub(crate) fn take(self: &Arc<Self>, key: K, max: usize) -> Option<Place<K>> {
        let mut taken = self.lock();
        let count = taken.get(&key).copied().unwrap_or(0);
        if count >= max {
            return None;
        }
        taken.insert(key.clone(), count + 1);
        drop(taken);
        Some(Place { key, places: Arc::clone(self) })
    }
}

impl<K> Places<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Place<K> {
    pub(crate) const fn key(&self) -> &K {
        &self.key
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(count) = taken.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_given_back_and_a_key_without_any_is_forgotten() {
        let places = Arc::new(Places::default());
        let (first, second) = (places.take("a", 2), places.take("a", 2));
        assert!(second.is_some() && places.take("a", 2).is_none() && places.take("b", 1).is_some());
        drop(first);
        assert!(places.take("a", 2).is_some());
        drop(second);
        assert!(places.lock().is_empty());
    }
}
