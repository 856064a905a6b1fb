//! Outlier detection of an Envoy cluster: hosts that fail are left out of balancing for a while.
//!
//! It leaves out the enforcing percentages (what Envoy enforces by default is on, what it only logs by default is off
//! until it is configured), the split of local from external failures, and the jitter of ejection times.
//!
//! Sources: Envoy `config/cluster/v3/outlier_detection.proto`, `source/common/upstream/outlier_detection_impl.cc`,
//! arch_overview/upstream/{outlier,load_balancing/panic_threshold}.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Ratio, Span};

/// The settings of an [`OutlierDetection`].
///
/// Source of names and defaults: Envoy `OutlierDetection`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct OutlierDetectionConfig {
    /// Answers with 5xx in a row that eject a host \[answers]. Range: at least 1. Default: 5.
    #[serde(rename = "consecutive-5xx")]
    pub consecutive_5xx: u32,
    /// Answers with 502, 503 or 504 in a row that eject a host \[answers]. Range: at least 1. Default: absent, which is
    /// Envoy's enforcement of 0%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_gateway_failure: Option<u32>,
    /// Time between two looks at the hosts: for rates, and to let hosts back in. Range: at least 1ms. Default: 10s.
    pub interval: Span,
    /// Time that a host is ejected, times the number of its ejections in a row. Range: above 0s. Default: 30s.
    pub base_ejection_time: Span,
    /// Longest time that a host is ejected. Range: above 0s. Default: 300s.
    pub max_ejection_time: Span,
    /// Share of the hosts that may be ejected; one always may. Range: up to 100%. Default: 10%.
    pub max_ejection_percent: Ratio,
    /// Hosts with enough answers below which success rates are not compared. Default: 5.
    pub success_rate_minimum_hosts: u32,
    /// Answers within an interval that make a host's success rate count \[answers]. Default: 100.
    pub success_rate_request_volume: u32,
    /// A host is ejected whose success rate is below the mean by so many thousandths of a standard deviation.
    /// Default: 1900.
    pub success_rate_stdev_factor: u32,
    /// A host is ejected whose share of 5xx reaches this. Range: up to 100%. Default: absent, which is Envoy's
    /// enforcement of 0%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_percentage_threshold: Option<Ratio>,
    /// Hosts with enough answers below which shares of 5xx are not looked at. Default: 5.
    pub failure_percentage_minimum_hosts: u32,
    /// Answers within an interval that make a host's share count \[answers]. Default: 50.
    pub failure_percentage_request_volume: u32,
    /// With a smaller share of hosts that are not ejected, all are balanced over. Range: up to 100%. Default: 50%.
    pub healthy_panic_threshold: Ratio,
}

impl Default for OutlierDetectionConfig {
    fn default() -> Self {
        OutlierDetectionConfig {
            consecutive_5xx: 5,
            consecutive_gateway_failure: None,
            interval: Span::from_secs(10),
            base_ejection_time: Span::from_secs(30),
            max_ejection_time: Span::from_secs(300),
            max_ejection_percent: Ratio::from_fraction(0.1),
            success_rate_minimum_hosts: 5,
            success_rate_request_volume: 100,
            success_rate_stdev_factor: 1900,
            failure_percentage_threshold: None,
            failure_percentage_minimum_hosts: 5,
            failure_percentage_request_volume: 50,
            healthy_panic_threshold: Ratio::from_fraction(0.5),
        }
    }
}

impl OutlierDetectionConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        findings
            .require(self.consecutive_5xx >= 1, "consecutive-5xx", self.consecutive_5xx, "at least 1")
            .require(self.interval >= Span::from_millis(1), "interval", self.interval, "at least 1ms")
            // Envoy's protobuf: `duration.gt`.
            .require(
                !self.base_ejection_time.is_zero(),
                "base-ejection-time",
                self.base_ejection_time,
                "above 0s",
            )
            .require(
                !self.max_ejection_time.is_zero(),
                "max-ejection-time",
                self.max_ejection_time,
                "above 0s",
            );
        if let Some(count) = self.consecutive_gateway_failure {
            findings.require(count >= 1, "consecutive-gateway-failure", count, "at least 1");
        }
        let shares = [
            ("max-ejection-percent", Some(self.max_ejection_percent)),
            ("failure-percentage-threshold", self.failure_percentage_threshold),
            ("healthy-panic-threshold", Some(self.healthy_panic_threshold)),
        ];
        for (field, share) in shares {
            if let Some(share) = share {
                findings.require(share <= Ratio::ONE, field, share, "up to 100%");
            }
        }
        findings.into_errors()
    }
}

