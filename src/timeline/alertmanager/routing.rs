//! The tree of routes as a list with everything inherited, and the way of an alert through it.
//!
//! Source: Alertmanager 0.34, `dispatch/route.go` (`newRoute`, `Match`, `Key`).

use super::super::matcher::Matcher;
use super::config::{GroupBy, Route};
use crate::units::Span;

/// A route with everything it has and inherits.
#[derive(Clone, Debug)]
pub(super) struct Resolved {
    pub(super) receiver: String,
    pub(super) group_by: GroupBy,
    pub(super) group_wait: Span,
    pub(super) group_interval: Span,
    pub(super) repeat_interval: Span,
    /// What groups of it are logged under; routes with the same matchers share it, as in Alertmanager.
    pub(super) key: String,
    matchers: Vec<Matcher>,
    continues: bool,
    children: Vec<usize>,
}

/// The routes, the root first.
pub(super) fn resolve(root: &Route) -> Vec<Resolved> {
    let mut routes = Vec::new();
    add(root, None, &mut routes);
    routes
}

fn add(route: &Route, parent: Option<usize>, routes: &mut Vec<Resolved>) -> usize {
    let above = parent.map(|parent| routes[parent].clone());
    let mut told: Vec<String> = route.matchers.iter().map(ToString::to_string).collect();
    told.sort();
    let own = format!("{{{}}}", told.join(","));
    let pick = |given: Option<Span>, inherited: fn(&Resolved) -> Span, default: u64| {
        given.or(above.as_ref().map(inherited)).unwrap_or(Span::from_secs(default))
    };
    let inherited = above.as_ref();
    let resolved = Resolved {
        receiver: route
            .receiver
            .clone()
            .or(inherited.map(|above| above.receiver.clone()))
            .unwrap_or_default(),
        group_by: route
            .group_by
            .clone()
            .or(inherited.map(|above| above.group_by.clone()))
            .unwrap_or(GroupBy::Labels(Vec::new())),
        group_wait: pick(route.group_wait, |above| above.group_wait, 30),
        group_interval: pick(route.group_interval, |above| above.group_interval, 300),
        repeat_interval: pick(route.repeat_interval, |above| above.repeat_interval, 14_400),
        key: inherited.map_or(own.clone(), |above| format!("{}/{own}", above.key)),
        matchers: route.matchers.clone(),
        continues: route.continues,
        children: Vec::new(),
    };
    let index = routes.len();
    routes.push(resolved);
    for child in &route.routes {
        let child = add(child, Some(index), routes);
        routes[index].children.push(child);
    }
    index
}

/// The value of a label, empty if there is none.
pub(super) fn value<'a>(labels: &'a [(String, String)], name: &str) -> &'a str {
    labels.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

/// Whether labels fulfil all matchers.
pub(super) fn fits(matchers: &[Matcher], labels: &[(String, String)]) -> bool {
    matchers.iter().all(|matcher| matcher.fits(value(labels, matcher.name())))
}

/// The routes that take an alert: depth first; the first child that takes it ends the search unless it continues,
/// and a route takes it itself only if no child does.
pub(super) fn matching(routes: &[Resolved], labels: &[(String, String)]) -> Vec<usize> {
    let mut found = Vec::new();
    descend(routes, 0, labels, &mut found);
    found
}

fn descend(routes: &[Resolved], index: usize, labels: &[(String, String)], found: &mut Vec<usize>) -> bool {
    let route = &routes[index];
    if !fits(&route.matchers, labels) {
        return false;
    }
    let before = found.len();
    for child in &route.children {
        if descend(routes, *child, labels, found) && !routes[*child].continues {
            break;
        }
    }
    if found.len() == before {
        found.push(index);
    }
    true
}

/// The receivers that an alert may reach of which only some labels are known: a matcher of another label may fit or not.
pub(super) fn reachable(routes: &[Resolved], known: &[(String, String)]) -> Vec<usize> {
    let mut found = Vec::new();
    may_descend(routes, 0, known, &mut found);
    found
}

