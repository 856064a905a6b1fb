#![allow(missing_docs, clippy::all, clippy::disallowed_methods, clippy::print_stdout)]
use brownout::component::*;
use brownout::scenario::*;
use brownout::experiment::*;
use brownout::units::*;
use std::sync::Arc;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let spec: ScenarioSpec = serde_saphyr::from_str(&text).unwrap();
    let dir = std::path::Path::new(&path).parent().unwrap().to_owned();
    let mut deployment = deployment::DeploymentSpec::default();
    let mut operations = operations::OperationsSpec::default();
    if let Some(d) = &spec.deployment {
        let d = match std::env::args().nth(2) { Some(x) => std::path::PathBuf::from(x), None => dir.join(d) };
        deployment = serde_saphyr::from_str(&std::fs::read_to_string(&d).unwrap()).unwrap();
        let o = d.parent().unwrap().join(deployment.operations.clone().unwrap());
        operations = serde_saphyr::from_str(&std::fs::read_to_string(&o).unwrap()).unwrap();
    }
    for (k, v) in spec.stations { deployment.stations.insert(k, v); }
    let system = SystemSpec { operations, deployment, load: spec.load.clone(), clients: spec.clients.clone() };
    let (assembly, warnings) = match assemble(&system, &|_| Err("no".into())) { Ok(x) => x, Err(m) => { for m in m { println!("{:?} {} {}: {}; {}", m.part, m.place, m.code, m.cause, m.remedy); } return; } };
    for m in warnings { println!("warning {:?} {} {}: {}; {}", m.part, m.place, m.code, m.cause, m.remedy); }
    if std::env::var("STEPS").is_ok() { for (i, s) in assembly.program.steps.iter().enumerate() { println!("{i} {s:?}"); } }
    let end = Instant::START + spec.duration;
    let warm = match spec.warm_up { WarmUp::For(s) => PlannedWarmUp::Stated(s), WarmUp::Mser5 => PlannedWarmUp::Mser5, WarmUp::None => PlannedWarmUp::Stated(Span::ZERO) };
    let mut windows: Vec<Window> = spec.windows.iter().map(|(n, w)| Window { name: n.clone(), from: Instant::START + w.from, to: w.to.map_or(end, |t| Instant::START + t), implied: false }).collect();
    if windows.is_empty() { windows.push(Window { name: "whole".into(), from: Instant::START, to: end, implied: true }); }
    let recovery = spec.recovery.map(|r| Recovery { baseline: spec.windows.get_index_of(&r.baseline).unwrap(), from: Instant::START + r.from, latency_factor: r.latency_factor, failed_share: r.failed_share, hold: r.hold });
    let plan = Plan { name: path.clone(), deployment: String::new(), description: None, assembly: Arc::new(assembly), duration: spec.duration, warm_up: warm, windows, recovery, objectives: vec![], replications: spec.replications, seed: spec.seed, interval: spec.interval.unwrap_or(Span::from_nanos(spec.duration.as_nanos() / 240)), limits: brownout::engine::Limits { in_flight: spec.limits.in_flight, events: spec.limits.events }, model_hash: 0, assumed: vec![], sourced_of: 0 };
    let t = std::time::Instant::now();
    let r = replicate(&plan, &Options::default(), &|p| eprintln!("{p:?}"), &std::sync::atomic::AtomicBool::new(false)).unwrap();
    let el = t.elapsed();
    println!("{} requests {} events {:.2}s: {:.0} ns/request/thread fp {:x}", r.requests, r.handled_events, el.as_secs_f64(), el.as_nanos() as f64 * 2.0 / r.requests as f64, r.fingerprint);
    for w in &r.windows {
        println!("== {}", w.name);
        for o in &w.operations {
            println!("  {} {:?} n={} offered {:.1} served {:.1} failed {:.4} lat {:?} causes {:?}", o.name.name, o.name.view, o.count, o.offered_per_s.mean, o.served_per_s.mean, o.failed_share.mean, o.latency.map(|l| format!("mean {:.5} ± {:.5} p95 {:.5} p99 {:.5}", l.mean_s.mean, l.mean_s.half_width(), l.p95_s.mean, l.p99_s.mean)), o.causes.iter().map(|(c, e)| format!("{} {:.3}", c.name(), e.mean)).collect::<Vec<_>>());
        }
        for s in &w.stations {
            println!("  [{}#{}] util {:.4} queue {:.3} wait {:?} rej {:.2}/s gaveup {:.2}/s longest {}", station_label(&s.name), s.name.replica, s.utilisation.mean, s.queue.mean, s.wait.map(|l| format!("{:.5}", l.mean_s.mean)), s.rejected_per_s.mean, s.gave_up_per_s.mean, s.longest_queue);
        }
    }
    println!("{:?}\n{:?}", r.bottleneck.map(|b| b.sentence), r.recovery);
    for w in &r.warnings { println!("{w:?}"); }
    for e in &r.events { println!("{e:?}"); }
}
