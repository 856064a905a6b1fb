//! A cluster of masters that share the keys of a cache server: settings as a user writes them, and which key goes where.
//!
//! Sources: Redis 7.4 `cluster.c`, `cluster_legacy.c`, `crc16.c`; the Redis Cluster specification. Times that are called
//! measured were taken on Redis 7.0 with three masters and three replicas on one machine.

use crc::{CRC_16_XMODEM, Crc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::Span;

/// Masters that share the keys, each with a loop, memory and replicas of its own.
///
/// Masters send each other PINGs. One that does not answer for `node-timeout` is suspected by whoever asked; when a majority
/// of the masters suspects it, it has failed, and one of its replicas asks them for their votes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClusterSpec {
    /// Masters. Keys go to 16,384 slots, and the slots evenly to the masters. Fewer than 3 are no majority without one of
    /// them: no replica takes over. Range: 1 to 1000.
    pub masters: u16,
    /// Replicas of each master. Range: 0 to 16.
    #[serde(default)]
    pub replicas: u16,
    /// How long a PING may go unanswered. Range: above 0s. Source: Redis `cluster-node-timeout`.
    #[serde(default = "node_timeout")]
    pub node_timeout: Span,
    /// Whether all masters refuse all keys, as with `-CLUSTERDOWN`, while any slot is without a master. Source: Redis
    /// `cluster-require-full-coverage`.
    #[serde(default = "yes")]
    pub require_full_coverage: bool,
    /// A replica that has not heard of its master for longer than this many node time-outs and 10 s does not take over; 0
    /// for always. Source: Redis `cluster-replica-validity-factor`.
    #[serde(default = "validity_factor")]
    pub replica_validity_factor: u32,
    /// From the moment that a majority suspects a master until one of them has heard of all the others. Measured: up to
    /// 600ms.
    #[serde(default = "reports")]
    pub reports: LawSpec,
    /// From a replica's request for votes until clients write to it: the votes, and their new map of the slots. Measured:
    /// 0.1 s.
    #[serde(default = "discovery")]
    pub discovery: LawSpec,
}

fn node_timeout() -> Span {
    Span::from_secs(15)
}

fn yes() -> bool {
    true
}

fn validity_factor() -> u32 {
    10
}

fn reports() -> LawSpec {
    LawSpec::Uniform { from: Span::ZERO, to: Span::from_millis(600) }
}

fn discovery() -> LawSpec {
    LawSpec::Constant(Span::from_millis(100))
}

/// Slots of a cluster.
const SLOTS: u32 = 16_384;

/// The checksum that Redis takes of keys.
static CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);

/// The beginning of a key's checksum: of `text` behind what `crc` is of.
pub(crate) fn checksum(crc: u16, text: &[u8]) -> u16 {
    let mut digest = CHECKSUM.digest_with_initial(crc);
    digest.update(text);
    digest.finalize()
}

/// The checksum of a key that ends with a number.
pub(crate) fn checksum_of_number(crc: u16, number: u64) -> u16 {
    checksum(crc, itoa::Buffer::new().format(number).as_bytes())
}

/// The master of a key with this checksum. The slots of master `i` begin at `i` × 16384 ÷ masters, rounded: as `redis-cli
/// --cluster create` shares them out.
pub(crate) fn master_of(crc: u16, masters: u16) -> u16 {
    let slot = u32::from(crc) % SLOTS;
    (((2 * slot + 1) * u32::from(masters) - 1) / (2 * SLOTS)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the Redis Cluster specification, and slots that its documentation and a real server name.
    #[test]
    fn keys_go_to_the_slots_of_a_real_cluster() {
        assert_eq!(checksum(0, b"123456789"), 0x31c3);
        assert_eq!(checksum_of_number(0, 123_456_789), 0x31c3);
        let slot = |key: &str| u32::from(checksum(0, key.as_bytes())) % SLOTS;
        assert_eq!((slot("foo"), slot("bar"), slot("hello")), (12_182, 5_061, 866));
        assert_eq!(checksum_of_number(checksum(0, b"product:"), 0), checksum(0, b"product:0"));
    }

    /// The slots of three masters, as `redis-cli --cluster create` shares them out: 0 to 5460, to 10922, to 16383.
    #[test]
    fn slots_go_evenly_to_the_masters() {
        let of = |slot: u16| master_of(slot, 3);
        assert_eq!([0, 5_460, 5_461, 10_922, 10_923, 16_383].map(of), [0, 0, 1, 1, 2, 2]);
        for masters in [1, 2, 3, 5, 7, 100, 1_000] {
            let mut counts = vec![0_u32; usize::from(masters)];
            (0..SLOTS).for_each(|slot| counts[usize::from(master_of(slot as u16, masters))] += 1);
            let (least, most) = (counts.iter().min(), counts.iter().max());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1), "{counts:?}");
        }
    }

    #[test]
    fn numbered_keys_spread_over_the_masters() {
        let mut counts = [0_u32; 6];
        let prefix = checksum(0, b"kept:row:");
        (0..60_000).for_each(|key| counts[usize::from(master_of(checksum_of_number(prefix, key), 6))] += 1);
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 500), "{counts:?}");
    }
}