/// Whether a route takes such an alert: surely, or perhaps.
fn may_descend(
    routes: &[Resolved],
    index: usize,
    known: &[(String, String)],
    found: &mut Vec<usize>,
) -> Option<bool> {
    let route = &routes[index];
    let mut surely = true;
    for matcher in &route.matchers {
        match known.iter().find(|(name, _)| name == matcher.name()) {
            Some((_, value)) if !matcher.fits(value) => return None,
            Some(_) => {}
            None => surely = false,
        }
    }
    let mut taken = false;
    for child in &route.children {
        if may_descend(routes, *child, known, found) == Some(true) {
            taken = true;
            if !routes[*child].continues {
                break;
            }
        }
    }
    if !taken {
        found.push(index);
    }
    Some(surely)
}

/// The labels that an alert's group has in a route, by name.
pub(super) fn group_labels(route: &Resolved, labels: &[(String, String)]) -> Vec<(String, String)> {
    let wanted = |name: &String| match &route.group_by {
        GroupBy::All => true,
        GroupBy::Labels(names) => names.contains(name),
    };
    labels.iter().filter(|(name, _)| wanted(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::super::super::matcher::Comparison;
    use super::*;

    fn route(receiver: Option<&str>, severity: Option<&str>, continues: bool, routes: Vec<Route>) -> Route {
        let matcher = |value| Matcher::new("severity", Comparison::Equal, value).unwrap();
        Route {
            receiver: receiver.map(str::to_owned),
            matchers: severity.map(matcher).into_iter().collect(),
            continues,
            routes,
            ..Route::default()
        }
    }

    #[track_caller]
    fn check(root: &Route, severity: &str, expected: &[&str]) {
        let routes = resolve(root);
        let labels = [("severity".to_owned(), severity.to_owned())];
        let receivers: Vec<&str> =
            matching(&routes, &labels).into_iter().map(|index| routes[index].receiver.as_str()).collect();
        assert_eq!(receivers, expected, "{severity}");
    }

    #[test]
    fn an_alert_goes_to_the_first_child_that_takes_it() {
        let root = route(
            Some("all"),
            None,
            false,
            vec![
                route(Some("pager"), Some("critical"), true, Vec::new()),
                route(
                    None,
                    Some("critical"),
                    false,
                    vec![route(Some("deep"), Some("none"), false, Vec::new())],
                ),
                route(Some("never"), Some("critical"), false, Vec::new()),
                route(Some("mail"), Some("warning"), true, Vec::new()),
            ],
        );
        check(&root, "critical", &["pager", "all"]);
        check(&root, "warning", &["mail"]);
        check(&root, "info", &["all"]);
    }

    #[test]
    fn who_may_be_told_depends_on_what_is_known() {
        let root = route(
            Some("all"),
            None,
            false,
            vec![
                route(Some("pager"), Some("critical"), false, Vec::new()),
                route(Some("mail"), Some("warning"), false, Vec::new()),
            ],
        );
        let routes = resolve(&root);
        let reached = |known: &[(String, String)]| -> Vec<String> {
            let found = reachable(&routes, known).into_iter();
            found.map(|index| routes[index].receiver.clone()).collect()
        };
        let label = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(reached(&[label("severity", "critical")]), ["pager"]);
        assert_eq!(reached(&[label("severity", "info")]), ["all"]);
        assert_eq!(reached(&[label("job", "shop")]), ["pager", "mail", "all"]);
    }

    #[test]
    fn times_are_inherited() {
        let child =
            Route { group_wait: Some(Span::ZERO), ..route(None, Some("a"), false, vec![Route::default()]) };
        let root = Route {
            repeat_interval: Some(Span::from_secs(60)),
            ..route(Some("x"), None, false, vec![child])
        };
        let routes = resolve(&root);
        assert_eq!(routes[2].group_wait, Span::ZERO);
        assert_eq!(
            (routes[2].repeat_interval, routes[2].group_interval),
            (Span::from_secs(60), Span::from_secs(300))
        );
        assert_eq!(
            (routes[0].group_wait, routes[2].key.as_str()),
            (Span::from_secs(30), "{}/{severity=\"a\"}/{}")
        );
    }
}
