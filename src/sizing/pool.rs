//! Connection pools: rules of thumb, and exact chains for requests that hold one thing while they wait for
//! another.

use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use super::levels::{self, Level};
use crate::units::{Rate, Ratio, Span};

/// Connections that keep a database busy by HikariCP's rule of thumb: cores·2 + spindles \[connections].
///
/// Source: HikariCP wiki, *About Pool Sizing*; a starting point for measurement, not a result.
pub fn database_pool_rule(cores: u32, spindles: u32) -> u64 {
    u64::from(cores) * 2 + u64::from(spindles)
}

/// The fewest connections with which threads that each need several at once cannot deadlock:
/// threads·(needed − 1) + 1 \[connections].
///
/// Source: HikariCP wiki, *About Pool Sizing* (pool-locking).
///
/// # Errors
/// If an input is zero.
pub fn deadlock_free_pool(threads: u32, connections_each: u32) -> Sized<u64> {
    guard::count("the number of threads", threads, u32::MAX)?;
    guard::count("the connections of a thread", connections_each, u32::MAX)?;
    Ok(u64::from(threads) * u64::from(connections_each - 1) + 1)
}

/// A process whose requests hold a thread all along, compute, then hold one of a few connections for a database
/// call; all times exponential, all queues first come first served.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreadsAndConnections {
    /// Threads.
    pub threads: u32,
    /// Cores that the computing requests share.
    pub cores: u32,
    /// Mean computing time of a request.
    pub computing: Span,
    /// Connections.
    pub connections: u32,
    /// Calls that the database serves at once.
    pub database_servers: u32,
    /// Mean database time of a request.
    pub database: Span,
}

/// Means of such a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Possession {
    /// Requests finished.
    pub throughput: Rate,
    /// Share of the arrivals refused because all threads and places are taken.
    pub refused: Ratio,
    /// Mean response time of the others.
    pub mean_response: Span,
    /// Mean number waiting for a thread \[requests].
    pub waiting_for_thread: f64,
    /// Mean number computing or waiting for a core \[requests].
    pub computing: f64,
    /// Mean number waiting for a connection \[requests].
    pub waiting_for_connection: f64,
    /// Mean number in the database \[requests].
    pub in_database: f64,
    /// Threads held over all threads.
    pub threads_held: Ratio,
    /// Connections held over all connections.
    pub connections_held: Ratio,
}

impl ThreadsAndConnections {
    /// Under Poisson arrivals with room for `accept_queue` requests beside those that hold threads.
    ///
    /// Level = requests inside, phase = those past computing. Source of the model: Jacobson & Lazowska, *CACM* 25
    /// (1982); solved exactly here.
    ///
    /// # Errors
    /// If an input is zero (the accept queue may be), more than 300 threads, or a queue above 20,000.
    pub fn open(&self, arrivals: Rate, accept_queue: u32) -> Sized<Possession> {
        let lambda = guard::rate("the arrival rate", arrivals)?;
        guard::limit("the accept queue", accept_queue.into(), 20_000)?;
        let most = self.threads as usize + accept_queue as usize;
        self.solve(most, |n| if n < most { lambda } else { 0.0 }, lambda)
    }

    /// With N users who think for an exponential time between requests.
    ///
    /// # Errors
    /// As `open`; if `think` is zero or there are more than 20,000 users.
    pub fn closed(&self, users: u32, think: Span) -> Sized<Possession> {
        let each = 1.0 / guard::span("the think time", think)?;
        guard::count("the number of users", users, 20_000)?;
        let users = users as usize;
        self.solve(users, |n| (users - n) as f64 * each, 0.0)
    }

    fn solve(&self, most: usize, arriving: impl Fn(usize) -> f64, offered: f64) -> Sized<Possession> {
        guard::count("the number of threads", self.threads, 300)?;
        let cores = guard::count("the number of cores", self.cores, guard::MOST_SERVERS)?;
        let pool = guard::count("the number of connections", self.connections, guard::MOST_SERVERS)?;
        let servers = guard::count("the database servers", self.database_servers, guard::MOST_SERVERS)?;
        let compute = 1.0 / guard::span("the computing time", self.computing)?;
        let serve = 1.0 / guard::span("the database time", self.database)?;
        let threads = self.threads as usize;
        let holding = |n: usize| n.min(threads);
        let level = |n: usize| {
            let sizes = [n.saturating_sub(1), n, (n + 1).min(most)].map(|n| holding(n) + 1);
            let mut level = Level::new(sizes[0], sizes[1], sizes[2]);
            for past in 0..=holding(n) {
                if n < most {
                    level.up[(past, past)] = arriving(n);
                }
                if past < holding(n) {
                    level.local[(past, past + 1)] = ((holding(n) - past) as f64).min(cores) * compute;
                }
                if past > 0 {
                    level.down[(past, past - 1)] = (past as f64).min(pool).min(servers) * serve;
                }
            }
            level
        };
        let chain: Vec<Level> = (0..=most).map(level).collect();
        let solution = levels::finite(&chain)?;
        let mean = |of: &dyn Fn(usize, usize) -> f64| solution.mean(of);
        let throughput = serve * mean(&|_, past| (past as f64).min(pool).min(servers))?;
        let inside = mean(&|n, _| n as f64)?;
        let connected = mean(&|_, past| (past as f64).min(pool))?;
        let refused = if offered > 0.0 { solution.levels[most].iter().sum::<f64>() } else { 0.0 };
        Ok(Possession {
            throughput: to_rate(throughput),
            refused: to_ratio(refused),
            mean_response: to_span(inside / throughput),
            waiting_for_thread: mean(&|n, _| (n - holding(n)) as f64)?,
            computing: mean(&|n, past| (holding(n) - past) as f64)?,
            waiting_for_connection: mean(&|_, past| (past as f64 - pool).max(0.0))?,
            in_database: connected,
            threads_held: to_ratio(mean(&|n, _| holding(n) as f64)? / threads as f64),
            connections_held: to_ratio(connected / pool),
        })
    }
}

