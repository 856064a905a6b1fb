//! Which host gets the next request.
//!
//! It stands for the choices of a gateway or a client-side balancer. What a host's health is, and when it
//! comes back, belongs to the component, which passes the eligible hosts in.
//!
//! It leaves out zones, priorities, subsets, slow start and Maglev.
//!
//! Sources: NGINX `ngx_http_upstream_round_robin.c`; Envoy load_balancers documentation, `edf_scheduler.h`,
//! `LeastRequestLoadBalancer`, `RingHashLoadBalancer`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Findings, PolicyError, refuse};

/// The rule of the choice.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum BalancePolicy {
    /// Each in turn, whatever its weight.
    #[default]
    RoundRobin,
    /// In turn by weight, spread out evenly: the smooth weighted round robin of NGINX.
    SmoothWeighted {
        /// Failures that take the whole effective weight away. Range: at least 1. Source: NGINX `max_fails`, 1 there.
        #[serde(default = "max_fails")]
        max_fails: u32,
    },
    /// The least busy of some drawn at random; with unequal weights, in turn by weight over busyness.
    /// Source: Envoy least request.
    LeastRequest {
        /// Hosts drawn, with replacement. Range: 2 to 100. Source: Envoy `choice_count`, 2 there.
        #[serde(default = "choice_count")]
        choices: u32,
    },
    /// Any, with equal chance.
    Random,
    /// The owner of the key's place on a ring, so that few keys move when hosts come and go.
    RingHash {
        /// What is hashed: a key space of the operations. One key always meets one host while that is open.
        by: String,
        /// Least number of places on the ring. Range: 1 to 8388608. Source: Envoy `minimum_ring_size`, 1024 there.
        #[serde(default = "minimum_ring_size")]
        minimum_ring_size: u32,
    },
}

fn max_fails() -> u32 {
    1
}

fn choice_count() -> u32 {
    2
}

fn minimum_ring_size() -> u32 {
    1024
}

/// The settings of a [`Balance`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct BalanceConfig {
    /// The rule. Default: round robin.
    pub policy: BalancePolicy,
    /// Weight of each host, in their order. Range: 1 to 1000000. Default: empty, all hosts weigh 1.
    pub weights: Vec<u32>,
}

impl BalancePolicy {
    /// Whether [`Balance::on_failure`] changes its choices.
    pub const fn heeds_failures(&self) -> bool {
        matches!(self, BalancePolicy::SmoothWeighted { .. })
    }

    /// The key space whose row [`Draws::key`] is to be, if it matters.
    pub fn hashes(&self) -> Option<&str> {
        match self {
            BalancePolicy::RingHash { by, .. } => Some(by),
            BalancePolicy::RoundRobin
            | BalancePolicy::SmoothWeighted { .. }
            | BalancePolicy::LeastRequest { .. }
            | BalancePolicy::Random => None,
        }
    }
}

impl BalanceConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        for weight in &self.weights {
            findings.require((1..=1_000_000).contains(weight), "weights", weight, "1 to 1000000");
        }
        match self.policy {
            BalancePolicy::RoundRobin | BalancePolicy::Random => {}
            BalancePolicy::SmoothWeighted { max_fails } => {
                findings.require(max_fails >= 1, "max-fails", max_fails, "at least 1");
            }
            BalancePolicy::LeastRequest { choices } => {
                findings.require((2..=100).contains(&choices), "choices", choices, "2 to 100");
            }
            BalancePolicy::RingHash { minimum_ring_size: size, .. } => {
                findings.require((1..=8_388_608).contains(&size), "minimum-ring-size", size, "1 to 8388608");
            }
        }
        findings.into_errors()
    }
}

/// What a choice may draw on besides the hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Draws {
    /// A uniform draw in `[0, 1)`, for the rules that are random.
    pub u: f64,
    /// What the ring hashes.
    pub key: u64,
}

/// The hosts to choose among: usually all of them, and then no list is made.
#[derive(Debug)]
enum Open {
    All(usize),
    Some(Vec<usize>),
}

