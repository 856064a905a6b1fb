//! Where requests come from: open loads and closed users.

use super::World;
use crate::component::parts::SourceKind;
use crate::engine::{Core, Start};
use crate::random::{Draw, Law, Mixer, mix};
use crate::units::Instant;
use crate::workload::{Arrival, Arrivals};

/// A load while it runs.
#[derive(Debug)]
pub(super) enum Load {
    Open { arrivals: Arrivals, next: Option<Arrival>, count: u64, keys: Mixer, until: Instant, start: Start },
    Closed { users: Vec<u64>, think: Law },
}

impl World<'_> {
    /// Sets the first timers and sources of all loads.
    pub(super) fn begin_loads(&mut self, core: &mut Core<'_>) {
        for source in 0..self.loads.len() {
            match &mut self.loads[source] {
                Load::Open { arrivals, next, .. } => {
                    let SourceKind::Open { from, to, .. } = self.parts.sources[source].kind else { continue };
                    arrivals.skip_to(from);
                    *next = arrivals.by_ref().find(|arrival| arrival.at >= from).filter(|it| it.at < to);
                    if let Some(arrival) = next {
                        core.set_source(arrival.at, source as u32);
                    }
                }
                Load::Closed { users, think } => {
                    // Everybody thinks first, so that they do not all come at once.
                    for user in 0..users.len() as u32 {
                        let key = mix(self.keys[source], u64::from(user));
                        let pause = think.sample_span(&mut Draw::new(key, 0));
                        core.set_timer(core.now() + pause, self.first_users[source] + user);
                    }
                }
            }
        }
    }

    /// Starts the requests of an open load that are due.
    #[inline]
    pub(super) fn load_due(&mut self, core: &mut Core<'_>, source: u32) {
        let load = &mut self.loads[source as usize];
        let Load::Open { arrivals, next, count, keys, until, start } = load else { return };
        let Some(arrival) = next.take() else { return };
        let (first, keys, start) = (*count, *keys, *start);
        *count += u64::from(arrival.count);
        *next = arrivals.next().filter(|following| following.at < *until);
        if let Some(following) = next {
            core.set_source(following.at, source);
        }
        for number in first..first + u64::from(arrival.count) {
            if core.start(Start { key: keys.with(number), ..start }).is_none() {
                // The run is over, however many more would come at this instant.
                return;
            }
        }
    }

    /// Starts the next request of a closed user.
    pub(super) fn user_due(&mut self, core: &mut Core<'_>, timer: u32) {
        let (source, user) = self.user(timer);
        let Load::Closed { users, .. } = &mut self.loads[source] else { return };
        let asked = &mut users[user as usize];
        *asked += 1;
        let number = (u64::from(user) << 40) | *asked;
        let key = mix(self.keys[source], number);
        core.start(Start { key, notify: Some(timer), ..self.parts.sources[source].start() });
    }

    /// Has a closed user think before the next request.
    pub(super) fn user_answered(&mut self, core: &mut Core<'_>, notify: u32) {
        let (source, user) = self.user(notify);
        if let Load::Closed { users, think } = &self.loads[source] {
            let asked = users[user as usize];
            let key = mix(mix(self.keys[source], u64::from(user)), asked);
            let pause = think.sample_span(&mut Draw::new(key, 0));
            core.set_timer(core.now() + pause, notify);
        }
    }

    /// The source and user behind the number of a closed user.
    fn user(&self, number: u32) -> (usize, u32) {
        let source = self.first_users.partition_point(|first| *first <= number) - 1;
        (source, number - self.first_users[source])
    }
}
