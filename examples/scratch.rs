#![allow(missing_docs, clippy::all, clippy::disallowed_methods, clippy::print_stdout)]
use brownout::engine::*;
use brownout::random::*;
use brownout::record::*;
use brownout::units::*;
struct H {
    s: Stream,
    law: Law,
    n: u64,
    max: u64,
    pc: u32,
}
impl Host for H {
    fn begin(&mut self, core: &mut Core<'_>) {
        core.set_source(Instant::START, 0);
    }
    fn source(&mut self, core: &mut Core<'_>, _: u32) {
        self.n += 1;
        core.start(Start { pc: self.pc, operation: 0, key: mix(1, self.n), priority: 0, notify: None });
        if self.n < self.max {
            let gap = self.law.sample_span(&mut self.s);
            core.set_source(core.now() + gap, 0);
        }
    }
    fn timer(&mut self, _: &mut Core<'_>, _: u32) {}
    fn hook(&mut self, _: &mut Core<'_>, _: TaskId, _: u32) -> Flow {
        Flow::Next
    }
    fn asleep(&mut self, _: &mut Core<'_>, _: TaskId, _: u32, _: u64) {}
    fn closed(&mut self, _: &mut Core<'_>, _: TaskId, _: u8, _: u32, _: Instant, _: Exit) {}
    fn place(&mut self, _: &mut Core<'_>, _: TaskId, _: u16) -> Result<u16, Cause> {
        Ok(0)
    }
    fn left(&mut self, _: &mut Core<'_>, _: u16, _: u16) {}
    fn retry(&mut self, _: &mut Core<'_>, _: TaskId, _: u16, a: u8, _: Cause, _: Span) -> Option<Span> {
        match a {
            1 => Some(Span::from_millis(100)),
            2 => Some(Span::from_millis(200)),
            _ => None,
        }
    }
    fn retried(&mut self, _: &mut Core<'_>, _: u16, _: u8) {}
    fn ended(&mut self, _: &mut Core<'_>, _: u32, _: Outcome) {}
    fn effects(&self) -> Vec<u64> {
        vec![]
    }
}
fn slots(c: u32) -> SlotsConfig {
    SlotsConfig {
        capacity: c,
        queue_limit: None,
        discipline: Discipline::Fifo,
        patience: Patience::Endless,
        when_full: Cause::QueueFull,
        when_impatient: Cause::Timeout,
    }
}
fn exp(mean: f64, site: u64) -> Demand {
    let spec: LawSpec =
        serde_json::from_str(&format!("{{\"exponential\": {{\"mean\": \"{}ns\"}}}}", (mean * 1e9) as u64))
            .unwrap();
    Demand { law: spec.build(&|_| Err(String::new())).unwrap(), site }
}
fn run(name: &str, p: &Program, lam: f64, n: u64) {
    let law = exp(1.0 / lam, 0).law;
    let dur = n as f64 / lam;
    let seg = Segments {
        ends: vec![Instant::from_nanos((dur * 0.05 * 1e9) as u64), Instant::from_nanos((dur * 1e9) as u64)],
        interval: Span::from_secs_f64(dur / 300.0),
    };
    let t = std::time::Instant::now();
    let e = Engine::new(
        p,
        H { s: Stream::named(1, 0, "a", "b"), law, n: 0, max: n, pc: 0 },
        seg,
        Limits::default(),
        1,
    );
    let r = e.run().unwrap();
    let el = t.elapsed();
    let o = &r.operations[0][1];
    println!(
        "{name}: {:.1} ns/req, {:.1} ns/event, {} events, mean {:.6}s p99 {:?} served {} failed {} util {:?} fp {:x}",
        el.as_nanos() as f64 / n as f64,
        el.as_nanos() as f64 / r.events as f64,
        r.events,
        o.latency.mean_secs().unwrap(),
        o.latency.quantile(0.99).map(|x| x.as_secs_f64()),
        o.served,
        o.failures(),
        r.stations.iter().map(|s| s[1].utilisation()).collect::<Vec<_>>(),
        r.fingerprint
    );
}
fn main() {
    for _ in 0..2 {
        let w1 = Program {
            steps: vec![Step::Serve { slots: Station::fixed(0), demand: 0 }, Step::Finish],
            operations: 1,
            demands: vec![exp(0.01, 1)],
            slots: vec![slots(1)],
            sources: 1,
            ..Program::default()
        };
        run("W1", &w1, 80.0, 5_000_000);
        let w2 = Program { slots: vec![slots(16)], ..w1.clone() };
        run("W2", &w2, 16.0 * 100.0 * 0.9, 5_000_000);
        let mut ps = Program {
            steps: vec![Step::Work { sharing: Station::fixed(0), demand: 0 }, Step::Finish],
            operations: 1,
            demands: vec![exp(0.01, 1)],
            sharings: vec![SharingConfig { cores: Cores::new(1.0) }],
            sources: 1,
            ..Program::default()
        };
        run("PS1", &ps, 80.0, 2_000_000);
        ps.sharings[0].cores = Cores::new(4.0);
        run("PS4", &ps, 240.0, 2_000_000);
        let mut w3 = Program {
            operations: 1,
            demands: vec![exp(0.01, 1), exp(0.02, 2), exp(0.1, 3)],
            slots: vec![slots(64), slots(32), slots(10), slots(4)],
            sources: 1,
            ..Program::default()
        };
        let ring = w3.ring(Span::from_secs(1));
        w3.steps = vec![
            Step::Retry { policy: 0 },
            Step::Deadline { ring, cause: Cause::Timeout },
            Step::Serve { slots: Station::fixed(0), demand: 0 },
            Step::Serve { slots: Station::fixed(1), demand: 1 },
            Step::Acquire { slots: Station::fixed(2) },
            Step::Serve { slots: Station::fixed(3), demand: 2 },
            Step::Release,
            Step::EndDeadline,
            Step::EndRetry,
            Step::Finish,
        ];
        run("W3", &w3, 34.0, 1_000_000);
    }
}
