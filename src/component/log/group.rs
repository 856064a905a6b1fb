//! A consumer group as it is run: its members, and which replica each is in.

use super::ConsumersSpec;
use crate::engine::Pc;
use crate::random::Law;

/// A consumer group of a topic.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) spec: ConsumersSpec,
    /// The process that its members run in, and how many replicas that has at the start.
    pub(crate) process: u16,
    pub(crate) deployed: u16,
    /// Members in each replica that is added.
    pub(crate) per_added: u16,
    /// Members that there may be, those in added replicas included. Range: 1 to 10000.
    pub(crate) members: u32,
    /// The operation that its records are recorded as.
    pub(crate) operation: u16,
    /// First of the members' stations.
    pub(crate) slots: u32,
    /// First step of a record.
    pub(crate) deliver: Pc,
    /// Where a record goes on that waits for another member from now on.
    pub(crate) reroute: Pc,
    pub(crate) commit: Option<Law>,
    /// One way over the network.
    pub(crate) latency: Option<Law>,
    /// The effect that counts records that are delivered again.
    pub(crate) redelivered: u16,
}

impl Group {
    /// Members that there are at the start.
    pub(crate) fn first_members(&self) -> u32 {
        self.spec.members.clamp(1, 10_000)
    }

    /// The replica that a member runs in: those of the deployment are dealt to its replicas in turn.
    pub(crate) fn replica_of(&self, member: u16) -> u16 {
        match u32::from(member).checked_sub(self.first_members()) {
            None => member % self.deployed,
            Some(added) => self.deployed + (added / u32::from(self.per_added.max(1))) as u16,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(members: u32, deployed: u16, replicas: u16) -> Group {
        let spec: ConsumersSpec = serde_json::from_value(serde_json::json!({
            "group": "all", "operation": "a.b",
            "members": members,
        }))
        .expect("it is a group");
        let per_added = members / u32::from(deployed);
        Group {
            spec,
            process: 0,
            deployed,
            per_added: per_added as u16,
            members: members + u32::from(replicas - deployed) * per_added,
            operation: 0,
            slots: 0,
            deliver: 0,
            reroute: 0,
            commit: None,
            latency: None,
            redelivered: 0,
        }
    }

    #[test]
    fn members_of_added_replicas_come_after_those_that_are_dealt_out() {
        let of = |group: &Group| {
            (0..group.members as u16).map(|member| group.replica_of(member)).collect::<Vec<_>>()
        };
        assert_eq!(of(&group(4, 2, 2)), [0, 1, 0, 1]);
        assert_eq!(of(&group(4, 2, 4)), [0, 1, 0, 1, 2, 2, 3, 3]);
        assert_eq!(of(&group(1, 1, 3)), [0, 1, 2]);
        assert_eq!(of(&group(5, 2, 3)), [0, 1, 0, 1, 0, 2, 2]);
        // Fewer members than replicas: those that are added have none.
        assert_eq!(of(&group(1, 3, 9)), [0]);
    }
}