/// What is known of one host.
#[derive(Clone, Debug, Default)]
struct Host {
    in_a_row_5xx: u32,
    in_a_row_gateway: u32,
    /// Since the last look.
    answers: u64,
    failures: u64,
    ejected: Option<Instant>,
    let_in: Option<Instant>,
    /// Ejections in a row: how often the base time is taken.
    multiplier: u32,
}

/// Watches the answers of the hosts of one cluster, as one proxy sees them.
#[derive(Clone, Debug)]
pub struct OutlierDetection {
    config: OutlierDetectionConfig,
    hosts: Vec<Host>,
    /// How many of them there are.
    present: usize,
    next_look: Instant,
}

impl OutlierDetection {
    /// Makes a detection that has seen nothing, with its first look at the hosts at `first_look`.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(
        config: OutlierDetectionConfig,
        hosts: usize,
        first_look: Instant,
    ) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        let all = vec![Host::default(); hosts];
        Ok(OutlierDetection { config, hosts: all, present: hosts, next_look: first_look })
    }

    /// Says how many of the hosts there are, the first ones: at most as many as it was made for. Of those that go, nothing is
    /// remembered.
    pub fn set_hosts(&mut self, present: usize) {
        self.present = present.min(self.hosts.len());
        self.hosts[self.present..].fill(Host::default());
    }

    /// Counts the answer of a host: its HTTP status, or the one that the proxy gave in its place.
    pub fn on_answer(&mut self, now: Instant, host: usize, status: u16) {
        self.on_timer(now);
        let Some(entry) = self.hosts.get_mut(host) else { return };
        entry.answers += 1;
        let failed = status >= 500;
        entry.failures += u64::from(failed);
        entry.in_a_row_5xx = if failed { entry.in_a_row_5xx + 1 } else { 0 };
        entry.in_a_row_gateway = if matches!(status, 502..=504) { entry.in_a_row_gateway + 1 } else { 0 };
        let many = entry.in_a_row_5xx == self.config.consecutive_5xx;
        let gateway = self.config.consecutive_gateway_failure == Some(entry.in_a_row_gateway);
        if many {
            entry.in_a_row_5xx = 0;
        }
        if gateway {
            entry.in_a_row_gateway = 0;
        }
        if many || gateway {
            self.eject(now, host);
        }
    }

    /// Whether a host is ejected as of the last call with a time.
    pub fn is_ejected(&self, host: usize) -> bool {
        self.hosts.get(host).is_some_and(|host| host.ejected.is_some())
    }

    /// Takes the ejected ones out of `eligible`, unless so few would be left that health is to be ignored.
    pub fn filter(&mut self, now: Instant, eligible: &mut [bool]) {
        self.on_timer(now);
        let all = eligible.iter().filter(|it| **it).count();
        let healthy = (0..eligible.len()).filter(|host| eligible[*host] && !self.is_ejected(*host)).count();
        if (healthy as f64) < self.config.healthy_panic_threshold.as_fraction() * all as f64 {
            return;
        }
        for (host, eligible) in eligible.iter_mut().enumerate() {
            *eligible = *eligible && !self.is_ejected(host);
        }
    }

    /// When [`on_timer`](Self::on_timer) has something to do.
    pub const fn next_timer(&self) -> Instant {
        self.next_look
    }

    /// Looks at the hosts as often as was due by `now`. Every other call does this first.
    pub fn on_timer(&mut self, now: Instant) {
        while self.next_look <= now && self.next_look < Instant::NEVER {
            let at = self.next_look;
            self.let_in(at);
            self.compare(at);
            self.next_look = at + self.config.interval;
        }
    }

    fn let_in(&mut self, now: Instant) {
        let OutlierDetectionConfig { base_ejection_time, max_ejection_time, interval, .. } = self.config;
        for host in &mut self.hosts {
            match host.ejected {
                Some(since) => {
                    let time = (base_ejection_time * f64::from(host.multiplier))
                        .min(max_ejection_time.max(base_ejection_time));
                    if now >= since + time {
                        host.ejected = None;
                        host.let_in = Some(now);
                        (host.in_a_row_5xx, host.in_a_row_gateway) = (0, 0);
                    }
                }
                None => {
                    if host.multiplier > 0 && host.let_in.is_some_and(|at| now >= at + interval) {
                        host.multiplier -= 1;
                    }
                }
            }
        }
    }

    /// Ejects hosts by their rates since the last look.
    fn compare(&mut self, now: Instant) {
        let with = |volume: u32| -> Vec<(usize, f64)> {
            let enough = |host: &Host| host.ejected.is_none() && host.answers >= u64::from(volume.max(1));
            let hosts = self.hosts.iter().enumerate().filter(|(_, host)| enough(host));
            hosts.map(|(index, host)| (index, host.failures as f64 / host.answers as f64)).collect()
        };
        let compared = with(self.config.success_rate_request_volume);
        let mut out = Vec::new();
        if !compared.is_empty() && compared.len() >= self.config.success_rate_minimum_hosts as usize {
            let count = compared.len() as f64;
            let mean = compared.iter().map(|(_, failed)| 1.0 - failed).sum::<f64>() / count;
            let square =
                compared.iter().map(|(_, failed)| (1.0 - failed - mean).powi(2)).sum::<f64>() / count;
            let bound = mean - f64::from(self.config.success_rate_stdev_factor) / 1000.0 * square.sqrt();
            out.extend(compared.iter().filter(|(_, failed)| 1.0 - failed < bound).map(|(host, _)| *host));
        }
        if let Some(threshold) = self.config.failure_percentage_threshold {
            let judged = with(self.config.failure_percentage_request_volume);
            if judged.len() >= self.config.failure_percentage_minimum_hosts as usize {
                let failing = judged.iter().filter(|(_, failed)| *failed >= threshold.as_fraction());
                out.extend(failing.map(|(host, _)| *host));
            }
        }
        for host in out {
            self.eject(now, host);
        }
        for host in &mut self.hosts {
            (host.answers, host.failures) = (0, 0);
        }
    }

    fn eject(&mut self, now: Instant, host: usize) {
        let ejected = self.hosts.iter().filter(|host| host.ejected.is_some()).count();
        let share = ejected as f64 / self.present.max(1) as f64;
        let allowed = ejected == 0 || share < self.config.max_ejection_percent.as_fraction();
        let longest = self.config.max_ejection_time.max(self.config.base_ejection_time);
        let entry = &mut self.hosts[host];
        if entry.ejected.is_some() || !allowed {
            return;
        }
        entry.ejected = Some(now);
        if self.config.base_ejection_time * f64::from(entry.multiplier) < longest {
            entry.multiplier += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    fn detection(text: &str, hosts: usize) -> OutlierDetection {
        OutlierDetection::new(serde_json::from_str(text).unwrap(), hosts, at(10)).unwrap()
    }

    fn answers(detection: &mut OutlierDetection, secs: u64, host: usize, statuses: &[u16]) {
        statuses.iter().for_each(|status| detection.on_answer(at(secs), host, *status));
    }

    fn ejected(detection: &OutlierDetection) -> Vec<usize> {
        (0..detection.hosts.len()).filter(|host| detection.is_ejected(*host)).collect()
    }

    #[test]
    fn the_fifth_failure_in_a_row_ejects_at_once_and_a_success_starts_anew() {
        let mut detection = detection("{}", 3);
        answers(&mut detection, 1, 0, &[500, 500, 500, 500, 200, 500, 500, 500, 500]);
        assert!(ejected(&detection).is_empty());
        answers(&mut detection, 2, 0, &[503]);
        assert_eq!(ejected(&detection), [0]);
        // Refusals of the client's own are none of the host's.
        answers(&mut detection, 2, 1, &[429, 409, 499, 429, 409]);
        assert_eq!(ejected(&detection), [0]);
    }

    #[test]
    fn ejected_hosts_come_back_at_a_look_and_stay_out_longer_the_next_time() {
        let mut detection = detection("{}", 2);
        answers(&mut detection, 1, 0, &[500; 5]);
        // 30 s are over at 31 s; the next look is at 40 s.
        detection.on_timer(at(39));
        assert_eq!(ejected(&detection), [0]);
        detection.on_timer(at(40));
        assert!(ejected(&detection).is_empty());
        // The second time at once: 60 s, until the look at 110 s.
        answers(&mut detection, 41, 0, &[500; 5]);
        detection.on_timer(at(109));
        assert_eq!(ejected(&detection), [0]);
        detection.on_timer(at(110));
        assert!(ejected(&detection).is_empty());
        // Two clean intervals later it is as if it had never been ejected.
        answers(&mut detection, 131, 0, &[500; 5]);
        detection.on_timer(at(170));
        assert!(ejected(&detection).is_empty());
    }

    #[test]
    fn one_host_may_always_be_ejected_and_more_only_up_to_the_share() {
        let mut few = detection("{}", 4);
        answers(&mut few, 1, 0, &[500; 5]);
        answers(&mut few, 1, 1, &[500; 5]);
        assert_eq!(ejected(&few), [0]);
        let mut half = detection(r#"{"max-ejection-percent": "50%"}"#, 4);
        (0..4).for_each(|host| answers(&mut half, 1, host, &[500; 5]));
        assert_eq!(ejected(&half), [0, 1]);
    }

    #[test]
    fn a_success_rate_far_below_the_others_ejects_at_the_look() {
        let mut detection = detection(r#"{"consecutive-5xx": 1000}"#, 10);
        for host in 0..10 {
            let bad = if host == 7 { 50 } else { 1 };
            answers(&mut detection, 1, host, &vec![500; bad]);
            answers(&mut detection, 1, host, &vec![200; 100 - bad]);
        }
        assert!(ejected(&detection).is_empty());
        detection.on_timer(at(10));
        assert_eq!(ejected(&detection), [7]);
    }

    #[test]
    fn a_share_of_failures_ejects_where_it_is_configured() {
        let text = r#"{"consecutive-5xx": 1000, "failure-percentage-threshold": "85%",
            "failure-percentage-minimum-hosts": 1, "success-rate-minimum-hosts": 5}"#;
        let mut detection = detection(text, 2);
        answers(&mut detection, 1, 0, &[500; 85]);
        answers(&mut detection, 1, 0, &[200; 15]);
        answers(&mut detection, 1, 1, &[500; 49]);
        detection.on_timer(at(10));
        assert_eq!(ejected(&detection), [0]);
    }

    #[test]
    fn with_too_few_left_health_is_ignored() {
        let mut detection = detection(r#"{"max-ejection-percent": "100%"}"#, 4);
        let choice = |detection: &mut OutlierDetection| {
            let mut eligible = [true; 4];
            detection.filter(at(2), &mut eligible);
            eligible
        };
        answers(&mut detection, 1, 0, &[500; 5]);
        answers(&mut detection, 1, 1, &[500; 5]);
        assert_eq!(choice(&mut detection), [false, false, true, true]);
        answers(&mut detection, 1, 2, &[500; 5]);
        assert_eq!(choice(&mut detection), [true; 4]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let text = r#"{"consecutive-5xx": 0, "consecutive-gateway-failure": 0, "interval": "0s",
            "max-ejection-percent": "200%"}"#;
        let config: OutlierDetectionConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.check().len(), 4);
        assert_eq!(OutlierDetectionConfig::default().check(), []);
    }

    /// Of four hosts a quarter is one, and of two it is one half: then only the first may be ejected.
    #[test]
    fn hosts_that_are_not_there_count_for_nothing() {
        let ejected = |present: usize| {
            let mut detection = detection(r#"{"consecutive-5xx": 1, "max-ejection-percent": "30%"}"#, 4);
            detection.set_hosts(present);
            for host in 0..2 {
                detection.on_answer(at(1), host, 503);
            }
            (0..4).filter(|host| detection.is_ejected(*host)).count()
        };
        assert_eq!((ejected(4), ejected(2)), (2, 1));
        let mut detection = detection(r#"{"consecutive-5xx": 1}"#, 4);
        detection.on_answer(at(1), 3, 503);
        assert!(detection.is_ejected(3));
        detection.set_hosts(3);
        detection.set_hosts(9);
        assert!(!detection.is_ejected(3));
    }
}
