//! A thread pool with a bounded queue, in the order of the JDK.
//!
//! It stands for `FixedThreadPoolBulkhead` over a `ThreadPoolExecutor`: core threads first, then the queue,
//! only then more threads; the task that makes the pool grow runs at once and so overtakes the queue.
//!
//! It leaves out context propagation and other rejection handlers than the aborting one.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Span};

/// The settings of a [`ThreadPoolBulkhead`].
///
/// Source of names and defaults: Resilience4j `ThreadPoolBulkheadConfig`. The pool sizes have no default
/// here, because there it is the machine's: max is its processors, core one less (at least 1).
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ThreadPoolBulkheadConfig {
    /// Threads that are kept \[threads]. Range: 1 to max-thread-pool-size.
    pub core_thread_pool_size: u32,
    /// Threads at most \[threads]. Range: at least 1.
    pub max_thread_pool_size: u32,
    /// Tasks that may wait \[tasks]; zero hands each task directly to a thread. Default: 100.
    #[serde(default = "queue_capacity")]
    pub queue_capacity: u32,
    /// Time that a thread beyond the core stays without a task, cut to whole milliseconds. Default: 20ms.
    #[serde(default = "keep_alive")]
    pub keep_alive_duration: Span,
}

fn queue_capacity() -> u32 {
    100
}

fn keep_alive() -> Span {
    Span::from_millis(20)
}

impl ThreadPoolBulkheadConfig {
    /// The settings that the product has by default on a machine with so many processors.
    pub fn on_processors(processors: u32) -> Self {
        ThreadPoolBulkheadConfig {
            core_thread_pool_size: processors.saturating_sub(1).max(1),
            max_thread_pool_size: processors.max(1),
            queue_capacity: queue_capacity(),
            keep_alive_duration: keep_alive(),
        }
    }

    /// So many threads, all of which are kept, and the rest by default.
    pub fn fixed(threads: u32) -> Self {
        ThreadPoolBulkheadConfig {
            core_thread_pool_size: threads,
            max_thread_pool_size: threads,
            queue_capacity: queue_capacity(),
            keep_alive_duration: keep_alive(),
        }
    }

    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let (core, max) = (self.core_thread_pool_size, self.max_thread_pool_size);
        findings
            .require(core >= 1, "core-thread-pool-size", core, "at least 1")
            .require(max >= 1, "max-thread-pool-size", max, "at least 1")
            .agree(
                core <= max,
                "core-thread-pool-size",
                "max-thread-pool-size",
                "the core cannot be larger than the whole pool",
            );
        findings.into_errors()
    }
}

/// What becomes of a submitted task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submission {
    /// A thread runs it now.
    Runs,
    /// It waits in the queue.
    Queued,
    /// Queue and threads are full.
    Full,
}

/// A thread pool bulkhead with the behaviour of Resilience4j.
#[derive(Clone, Debug)]
pub struct ThreadPoolBulkhead<T> {
    core: usize,
    max: usize,
    capacity: usize,
    keep_alive: Span,
    threads: usize,
    /// Threads without a task, the longest idle first, with the time they end at; a thread that became
    /// idle within the core waits for ever.
    idle: VecDeque<Option<Instant>>,
    queue: VecDeque<T>,
}