/// A pool whose connections are held while some requests wait for the lock of one hot row; all times
/// exponential, the database itself never a bottleneck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HotRow {
    /// Connections.
    pub connections: u32,
    /// Requests that may wait for a connection.
    pub waiting_places: u32,
    /// Share of the requests that update the hot row.
    pub hot: Ratio,
    /// Mean time that such a request holds the lock.
    pub lock_hold: Span,
    /// Mean time of the others.
    pub other: Span,
}

/// Means of such a pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HotRowMeans {
    /// Requests finished.
    pub throughput: Rate,
    /// Share refused.
    pub refused: Ratio,
    /// Mean number waiting for a connection \[requests].
    pub waiting_for_connection: f64,
    /// Mean wait for a connection.
    pub mean_wait: Span,
    /// Mean connections held \[connections].
    pub connections_held: f64,
    /// Of these, mean number that wait for the lock \[connections].
    pub blocked_on_lock: f64,
    /// Share of the time that the lock is held.
    pub lock_utilisation: Ratio,
    /// Share of the time that no connection is free.
    pub exhausted: Ratio,
}

impl HotRow {
    /// Solves the chain. Level = requests inside, phase = those of them with a connection that are hot.
    ///
    /// # Errors
    /// If a rate, span or count is zero, more than 200 connections, more than 20,000 places, or a share above 1.
    pub fn solve(&self, arrivals: Rate) -> Sized<HotRowMeans> {
        let lambda = guard::rate("the arrival rate", arrivals)?;
        guard::count("the number of connections", self.connections, 200)?;
        guard::limit("the waiting places", self.waiting_places.into(), 20_000)?;
        let hot = guard::share("the share of hot requests", self.hot)?;
        let unlock = 1.0 / guard::span("the lock hold time", self.lock_hold)?;
        let finish = 1.0 / guard::span("the other time", self.other)?;
        let pool = self.connections as usize;
        let most = pool + self.waiting_places as usize;
        let held = |n: usize| n.min(pool);
        let level = |n: usize| {
            let sizes = [n.saturating_sub(1), n, (n + 1).min(most)].map(|n| held(n) + 1);
            let mut level = Level::new(sizes[0], sizes[1], sizes[2]);
            for h in 0..=held(n) {
                if n < pool && n < most {
                    level.up[(h, h + 1)] += lambda * hot;
                    level.up[(h, h)] += lambda * (1.0 - hot);
                } else if n < most {
                    level.up[(h, h)] += lambda;
                }
                let ends = [
                    (h, (held(n) - h) as f64 * finish),
                    (h.wrapping_sub(1), if h > 0 { unlock } else { 0.0 }),
                ];
                for (left, rate) in ends.into_iter().filter(|(_, rate)| *rate > 0.0) {
                    if n > pool {
                        // The connection goes to the next who waits; whether that one is hot is decided then.
                        level.down[(h, left + 1)] += rate * hot;
                        level.down[(h, left)] += rate * (1.0 - hot);
                    } else {
                        level.down[(h, left)] += rate;
                    }
                }
            }
            level
        };
        let chain: Vec<Level> = (0..=most).map(level).collect();
        let solution = levels::finite(&chain)?;
        let waiting = solution.mean(|n, _| (n - held(n)) as f64)?;
        let locked = solution.mean(|_, h| h.min(1) as f64)?;
        let cold = solution.mean(|n, h| (held(n) - h) as f64)?;
        let throughput = locked * unlock + cold * finish;
        Ok(HotRowMeans {
            throughput: to_rate(throughput),
            refused: to_ratio(solution.levels[most].iter().sum()),
            waiting_for_connection: waiting,
            mean_wait: to_span(waiting / throughput),
            connections_held: solution.mean(|n, _| held(n) as f64)?,
            blocked_on_lock: solution.mean(|_, h| h.saturating_sub(1) as f64)?,
            lock_utilisation: to_ratio(locked),
            exhausted: to_ratio(solution.mean(|n, _| if n >= pool { 1.0 } else { 0.0 })?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::Mmck;

    #[test]
    fn rules_of_thumb() {
        assert_eq!(database_pool_rule(4, 1), 9);
        assert_eq!(deadlock_free_pool(3, 4), Ok(10));
        assert!(deadlock_free_pool(3, 0).is_err());
    }

    #[test]
    fn without_hot_requests_the_pool_is_m_m_c_k() {
        let pool = HotRow {
            connections: 4,
            waiting_places: 6,
            hot: Ratio::ZERO,
            lock_hold: Span::from_millis(1),
            other: Span::from_millis(100),
        };
        let means = pool.solve(Rate::per_second(50.0)).unwrap();
        let plain = Mmck::new(Rate::per_second(50.0), Rate::per_second(10.0), 4, 10).unwrap();
        assert!((means.refused.as_fraction() - plain.refused().as_fraction()).abs() < 1e-13);
        assert!((means.waiting_for_connection - plain.performance().mean_queue).abs() < 1e-11);
    }
}
