//! Which entry a name stands for.

use rustc_hash::FxHashMap;

use super::entries::Name;

/// No entry.
const NONE: u32 = u32::MAX;

/// Keys below this are found by their number.
const NEAR: u64 = 1 << 16;

/// Places of entries by name.
///
/// Keys count from 0, the most popular first: those that are asked for most are places in a list, which is one look at
/// memory where a map takes two or three. The list is no longer than the largest key in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// By logical cache, then by key.
    near: Vec<Vec<u32>>,
    far: FxHashMap<Name, u32>,
}

impl Index {
    /// The entry with a name.
    #[inline]
    pub(super) fn get(&self, (cache, key): Name) -> Option<u32> {
        if key >= NEAR {
            return self.far.get(&(cache, key)).copied();
        }
        let entry = *self.near.get(usize::from(cache))?.get(key as usize)?;
        (entry != NONE).then_some(entry)
    }

    /// Says which entry a name stands for from now on.
    pub(super) fn insert(&mut self, (cache, key): Name, entry: u32) {
        if key >= NEAR {
            self.far.insert((cache, key), entry);
            return;
        }
        let cache = usize::from(cache);
        if cache >= self.near.len() {
            self.near.resize_with(cache + 1, Vec::new);
        }
        let list = &mut self.near[cache];
        if key as usize >= list.len() {
            list.resize(key as usize + 1, NONE);
        }
        list[key as usize] = entry;
    }

    /// Forgets a name.
    pub(super) fn remove(&mut self, (cache, key): Name) {
        if key >= NEAR {
            self.far.remove(&(cache, key));
        } else if let Some(entry) =
            self.near.get_mut(usize::from(cache)).and_then(|list| list.get_mut(key as usize))
        {
            *entry = NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_and_far_ones_are_found_until_they_are_forgotten() {
        let mut index = Index::default();
        let names = [(0, 0), (0, NEAR - 1), (0, NEAR), (3, 5), (3, u64::MAX), (2, 5)];
        for (entry, name) in (0..).zip(names) {
            assert_eq!(index.get(name), None);
            index.insert(name, entry);
        }
        for (entry, name) in (0..).zip(names) {
            assert_eq!(index.get(name), Some(entry), "{name:?}");
            index.insert(name, entry + 10);
            assert_eq!(index.get(name), Some(entry + 10), "{name:?}");
            index.remove(name);
            index.remove(name);
            assert_eq!(index.get(name), None, "{name:?}");
        }
        assert_eq!((index.get((9, 1)), index.get((1, 1))), (None, None));
    }
}