impl<T: PartialEq> ThreadPoolBulkhead<T> {
    /// Makes a pool without threads.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: ThreadPoolBulkheadConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(ThreadPoolBulkhead {
            core: config.core_thread_pool_size as usize,
            max: config.max_thread_pool_size as usize,
            capacity: config.queue_capacity as usize,
            keep_alive: Span::from_millis(config.keep_alive_duration.as_nanos() / 1_000_000),
            threads: 0,
            idle: VecDeque::new(),
            queue: VecDeque::new(),
        })
    }

    /// Hands in `task`.
    ///
    /// A new core thread is started even when another one is idle. Of idle threads, a pool with a queue
    /// wakes the longest idle one and a pool without a queue the latest.
    pub fn submit(&mut self, now: Instant, task: T) -> Submission {
        self.on_timer(now);
        if self.threads < self.core {
            self.threads += 1;
            return Submission::Runs;
        }
        let woken = if self.capacity > 0 { self.idle.pop_front() } else { self.idle.pop_back() };
        if woken.is_some() {
            return Submission::Runs;
        }
        if self.queue.len() < self.capacity {
            self.queue.push_back(task);
            return Submission::Queued;
        }
        if self.threads < self.max {
            self.threads += 1;
            return Submission::Runs;
        }
        Submission::Full
    }

    /// Notes that a running task ended; returns the queued task that its thread runs next.
    pub fn finish(&mut self, now: Instant) -> Option<T> {
        self.on_timer(now);
        let next = self.queue.pop_front();
        if next.is_none() && self.idle.len() < self.threads {
            let ends = (self.threads > self.core).then(|| now + self.keep_alive);
            self.idle.push_back(ends);
        }
        next
    }

    /// Takes a task out of the queue, if it is there.
    pub fn cancel(&mut self, task: &T) -> bool {
        let place = self.queue.iter().position(|queued| queued == task);
        place.is_some_and(|place| self.queue.remove(place).is_some())
    }

    /// When [`on_timer`](Self::on_timer) is to be called, if ever.
    pub fn next_timer(&self) -> Option<Instant> {
        self.idle.iter().flatten().min().copied()
    }

    /// Ends the threads beyond the core whose time is over. Every other call does this first.
    pub fn on_timer(&mut self, now: Instant) {
        while let Some(due) = self.next_timer().filter(|due| *due <= now) {
            let Some(place) = self.idle.iter().position(|ends| *ends == Some(due)) else { return };
            if self.threads > self.core {
                self.idle.remove(place);
                self.threads -= 1;
            } else {
                self.idle[place] = None;
            }
        }
    }

    /// Threads alive, busy or not \[threads].
    pub const fn threads(&self) -> usize {
        self.threads
    }

    /// Threads that run a task \[threads].
    pub fn active(&self) -> usize {
        self.threads - self.idle.len()
    }

    /// Tasks in the queue \[tasks].
    pub fn queue_depth(&self) -> usize {
        self.queue.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Submission::{Full, Queued, Runs};
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn pool(core: u32, max: u32, queue_capacity: u32) -> ThreadPoolBulkhead<u32> {
        ThreadPoolBulkhead::new(ThreadPoolBulkheadConfig {
            core_thread_pool_size: core,
            max_thread_pool_size: max,
            queue_capacity,
            keep_alive_duration: Span::from_millis(20),
        })
        .unwrap()
    }

    fn submit_all(pool: &mut ThreadPoolBulkhead<u32>, tasks: u32) -> Vec<Submission> {
        (0..tasks).map(|task| pool.submit(at(0), task)).collect()
    }

    #[test]
    fn core_threads_come_first_then_the_queue_then_more_threads() {
        let mut pool = pool(1, 2, 2);
        assert_eq!(submit_all(&mut pool, 5), [Runs, Queued, Queued, Runs, Full]);
    }

    #[test]
    fn the_task_that_makes_the_pool_grow_overtakes_the_queue() {
        let mut pool = pool(1, 2, 1);
        assert_eq!(submit_all(&mut pool, 3), [Runs, Queued, Runs]);
        assert_eq!((pool.finish(at(1)), pool.finish(at(1))), (Some(1), None));
    }

    #[test]
    fn a_core_thread_is_started_even_when_another_is_idle() {
        let mut pool = pool(2, 2, 1);
        assert_eq!(pool.submit(at(0), 0), Runs);
        assert_eq!(pool.finish(at(1)), None);
        assert_eq!(pool.submit(at(2), 1), Runs);
        assert_eq!((pool.threads(), pool.active()), (2, 1));
    }

    #[test]
    fn without_a_queue_tasks_go_directly_to_threads() {
        let mut pool = pool(1, 3, 0);
        assert_eq!(submit_all(&mut pool, 4), [Runs, Runs, Runs, Full]);
        assert_eq!(pool.finish(at(1)), None);
        assert_eq!(pool.submit(at(1), 9), Runs);
        assert_eq!(pool.threads(), 3);
    }

    #[test]
    fn threads_beyond_the_core_end_after_the_keep_alive() {
        let mut pool = pool(1, 3, 0);
        submit_all(&mut pool, 3);
        (1..4).for_each(|ms| assert_eq!(pool.finish(at(ms)), None));
        assert_eq!(pool.next_timer(), Some(at(21)));
        pool.on_timer(at(21));
        assert_eq!(pool.threads(), 2);
        // The third becomes the core and waits for ever.
        pool.on_timer(at(99));
        assert_eq!((pool.threads(), pool.next_timer()), (1, None));
    }

    #[test]
    fn a_cancelled_task_leaves_the_queue() {
        let mut pool = pool(1, 1, 2);
        submit_all(&mut pool, 3);
        assert!(pool.cancel(&1));
        assert!(!pool.cancel(&1));
        assert_eq!(pool.finish(at(1)), Some(2));
    }

    #[test]
    fn a_machine_of_four_processors_keeps_three_threads() {
        let config = ThreadPoolBulkheadConfig::on_processors(4);
        assert_eq!((config.core_thread_pool_size, config.max_thread_pool_size), (3, 4));
        assert_eq!(ThreadPoolBulkheadConfig::on_processors(1).core_thread_pool_size, 1);
    }

    #[test]
    fn a_core_larger_than_the_pool_is_refused() {
        let text = r#"{"core-thread-pool-size": 3, "max-thread-pool-size": 2, "queue-capacity": 0}"#;
        let config: ThreadPoolBulkheadConfig = serde_json::from_str(text).unwrap();
        let told: Vec<String> = config.check().iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|it| it.contains("`core-thread-pool-size` and `max-thread-pool-size`")),
            "{told:?}"
        );
    }
}