impl Open {
    #[inline]
    fn of(hosts: usize, eligible: &[bool]) -> Open {
        if eligible.get(..hosts).is_some_and(|eligible| eligible.iter().all(|is| *is)) {
            return Open::All(hosts);
        }
        Open::Some((0..hosts).filter(|host| eligible.get(*host).copied().unwrap_or(false)).collect())
    }

    #[inline]
    fn len(&self) -> usize {
        match self {
            Open::All(hosts) => *hosts,
            Open::Some(list) => list.len(),
        }
    }

    #[inline]
    fn get(&self, index: usize) -> Option<usize> {
        match self {
            Open::All(hosts) => (index < *hosts).then_some(index),
            Open::Some(list) => list.get(index).copied(),
        }
    }

    /// The first open host that is not before `host`.
    #[inline]
    fn first_from(&self, host: usize) -> Option<usize> {
        match self {
            Open::All(hosts) => (host < *hosts).then_some(host),
            Open::Some(list) => list.iter().copied().find(|open| *open >= host),
        }
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// The state of one balancer.
#[derive(Clone, Debug)]
pub struct Balance {
    config: BalanceConfig,
    hosts: usize,
    /// The host after the last choice.
    next: usize,
    /// NGINX: current and effective weight of each host.
    smooth: Vec<(i64, i64)>,
    /// Envoy: when each host is next due, and in which order it was put there.
    deadlines: Vec<(f64, u64)>,
    /// Places on the ring, sorted by hash.
    ring: Vec<(u64, usize)>,
}

impl Balance {
    /// Makes a balancer over `hosts` hosts.
    ///
    /// # Errors
    /// All mistakes in the settings, and a number of weights that is not the number of hosts.
    pub fn new(config: BalanceConfig, hosts: usize) -> Result<Self, Vec<PolicyError>> {
        let mut errors = config.check();
        if !config.weights.is_empty() && config.weights.len() != hosts {
            errors.push(PolicyError::OutOfRange {
                field: "weights",
                value: format!("a list of {}", config.weights.len()),
                range: "empty, or one for each host",
            });
        }
        refuse(errors)?;
        let mut balance =
            Balance { hosts, next: 0, smooth: Vec::new(), deadlines: Vec::new(), ring: Vec::new(), config };
        balance.smooth = (0..hosts).map(|host| (0, balance.weight(host))).collect();
        balance.deadlines = (0..hosts).map(|host| (1.0 / balance.weight(host) as f64, host as u64)).collect();
        if let BalancePolicy::RingHash { minimum_ring_size, .. } = balance.config.policy {
            balance.ring = balance.ring_of(u64::from(minimum_ring_size));
        }
        Ok(balance)
    }

    /// Chooses among the hosts that are `eligible`, of which each has so many requests `active`. `None`
    /// when none is eligible.
    ///
    /// A host that either list lacks is not eligible, or has no active request.
    pub fn choose(&mut self, eligible: &[bool], active: &[u32], draws: Draws) -> Option<usize> {
        let open = Open::of(self.hosts, eligible);
        if open.len() == 0 {
            return None;
        }
        let busy = |host: usize| active.get(host).copied().unwrap_or(0);
        match self.config.policy {
            BalancePolicy::RoundRobin => {
                let host = open.first_from(self.next).or(open.get(0))?;
                self.next = host + 1;
                Some(host)
            }
            BalancePolicy::SmoothWeighted { .. } => self.choose_smooth(&open),
            BalancePolicy::LeastRequest { choices } if self.equal_weights() => {
                least_of(&open, choices, draws.u, busy)
            }
            BalancePolicy::LeastRequest { .. } => self.choose_due(&open, busy),
            BalancePolicy::Random => open.get(place(draws.u, open.len())),
            BalancePolicy::RingHash { .. } => self.choose_on_ring(eligible, draws.key),
        }
    }

    /// Notes a failure of `host`: smooth weighted round robin sends it less until it has recovered, by 1 at
    /// each choice.
    pub fn on_failure(&mut self, host: usize) {
        if let BalancePolicy::SmoothWeighted { max_fails } = self.config.policy {
            let loss = self.weight(host) / i64::from(max_fails);
            if let Some((_, effective)) = self.smooth.get_mut(host) {
                *effective = (*effective - loss).max(0);
            }
        }
    }

    fn weight(&self, host: usize) -> i64 {
        self.config.weights.get(host).map_or(1, |weight| i64::from(*weight))
    }

    fn equal_weights(&self) -> bool {
        self.config.weights.windows(2).all(|pair| pair[0] == pair[1])
    }

    fn choose_smooth(&mut self, open: &Open) -> Option<usize> {
        let mut total = 0;
        let mut best: Option<(usize, i64)> = None;
        for host in open.iter() {
            let weight = self.weight(host);
            let (current, effective) = self.smooth.get_mut(host)?;
            *current += *effective;
            total += *effective;
            *effective = (*effective + 1).min(weight);
            if best.is_none_or(|(_, most)| *current > most) {
                best = Some((host, *current));
            }
        }
        let (host, _) = best?;
        self.smooth[host].0 -= total;
        Some(host)
    }

    /// The open host with the earliest deadline, put back by the reciprocal of its weight over busyness.
    fn choose_due(&mut self, open: &Open, busy: impl Fn(usize) -> u32) -> Option<usize> {
        let due = |host: &usize| self.deadlines[*host];
        let host = open.iter().min_by(|a, b| {
            let (a, b) = (due(a), due(b));
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
        })?;
        let latest = self.deadlines.iter().map(|(_, order)| *order).max()?;
        let weight = self.weight(host) as f64 / (f64::from(busy(host)) + 1.0);
        self.deadlines[host] = (self.deadlines[host].0 + 1.0 / weight, latest + 1);
        Some(host)
    }

    fn choose_on_ring(&self, eligible: &[bool], key: u64) -> Option<usize> {
        let start = self.ring.partition_point(|(hash, _)| *hash < mixed(key));
        let (before, after) = self.ring.split_at(start);
        let onwards = after.iter().chain(before);
        onwards.map(|(_, host)| *host).find(|host| eligible.get(*host).copied().unwrap_or(false))
    }

    /// Places in proportion to the weights, each host at least one.
    fn ring_of(&self, size: u64) -> Vec<(u64, usize)> {
        let total: i64 = (0..self.hosts).map(|host| self.weight(host)).sum();
        let mut ring = Vec::new();
        for host in 0..self.hosts {
            let places = (size as f64 * self.weight(host) as f64 / total as f64).ceil() as u64;
            ring.extend((0..places).map(|place| (mixed(mixed(host as u64 + 1) ^ place), host)));
        }
        ring.sort_unstable();
        ring
    }
}

/// The place that a uniform draw points at.
fn place(u: f64, places: usize) -> usize {
    ((u * places as f64) as usize).min(places.saturating_sub(1))
}

/// The least busy of `choices` draws; the first drawn wins a tie. One draw is spent digit by digit.
fn least_of(open: &Open, choices: u32, u: f64, busy: impl Fn(usize) -> u32) -> Option<usize> {
    let mut best: Option<usize> = None;
    let mut rest = u;
    let mut bits = u.to_bits();
    for drawn in 0..choices {
        if drawn >= 2 {
            // Two draws use up the digits of one number: go on with a mixed copy.
            bits = mixed(bits);
            rest = (bits >> 11) as f64 / (1u64 << 53) as f64;
        }
        let host = open.get(place(rest, open.len()))?;
        rest = (rest * open.len() as f64).fract();
        if best.is_none_or(|least| busy(host) < busy(least)) {
            best = Some(host);
        }
    }
    best
}

/// A mixing of 64 bits in which every bit depends on all (the finaliser of SplitMix64).
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
#[path = "balance_tests.rs"]
mod tests;
