//! Which partition a record goes to, and which member a partition belongs to.

use crate::random::Stream;

/// The partition of a key, whose bytes are its number in decimal digits, as a text serializer writes them.
///
/// Source: Kafka `BuiltInPartitioner.partitionForKey`.
pub(crate) fn keyed_partition(key: u64, partitions: u32) -> u32 {
    let mut digits = itoa::Buffer::new();
    (murmur2(digits.format(key).as_bytes()) & 0x7fff_ffff) % partitions.max(1)
}

/// Kafka's variant of MurmurHash2.
///
/// Source: Kafka `Utils.murmur2`; A. Appleby, MurmurHash2.
fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ bytes.len() as u32;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    for (place, byte) in rest.iter().enumerate() {
        hash ^= u32::from(*byte) << (8 * place);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// The partition that a producer's records without a key stay on until a batch's worth of bytes went there.
///
/// Source: Kafka `BuiltInPartitioner` (uniform choice of the next).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sticky {
    partition: Option<u32>,
    bytes: u64,
}

impl Sticky {
    pub(crate) fn next(&mut self, size: u64, batch_size: u64, partitions: u32, stream: &mut Stream) -> u32 {
        let partition = match self.partition {
            Some(partition) if self.bytes < batch_size => partition,
            _ => {
                self.bytes = 0;
                stream.below(u64::from(partitions)) as u32
            }
        };
        self.partition = Some(partition);
        self.bytes += size;
        partition
    }
}

/// The member, counted among those that live, that owns a partition under range assignment: the first `partitions
/// mod members` members get one more.
///
/// Source: Kafka `RangeAssignor`.
pub(crate) fn range_owner(partition: u32, partitions: u32, members: u32) -> u32 {
    let (share, extra) = (partitions / members, partitions % members);
    let with_extra = extra * (share + 1);
    if partition < with_extra { partition / (share + 1) } else { extra + (partition - with_extra) / share }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_kafka_s() {
        // Kafka's own `UtilsTest.testMurmur2`.
        let cases: [(&str, i32); 6] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ];
        for (text, hash) in cases {
            assert_eq!(murmur2(text.as_bytes()) as i32, hash, "{text}");
        }
        assert_eq!(keyed_partition(21, 7), (-973_932_308_i32 as u32 & 0x7fff_ffff) % 7);
    }

    #[test]
    fn keys_are_spread_evenly() {
        let mut counts = [0.0; 12];
        for key in 0..120_000 {
            counts[keyed_partition(key, 12) as usize] += 1.0;
        }
        let chi_square: f64 = counts.iter().map(|count: &f64| (count - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi_square < 31.3, "{chi_square}: 0.1 % of 11 degrees of freedom");
    }

    #[test]
    fn records_without_a_key_stay_for_a_batch() {
        let mut stream = Stream::named(1, 0, "sticky", "test");
        let mut sticky = Sticky::default();
        let partitions: Vec<u32> = (0..160).map(|_| sticky.next(1_024, 16_384, 1_000, &mut stream)).collect();
        assert!(partitions.chunks(16).all(|batch| batch.iter().all(|p| *p == batch[0])));
        assert!(partitions.chunks(16).any(|batch| batch[0] != partitions[0]));
    }

    #[test]
    fn range_assignment_gives_the_first_members_the_extra_partitions() {
        let owners: Vec<u32> = (0..7).map(|p| range_owner(p, 7, 3)).collect();
        assert_eq!(owners, [0, 0, 0, 1, 1, 2, 2]);
        let owners: Vec<u32> = (0..4).map(|p| range_owner(p, 4, 4)).collect();
        assert_eq!(owners, [0, 1, 2, 3]);
        assert_eq!((0..2).map(|p| range_owner(p, 2, 5)).collect::<Vec<_>>(), [0, 1]);
    }
}
