//! What steps ask of limiters, breakers, caches, topics, stocks and memories.

use super::World;
use super::callers::{BREAKER, CONCURRENCY, THREAD, THROTTLE};
use super::fetches::FETCH;
use super::gates::Gate;
use super::gateways::{ROUTED, SENT};
use super::groups::RECORD;
use super::key_locks::KEY_LOCK;
use super::pools::CONNECTION;
use super::transactions::{FORGOTTEN, JOINED, MAY_LEAK};
use super::versions::VERSION;
use super::watching::SERVING;
use crate::component::parts::{Hook, KeyRef};
use crate::engine::{Core, Exit, Flow, TaskId};
use crate::record::Cause;
use crate::units::Instant;

impl World<'_> {
    /// Does what a hook stands for.
    #[inline]
    pub(super) fn run_hook(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32) -> Flow {
        let now = core.now();
        match self.parts.hooks[hook as usize] {
            Hook::Admit { bucket } => {
                if self.buckets[usize::from(bucket)].try_take(now, 1) {
                    Flow::Next
                } else {
                    Flow::Fail(Cause::RateLimited)
                }
            }
            Hook::Turn { bucket } => self.take_turn(now, bucket),
            Hook::AdmitWindow { window } => {
                if self.windows[usize::from(window)].try_acquire(now, 1) {
                    Flow::Next
                } else {
                    Flow::Fail(Cause::RateLimited)
                }
            }
            Hook::AdmitSliding { window } => {
                if self.sliding_windows[usize::from(window)].try_acquire(now, 1) {
                    Flow::Next
                } else {
                    Flow::Fail(Cause::RateLimited)
                }
            }
            Hook::AdmitLocal { limit } => self.ask_local_limit(core, task, limit),
            Hook::Concurrency { first } => self.ask_concurrency(core, task, first),
            Hook::Throttle { first } => self.ask_throttle(core, task, first),
            Hook::Breaker { first } => self.ask_breaker(core, task, first),
            Hook::FirstTry { first } => {
                self.first_try(core, task, first);
                Flow::Next
            }
            Hook::Limit { first, refused } => self.ask_limiter(core, task, first, refused),
            Hook::Submit { first } => self.submit(core, task, first),
            Hook::Route { route } => self.enter_gateway(core, task, route),
            Hook::Send { way } => self.begin_attempt(core, task, way),
            Hook::Serving { asked } => {
                core.open_scope(task, SERVING, u32::from(asked));
                Flow::Next
            }
            Hook::Degrade => {
                core.degrade(task);
                Flow::Next
            }
            Hook::Cache { entry, hook } => self.cache_hook(core, task, entry, hook),
            Hook::Master { entry, cluster, table } => self.to_master(core, task, entry, (cluster, table)),
            Hook::Expire { store } => self.expire(core, store),
            Hook::Fork { store } => self.fork(core, store),
            Hook::ExpireAgain { store } => {
                self.expire_again(core, store);
                Flow::Next
            }
            Hook::Publish { topic, key, size, process } => {
                self.publish(core, task, (process, topic), key, size)
            }
            Hook::Produce { topic, key, size, process } => {
                self.produce(core, task, (process, topic), key, size)
            }
            Hook::Written => {
                self.written(core, task);
                Flow::Next
            }
            Hook::Replicate => {
                self.replicate(core, task);
                Flow::Next
            }
            Hook::Acknowledged => {
                self.acknowledged(core, task);
                Flow::Next
            }
            Hook::Deliver { .. } => self.record_arrives(core, task),
            Hook::Take { stock, key, checked, group } => {
                let key = Self::key_of(core, task, key);
                self.keeps_more(core);
                let remaining = self.remaining(stock, key);
                if checked && *remaining <= 0 {
                    return Flow::Fail(Cause::Declined);
                }
                *remaining -= 1;
                if *remaining < 0 {
                    let oversold = self.parts.stocks[usize::from(stock)].oversold;
                    self.effects[usize::from(oversold)] += 1;
                }
                if let Some(group) = group {
                    self.log_take(core, task, group, stock, key);
                }
                Flow::Next
            }
            Hook::Check { stock, key } => {
                let key = Self::key_of(core, task, key);
                self.keeps_more(core);
                if *self.remaining(stock, key) > 0 { Flow::Next } else { Flow::Fail(Cause::Declined) }
            }
            Hook::Once { memory, key, group } => {
                let key = Self::key_of(core, task, key);
                if self.remembered[usize::from(memory)].seen(now, key) {
                    return Flow::Fail(Cause::Declined);
                }
                self.keeps_more(core);
                if let Some(group) = group {
                    self.log_once(core, task, group, memory, key);
                }
                Flow::Next
            }
            Hook::InOrder { place, key, effect } => {
                let key = Self::key_of(core, task, key);
                let asked = self.asked_at(core, task);
                let overtaken = self.order.is_overtaken(place, key, asked);
                self.keeps_more(core);
                self.effects[usize::from(effect)] += u64::from(overtaken);
                Flow::Next
            }
            Hook::Effect { effect } => {
                self.effects[usize::from(effect)] += 1;
                Flow::Next
            }
            Hook::Tally { tally, key, belongs } => {
                let key = core.key_of(task, key);
                self.tallies[usize::from(tally)].note(key, belongs);
                self.keeps_more(core);
                Flow::Next
            }
            Hook::Want { first } => self.want_connection(core, first + core.replica(task)),
            Hook::Borrow { first } => self.borrow_connection(core, task, first + core.replica(task)),
            Hook::MayLeak { leak } => {
                core.open_scope(task, MAY_LEAK, u32::from(leak));
                Flow::Next
            }
            Hook::Leak { leak, failed, to } => {
                if self.leak_here(core, task, leak, failed) {
                    Flow::Jump(to)
                } else {
                    Flow::Next
                }
            }
            Hook::Linger { leak } => self.linger(leak),
            Hook::Join { group } => {
                core.open_scope(task, JOINED, u32::from(group));
                Flow::Next
            }
            Hook::Doomed { group, to } => {
                if self.is_doomed(core, task, group) {
                    Flow::Jump(to)
                } else {
                    Flow::Next
                }
            }
            Hook::Wrote { group, table, key } => {
                self.log_write(core, task, group, table, key);
                Flow::Next
            }
            Hook::ReadVersion { table, key } => self.read_version(core, task, (table, key)),
            Hook::CompareVersion { conflict } => self.compare_version(core, task, conflict),
            Hook::ChangeVersion { group, table, key } => {
                self.log_change(core, task, group, (table, key));
                Flow::Next
            }
            Hook::ReadReplica { replica, table, key } => {
                self.read_replica(core, task, replica, table, key);
                Flow::Next
            }
            Hook::Switch { switch, to } => {
                if self.switches[usize::from(switch)] {
                    Flow::Jump(to)
                } else {
                    Flow::Next
                }
            }
            Hook::Refuse { switch, cause } => {
                if self.switches[usize::from(switch)] {
                    Flow::Fail(cause)
                } else {
                    Flow::Next
                }
            }
            Hook::RouteLimit { limit } => {
                let bucket = self.limits[usize::from(limit)].as_mut();
                if bucket.is_none_or(|bucket| bucket.try_take(now, 1)) {
                    Flow::Next
                } else {
                    Flow::Fail(Cause::RateLimited)
                }
            }
            Hook::Gate { gate, per_replica, site, work } => {
                let gate = if per_replica { gate + core.replica(task) } else { gate };
                let Gate { condition, refuses, .. } = &self.gates[usize::from(gate)];
                if condition.is_calm() && !refuses {
                    Flow::Next
                } else {
                    self.pass_gate(core, task, gate, site, work)
                }
            }
        }
    }

    /// Takes note that a scope opened by a hook has closed.
    pub(super) fn scope_closed(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        tag: u8,
        data: u32,
        since: Instant,
        exit: Exit,
    ) {
        match tag {
            BREAKER => self.tell_breaker(core.now(), data, since, exit),
            CONCURRENCY => self.end_concurrency(core, task, data, since, exit),
            THROTTLE => self.tell_throttle(core, task, data, exit),
            THREAD => self.leave_thread(core, task, data, exit),
            SERVING => self.count_answer(core, task, data as u16, since, exit),
            ROUTED => self.leave_gateway(core, task, data, since, exit),
            SENT => self.end_attempt(core, task, data as u16, exit),
            CONNECTION => self.connection_returned(core, data, since),
            MAY_LEAK => self.may_leak_closed(core, task, data as u16, exit),
            JOINED => self.joined_closed(core, task, data as u16, exit),
            FORGOTTEN => core.count_lost(data, -1),
            FETCH => self.end_fetch(core, data, since, exit),
            KEY_LOCK => self.close_lock(core, data, exit),
            RECORD => self.record_leaves(core, data),
            VERSION => self.versions.forget(data),
            _ => {}
        }
    }

    pub(super) fn key_of(core: &Core<'_>, task: TaskId, key: KeyRef) -> u64 {
        match key {
            KeyRef::Single => 0,
            KeyRef::Space(space) => core.key_of(task, space),
        }
    }

    pub(super) fn remaining(&mut self, stock: u16, key: u64) -> &mut i64 {
        let amount = self.parts.stocks[usize::from(stock)].amount;
        self.stocks.entry((stock, key)).or_insert(i64::try_from(amount).unwrap_or(i64::MAX))
    }
}
