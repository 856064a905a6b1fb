//! Keys of the ways to tell somebody, and of what holds for all of them. None of them decides who is told when, but the
//! real Alertmanager refuses any that it does not know.
//!
//! Source: Alertmanager 0.34, `config/config.go`, `config/notifiers.go`, `notify/*/config.go`.

use super::fields::Shape;
use crate::timeline::alertmanager::Channel;

/// What holds for all receivers.
pub(super) const GLOBAL: Shape = Shape {
    what: "`global`",
    keys: &["resolve_timeout"],
    ignored: &[
        "http_config",
        "jira_api_url",
        "smtp_from",
        "smtp_hello",
        "smtp_smarthost",
        "smtp_auth_username",
        "smtp_auth_password",
        "smtp_auth_password_file",
        "smtp_auth_secret",
        "smtp_auth_secret_file",
        "smtp_auth_identity",
        "smtp_require_tls",
        "smtp_tls_config",
        "smtp_force_implicit_tls",
        "slack_api_url",
        "slack_api_url_file",
        "slack_app_token",
        "slack_app_token_file",
        "slack_app_url",
        "pagerduty_url",
        "opsgenie_api_url",
        "opsgenie_api_key",
        "opsgenie_api_key_file",
        "wechat_api_url",
        "wechat_api_secret",
        "wechat_api_secret_file",
        "wechat_api_corp_id",
        "victorops_api_url",
        "victorops_api_key",
        "victorops_api_key_file",
        "telegram_api_url",
        "telegram_bot_token",
        "telegram_bot_token_file",
        "webex_api_url",
        "rocketchat_api_url",
        "rocketchat_token",
        "rocketchat_token_file",
        "rocketchat_token_id",
        "rocketchat_token_id_file",
        "mattermost_webhook_url",
        "mattermost_webhook_url_file",
    ],
};

const WEBHOOK: Shape = Shape {
    what: "a webhook configuration",
    keys: &["send_resolved"],
    ignored: &["http_config", "url", "url_file", "max_alerts", "timeout", "payload"],
};

const EMAIL: Shape = Shape {
    what: "an email configuration",
    keys: &["send_resolved"],
    ignored: &[
        "to",
        "from",
        "hello",
        "smarthost",
        "auth_username",
        "auth_password",
        "auth_password_file",
        "auth_secret",
        "auth_secret_file",
        "auth_identity",
        "headers",
        "html",
        "text",
        "require_tls",
        "tls_config",
        "force_implicit_tls",
        "threading",
    ],
};

const PAGERDUTY: Shape = Shape {
    what: "a PagerDuty configuration",
    keys: &["send_resolved"],
    ignored: &[
        "http_config",
        "service_key",
        "service_key_file",
        "routing_key",
        "routing_key_file",
        "url",
        "client",
        "client_url",
        "description",
        "details",
        "images",
        "links",
        "source",
        "severity",
        "class",
        "component",
        "group",
        "timeout",
    ],
};

const OPSGENIE: Shape = Shape {
    what: "an Opsgenie configuration",
    keys: &["send_resolved"],
    ignored: &[
        "http_config",
        "api_key",
        "api_key_file",
        "api_url",
        "message",
        "description",
        "source",
        "details",
        "entity",
        "responders",
        "actions",
        "tags",
        "note",
        "priority",
        "update_alerts",
    ],
};

const SLACK: Shape = Shape {
    what: "a Slack configuration",
    keys: &["send_resolved"],
    ignored: &[
        "http_config",
        "api_url",
        "api_url_file",
        "app_token",
        "app_token_file",
        "app_url",
        "channel",
        "username",
        "color",
        "title",
        "title_link",
        "pretext",
        "text",
        "message_text",
        "fields",
        "short_fields",
        "footer",
        "fallback",
        "callback_id",
        "icon_emoji",
        "icon_url",
        "image_url",
        "thumb_url",
        "link_names",
        "mrkdwn_in",
        "actions",
        "update_message",
        "timeout",
    ],
};

/// The keys of a way; `None` for one that is taken as it is.
pub(super) fn keys_of(channel: Channel) -> Option<&'static Shape> {
    match channel {
        Channel::Webhook => Some(&WEBHOOK),
        Channel::Email => Some(&EMAIL),
        Channel::Pagerduty => Some(&PAGERDUTY),
        Channel::Opsgenie => Some(&OPSGENIE),
        Channel::Slack => Some(&SLACK),
        Channel::Wechat
        | Channel::Victorops
        | Channel::Pushover
        | Channel::Sns
        | Channel::Telegram
        | Channel::Discord
        | Channel::Webex
        | Channel::Msteams
        | Channel::Msteamsv2
        | Channel::Incidentio
        | Channel::Jira
        | Channel::Rocketchat
        | Channel::Mattermost => None,
    }
}
