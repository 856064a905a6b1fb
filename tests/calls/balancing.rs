//! Which replica a request meets, where that depends on its key.

use brownout::component::{StationKind, View};

use crate::case::{Case, Run, near};

/// How much each replica of a process worked.
fn worked(run: &Run, process: &str) -> Vec<u128> {
    let names = run.plan.assembly.stations.iter().zip(&run.record.stations);
    let cores = names.filter(|(name, _)| name.component == process && name.kind == StationKind::Cores);
    cores.map(|(_, segments)| segments.iter().map(|segment| segment.busy_area).sum()).collect()
}

/// Four replicas of each process, behind a gateway, balanced by the user; each does constant work.
macro_rules! rings {
    ($edge:literal, $far:literal, $users:literal) => {
        Case {
            shop: "buy: [{cpu: 1ms}, {call: far.do}]",
            far: "do: [{cpu: 1ms}]",
            operations: concat!("keys: {user: {count: ", $users, ", popularity: uniform}}\n"),
            deployment: concat!(
                "processes:\n  shop: {modules: [shop], cores: 8, style: event-loop, replicas: 4}\n",
                "  far: {modules: [far], cores: 8, style: event-loop, replicas: 4, balance: ",
                $far,
                "}\ngateways: {edge: {routes: [all], balance: ",
                $edge,
                "}}\n"
            ),
            scenario: "load: {shop.buy: {rate: 100/s}}\nduration: 100s\n",
            ..Case::default()
        }
    };
}

/// The share of the work that each replica has done.
fn shares(run: &Run, process: &str) -> Vec<f64> {
    let worked = worked(run, process);
    let all: u128 = worked.iter().sum();
    worked.iter().map(|work| *work as f64 / all as f64).collect()
}

#[test]
fn one_key_always_meets_one_replica() {
    let run = rings!("{ring-hash: {by: user}}", "round-robin", "1").run();
    let mut meets = shares(&run, "shop");
    meets.sort_by(f64::total_cmp);
    assert_eq!(meets, [0.0, 0.0, 0.0, 1.0]);
    // Those who come from there go round.
    assert!(shares(&run, "far").iter().all(|share| (*share - 0.25).abs() < 0.001));
}

#[test]
fn a_gateway_and_a_caller_send_a_user_to_the_same_place() {
    // Two rings of four with the same users: what is met at one is met at the other, user by user.
    let run = rings!("{ring-hash: {by: user}}", "{ring-hash: {by: user}}", "1000").run();
    assert_eq!(worked(&run, "shop"), worked(&run, "far"));
    // Each owns about a quarter: 256 places of 1024, with a deviation of 1/16 of it, and users by chance.
    for share in shares(&run, "shop") {
        near(share, 0.25, 0.06);
    }
    let random = rings!("{ring-hash: {by: user}}", "random", "1000").run();
    assert_ne!(worked(&random, "shop"), worked(&random, "far"));
}

#[test]
fn a_crash_moves_the_keys_of_its_replica_and_no_others() {
    let calm = rings!("{ring-hash: {by: user}}", "{ring-hash: {by: user}}", "1000");
    let faults = "load: {shop.buy: {rate: 100/s}}\nduration: 100s\n\
                  faults: [{at: 0s, for: 100s, crash: far, replicas: 1}]\n";
    // `shop` still tells who the owner of a user was: whoever is not the first is served there and in `far` as before.
    let run = Case { scenario: faults, ..calm.clone() }.run();
    assert_eq!(run.operation("shop.buy", View::Client).failures(), 0);
    let (owners, now) = (worked(&run, "shop"), worked(&run, "far"));
    assert_eq!(owners, worked(&calm.run(), "shop"));
    assert_eq!(now[0], 0);
    let gained: Vec<u128> = (1..4).map(|replica| now[replica] - owners[replica]).collect();
    assert!(gained.iter().all(|gained| *gained > 0), "{gained:?}");
    assert_eq!(gained.iter().sum::<u128>(), owners[0]);
}

/// With one user, a crash moves all or nothing, and all comes back.
#[test]
fn the_only_user_moves_when_its_replica_crashes_and_comes_back_with_it() {
    let mut seen = [false; 2];
    for replicas in 2..9 {
        let processes: &'static str = format!(
            "processes:\n  shop: {{modules: [shop], cores: 8, style: event-loop, replicas: {replicas}, \
             balance: {{ring-hash: {{by: user, minimum-ring-size: 64}}}}}}\n  \
             far: {{modules: [far], cores: 8}}\n"
        )
        .leak();
        let case = |scenario| {
            let calm = rings!("round-robin", "round-robin", "1");
            worked(&Case { shop: "buy: [{cpu: 1ms}]", deployment: processes, scenario, ..calm }.run(), "shop")
        };
        let calm = case("load: {shop.buy: {rate: 100/s}}\nduration: 100s\n");
        let crash = case(
            "load: {shop.buy: {rate: 100/s}}\nduration: 100s\nfaults: [{at: 30s, for: 40s, crash: shop, replicas: 1}]\n",
        );
        let owns = calm[0] > 0;
        seen[usize::from(owns)] = true;
        if owns {
            let used = crash.iter().filter(|work| **work > 0).count();
            near(crash[0] as f64 / calm[0] as f64, 0.6, 0.02);
            assert_eq!(used, 2, "{crash:?}");
        } else {
            assert_eq!(crash, calm);
        }
    }
    assert_eq!(seen, [true; 2]);
}

#[test]
fn a_ring_needs_a_key_that_there_is() {
    let mistakes = rings!("{ring-hash: {by: usr}}", "ring-hash", "1").mistakes();
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
    assert!(mistakes.iter().any(|it| it.contains("`usr`")), "{mistakes:?}");
    assert!(mistakes.iter().any(|it| it.contains("`ring-hash` says nothing by itself")), "{mistakes:?}");
}

#[test]
fn a_balancer_that_has_its_defaults_goes_by_its_name() {
    for (bare, full) in [
        ("least-request", "{least-request: {choices: 2}}"),
        ("smooth-weighted", "{smooth-weighted: {max-fails: 1}}"),
        ("{least-request: {}}", "{least-request: {choices: 2}}"),
        ("{ring-hash: {by: user}}", "{ring-hash: {by: user, minimum-ring-size: 1024}}"),
    ] {
        let worked = |balance: &str| {
            let deployment: &'static str = format!(
                "processes:\n  shop: {{modules: [shop], cores: 8, style: event-loop, replicas: 3, balance: {balance}}}\n  \
                 far: {{modules: [far], cores: 8}}\n"
            )
            .leak();
            let calm = rings!("round-robin", "round-robin", "50");
            worked(&Case { shop: "buy: [{cpu: 1ms}]", deployment, ..calm }.run(), "shop")
        };
        assert_eq!(worked(bare), worked(full), "{bare}");
    }
}
