//! An Alertmanager's configuration, as far as it decides who is told when.
//!
//! Source: Alertmanager 0.34, `config/config.go`, `config/notifiers.go`, `dispatch/route.go`.

use super::super::matcher::Matcher;
use super::routing::{reachable, resolve};
use crate::units::Span;

/// An Alertmanager's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long an alert that was sent without an end is taken to fire. Default: 5 min.
    pub resolve_timeout: Span,
    /// The root of the routes.
    pub route: Route,
    /// Who can be told.
    pub receivers: Vec<Receiver>,
    /// Which alerts mute which others.
    pub inhibit_rules: Vec<InhibitRule>,
}

impl Config {
    /// Whether an alert may be told to anybody, of which only these labels are known: whether one of the routes that may
    /// take it leads to a receiver with a way to be told.
    pub fn may_tell(&self, known: &[(String, String)]) -> bool {
        let routes = resolve(&self.route);
        reachable(&routes, known).into_iter().any(|index| {
            let named = |receiver: &&Receiver| receiver.name == routes[index].receiver;
            self.receivers.iter().find(named).is_some_and(|receiver| !receiver.integrations.is_empty())
        })
    }
}

/// The default of [`Config::resolve_timeout`].
pub const RESOLVE_TIMEOUT: Span = Span::from_secs(300);

/// A node of the routes. What it leaves out it takes from its parent.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Who is told. The root must have one.
    pub receiver: Option<String>,
    /// What an alert's labels must be. The root has none.
    pub matchers: Vec<Matcher>,
    /// Whether an alert that was taken here goes on to the next sibling. Default: false.
    pub continues: bool,
    /// The labels whose values part alerts into groups. Default: one group.
    pub group_by: Option<GroupBy>,
    /// Time from the first alert of a group to its first notification. Default: 30 s.
    pub group_wait: Option<Span>,
    /// Time between looks at a group. Default: 5 min.
    pub group_interval: Option<Span>,
    /// Time after which an unchanged group is told again, strictly. Default: 4 h.
    pub repeat_interval: Option<Span>,
    /// More particular routes.
    pub routes: Vec<Route>,
}

/// What parts alerts into groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// `'...'`: all labels, so that every alert is a group.
    All,
    /// These labels.
    Labels(Vec<String>),
}

/// Somebody who can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The name that routes use.
    pub name: String,
    /// The ways they are told, in the order of Alertmanager's fields. Nobody is told without one.
    pub integrations: Vec<Integration>,
}

/// A way to tell somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integration {
    /// Which.
    pub channel: Channel,
    /// Whether it tells of resolved alerts too. Default: [`Channel::sends_resolved`].
    pub send_resolved: bool,
}

/// Makes the enum of channels from one list.
macro_rules! channels {
    ($($(#[doc = $doc:literal])+ $name:ident = $key:literal, $resolved:literal;)+) => {
        /// A kind of notification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Channel {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Channel {
            /// Every kind, in the order in which a receiver uses them.
            pub const ALL: &'static [Channel] = &[$(Channel::$name,)+];

            /// Its name; the key of a receiver is this with `_configs` behind it.
            pub const fn name(self) -> &'static str {
                match self { $(Channel::$name => $key,)+ }
            }

            /// Whether it tells of resolved alerts if `send_resolved` is left out.
            pub const fn sends_resolved(self) -> bool {
                match self { $(Channel::$name => $resolved,)+ }
            }
        }
    };
}

channels! {
    /// A web hook; also what text messages and calls are made with.
    Webhook = "webhook", true;
    /// Mail.
    Email = "email", false;
    /// PagerDuty.
    Pagerduty = "pagerduty", true;
    /// Opsgenie.
    Opsgenie = "opsgenie", true;
    /// WeChat.
    Wechat = "wechat", false;
    /// Slack.
    Slack = "slack", false;
    /// VictorOps.
    Victorops = "victorops", true;
    /// Pushover.
    Pushover = "pushover", true;
    /// Amazon SNS.
    Sns = "sns", true;
    /// Telegram.
    Telegram = "telegram", true;
    /// Discord.
    Discord = "discord", true;
    /// Webex.
    Webex = "webex", true;
    /// Microsoft Teams, by the old web hooks.
    Msteams = "msteams", true;
    /// Microsoft Teams.
    Msteamsv2 = "msteamsv2", true;
    /// incident.io.
    Incidentio = "incidentio", true;
    /// Jira.
    Jira = "jira", true;
    /// Rocket.Chat.
    Rocketchat = "rocketchat", false;
    /// Mattermost.
    Mattermost = "mattermost", true;
}

/// Mutes alerts while others fire.
#[derive(Clone, Debug, Default)]
pub struct InhibitRule {
    /// Which alerts mute.
    pub source: Vec<Matcher>,
    /// Which are muted.
    pub target: Vec<Matcher>,
    /// Labels that must have the same value in both; a label that is in neither is the same.
    pub equal: Vec<String>,
}
