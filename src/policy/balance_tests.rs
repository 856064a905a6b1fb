//! Each rule of the balancers as one test.

use super::*;

fn balance(text: &str, hosts: usize) -> Balance {
    Balance::new(serde_json::from_str(text).unwrap(), hosts).unwrap()
}

fn choices(balance: &mut Balance, eligible: &[bool], active: &[u32], number: usize) -> Vec<usize> {
    (0..number).filter_map(|_| balance.choose(eligible, active, Draws::default())).collect()
}

#[test]
fn round_robin_takes_each_in_turn_and_steps_over_the_closed() {
    let mut balance = balance("{}", 3);
    assert_eq!(choices(&mut balance, &[true; 3], &[], 4), [0, 1, 2, 0]);
    assert_eq!(choices(&mut balance, &[true, false, true], &[], 3), [2, 0, 2]);
}

#[test]
fn nobody_is_chosen_when_nobody_is_eligible() {
    for policy in
        ["\"round-robin\"", "\"random\"", r#"{"ring-hash": {"by": "user", "minimum-ring-size": 8}}"#]
    {
        let mut balance = balance(&format!(r#"{{"policy": {policy}}}"#), 2);
        assert_eq!(balance.choose(&[false, false], &[], Draws::default()), None);
        assert_eq!(balance.choose(&[], &[], Draws::default()), None);
    }
}

#[test]
fn smooth_weighting_spreads_the_heavy_host_out() {
    let text = r#"{"policy": {"smooth-weighted": {"max-fails": 1}}, "weights": [5, 1, 1]}"#;
    let mut balance = balance(text, 3);
    assert_eq!(choices(&mut balance, &[true; 3], &[], 7), [0, 0, 1, 0, 2, 0, 0]);
}

#[test]
fn a_failed_host_loses_its_weight_and_earns_it_back_by_one_a_choice() {
    let text = r#"{"policy": {"smooth-weighted": {"max-fails": 1}}, "weights": [4, 4]}"#;
    let mut balance = balance(text, 2);
    balance.on_failure(0);
    // Effective weights of host 0: 0, 1, 2, 3, 4; then the two alternate again.
    assert_eq!(choices(&mut balance, &[true; 2], &[], 8), [1, 1, 0, 1, 0, 1, 0, 1]);
}

#[test]
fn least_request_takes_the_less_busy_of_two_draws() {
    let mut balance = balance(r#"{"policy": {"least-request": {"choices": 2}}}"#, 4);
    let active = [9, 1, 5, 7];
    // The first draw points at host 0 and its remainder at host 2: 0.125 · 4 = 0 rest 0.5.
    let draws = Draws { u: 0.125, key: 0 };
    assert_eq!(balance.choose(&[true; 4], &active, draws), Some(2));
    // Both point at host 0: a busy host is still chosen when it is drawn twice.
    assert_eq!(balance.choose(&[true; 4], &active, Draws::default()), Some(0));
}

#[test]
fn two_draws_hit_each_pair_of_hosts_equally_often() {
    let mut balance = balance(r#"{"policy": {"least-request": {"choices": 2}}}"#, 4);
    let mut counts = [0; 4];
    for step in 0..1600 {
        let draws = Draws { u: (f64::from(step) + 0.5) / 1600.0, key: 0 };
        counts[balance.choose(&[true; 4], &[1, 2, 3, 4], draws).unwrap()] += 1;
    }
    // The least busy of 16 equally likely pairs: 7, 5, 3 and 1 of them.
    assert_eq!(counts, [700, 500, 300, 100]);
}

#[test]
fn a_tie_goes_to_the_host_drawn_first() {
    let mut balance = balance(r#"{"policy": {"least-request": {"choices": 2}}}"#, 4);
    assert_eq!(balance.choose(&[true; 4], &[3; 4], Draws { u: 0.125, key: 0 }), Some(0));
}

#[test]
fn unequal_weights_turn_least_request_into_weighted_turns() {
    let text = r#"{"policy": {"least-request": {"choices": 2}}, "weights": [2, 1]}"#;
    let mut idle = balance(text, 2);
    let share = choices(&mut idle, &[true; 2], &[0, 0], 30).iter().filter(|host| **host == 0).count();
    assert_eq!(share, 20);
    let mut busy = balance(text, 2);
    let share = choices(&mut busy, &[true; 2], &[3, 0], 30).iter().filter(|host| **host == 0).count();
    // Weight 2 over 3 + 1 active is half of weight 1.
    assert!((10..=11).contains(&share), "{share} of 30");
}

#[test]
fn random_points_at_the_open_hosts_only() {
    let mut balance = balance(r#"{"policy": "random"}"#, 4);
    let mut choose = |u| balance.choose(&[true, false, true, true], &[], Draws { u, key: 0 });
    assert_eq!([choose(0.0), choose(0.34), choose(0.99)], [Some(0), Some(2), Some(3)]);
}

#[test]
fn a_key_keeps_its_host_and_only_the_keys_of_a_lost_host_move() {
    let mut balance = balance(r#"{"policy": {"ring-hash": {"by": "user", "minimum-ring-size": 1024}}}"#, 4);
    let mut counts = [0; 4];
    for key in 0..4000 {
        let draws = Draws { u: 0.0, key };
        let host = balance.choose(&[true; 4], &[], draws).unwrap();
        counts[host] += 1;
        let without = balance.choose(&[true, true, true, false], &[], draws).unwrap();
        assert!(host == 3 || host == without, "key {key} moved");
        assert_ne!(without, 3);
    }
    assert!(counts.iter().all(|count| (700..1300).contains(count)), "{counts:?}");
}

#[test]
fn mistakes_are_reported_together() {
    let text = r#"{"policy": {"least-request": {"choices": 1}}, "weights": [0, 1]}"#;
    let errors = Balance::new(serde_json::from_str(text).unwrap(), 3).unwrap_err();
    assert_eq!(errors.len(), 3);
}
