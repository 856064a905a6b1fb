//! Opens the files of a scenario, each where the one before names it, and reads them into their settings.

use std::collections::BTreeSet;
use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::{Document, Loader, Overrides, twice};
use crate::component::deployment::DeploymentSpec;
use crate::component::operations::OperationsSpec;
use crate::component::{Part, Place};
use crate::scenario::code::Code;
use crate::scenario::decode::decode;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::files::{MOST_FILE_BYTES, beside, is_bare_name, text_of};
use crate::scenario::gaps::{Gaps, Left};
use crate::scenario::node::{Kind, Node, Scalar, ScalarValue};
use crate::scenario::parse::parse_all;
use crate::scenario::source::{Mark, Source, quoted};
use crate::scenario::spec::ScenarioSpec;

/// Top-level keys that only one kind of file has.
const OWN_KEYS: [(Part, &[&str]); 3] = [
    (Part::Scenario, &["duration", "load"]),
    (Part::Deployment, &["processes", "gateways", "databases", "pools"]),
    (Part::Operations, &["modules"]),
];

pub(super) fn kind_name(part: Part) -> &'static str {
    match part {
        Part::Scenario => "a scenario",
        Part::Deployment => "a deployment",
        Part::Operations => "an operations file",
    }
}

/// What a file is instead of `wanted`, if it has keys of another kind and none of its own.
fn another_kind(node: &Node, wanted: Part) -> Option<&'static str> {
    let has = |keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
    let own = OWN_KEYS.iter().any(|(part, keys)| *part == wanted && has(keys));
    let other = OWN_KEYS.iter().find(|(part, keys)| *part != wanted && has(keys));
    other.filter(|_| !own).map(|(part, _)| kind_name(*part))
}

/// Whether a mistake is one wherever its value belongs: of a text that is not YAML nobody knows what is missing where, or stands
/// where it does not belong.
fn is_of_value(diagnostic: &Diagnostic) -> bool {
    let codes = [Code::MissingKey, Code::Shape, Code::SingleTag, Code::NoValue];
    let of_words = [Code::UnknownKey, Code::UnknownTag];
    let is_word = of_words.into_iter().any(|code| diagnostic.code == code.number());
    let is_unknown = is_word && diagnostic.meant.is_none();
    !is_unknown && !codes.into_iter().any(|code| diagnostic.code == code.number())
}

/// What is used of a file instead of the keys that it has to have, where they are missing: a run without an end, and no load.
pub(super) fn stand_ins(part: Part) -> Vec<(&'static str, Kind)> {
    match part {
        Part::Operations | Part::Deployment => Vec::new(),
        Part::Scenario => {
            let long = Scalar { text: "100000d".to_owned(), value: ScalarValue::Text };
            vec![("duration", Kind::Scalar(long)), ("load", Kind::Map(Vec::new()))]
        }
    }
}

impl Loader<'_> {
    /// Reads a file into its settings. `named` is where its path is written.
    pub(super) fn open<T: DeserializeOwned + JsonSchema>(
        &mut self,
        part: Part,
        path: &Path,
        named: Option<(Part, Mark)>,
    ) -> Option<T> {
        let shown = match path.as_os_str().is_empty() {
            true => ".".to_owned(),
            false => path.to_string_lossy().into_owned(),
        };
        let unreadable = |code, cause: &str, remedy: &str| match named {
            Some((part, mark)) => match self.documents.get(&part) {
                Some(document) => Diagnostic::at(&self.sources[document.source], mark, code, cause, remedy),
                None => Diagnostic::of_file(&shown, code, cause, remedy),
            },
            None => Diagnostic::of_file(&shown, code, cause, remedy),
        };
        let bytes = match self.files.read(Path::new(&shown)) {
            Ok(bytes) => bytes,
            Err(error) => {
                let cause = format!("{} cannot be read: {error}", quoted(&shown));
                let remedy = match named {
                    Some(_) => "write a path that starts from the folder of this file",
                    None => "check the path",
                };
                self.diagnostics.push(unreadable(Code::Unreadable, &cause, remedy));
                return None;
            }
        };
        if bytes.len() > MOST_FILE_BYTES {
            let cause = format!("{} is larger than {} MiB", quoted(&shown), MOST_FILE_BYTES >> 20);
            let remedy = "put measured values into a CSV and name it in the file";
            self.diagnostics.push(unreadable(Code::TooLarge, &cause, remedy));
            return None;
        }
        let text = match text_of(&shown, bytes, &mut self.diagnostics) {
            Ok(text) => text,
            Err(source) => {
                self.sources.push(source);
                return None;
            }
        };
        let source = Source::new(shown, text);
        let before = self.diagnostics.len();
        let (mut node, dropped, lost, is_broken) = match parse_all(&source, &mut self.diagnostics) {
            Some(parsed) => (Some(parsed.node), parsed.dropped, parsed.lost, parsed.is_broken),
            None => (None, Vec::new(), BTreeSet::new(), false),
        };
        let dropped = match &mut node {
            Some(node) => twice::merge(node, dropped),
            None => dropped,
        };
        if let Some(node) = &mut node {
            self.mends.apply(source.path(), node);
            self.put(part, node);
            self.leave_out(part, node);
        }
        if let Some(kind) = node.as_ref().and_then(|node| another_kind(node, part)) {
            let cause = format!("this is {kind}, not {}", kind_name(part));
            let remedy = match part {
                Part::Scenario => {
                    "name a scenario: a file with a `duration` and a `load`, that names its deployment"
                }
                Part::Deployment => "name a deployment: a file with `processes`, that names its operations",
                Part::Operations => "name the file with the `modules`",
            };
            self.diagnostics.push(Diagnostic::of_file(source.path(), Code::WrongFile, &cause, remedy));
            self.sources.push(source);
            return None;
        }
        let mut read = Diagnostics::default();
        let decoded = node.as_ref().map(|node| decode(node, &source, lost, stand_ins(part), &mut read));
        for diagnostic in read.into_sorted(&[]).into_iter().filter(|it| !is_broken || is_of_value(it)) {
            self.diagnostics.push(diagnostic);
        }
        if let Some(node) = node.as_ref().filter(|_| !is_broken) {
            for mistake in twice::mistakes::<T>(node, &dropped, &source) {
                self.diagnostics.push(mistake);
            }
        }
        self.sources.push(source);
        let source = self.sources.len() - 1;
        let (node, decoded) = (node?, decoded?);
        let mut kept = None;
        if self.diagnostics.len() != before {
            let (out, unknown) = (&decoded.left_out, &decoded.unknown);
            let (rest, gaps) =
                Gaps::cut(&node, Left { out, unknown, stood_in: &decoded.stood_in, dropped: &dropped });
            self.gaps.insert(part, if is_broken { gaps.blinded() } else { gaps });
            kept = Some(rest);
        }
        self.documents.insert(part, Document { path: path.to_owned(), source, node, kept });
        decoded.value
    }

    /// Where the value at `key` of a file is written, and its text. Read from the tree, so that it is known even
    /// if the file has mistakes elsewhere.
    fn path_at(&self, part: Part, key: &str) -> Option<(String, Mark)> {
        let node = &self.documents.get(&part)?.kept().get(key)?.value;
        Some((node.scalar().filter(|scalar| !scalar.text.is_empty())?.text.clone(), node.mark))
    }

    /// Tells of a key that names a file and is written as an empty text; gives whether it is not.
    fn names_something(&mut self, part: Part, key: &str) -> bool {
        let document = self.documents.get(&part);
        let scalar = document.and_then(|document| document.node.get(key)?.value.scalar());
        let empty = scalar.is_some_and(|it| it.text.is_empty() && it.value == ScalarValue::Text);
        if empty {
            let cause = format!("{} names no file", quoted(key));
            let remedy = "write a path that starts from the folder of this file, or remove the key";
            self.report(part, &Place::default().key(key), Code::NoValue, &cause, remedy);
        }
        !empty
    }

    pub(super) fn deployment(
        &mut self,
        scenario: Option<&ScenarioSpec>,
        overrides: &Overrides,
    ) -> Option<DeploymentSpec> {
        if !self.names_something(Part::Scenario, "deployment") && overrides.deployment.is_none() {
            return None;
        }
        let written = self.path_at(Part::Scenario, "deployment");
        let own = written
            .as_ref()
            .and_then(|(path, _)| Some(beside(&self.documents.get(&Part::Scenario)?.path, path)));
        let path = match (&overrides.deployment, own) {
            (Some(name), Some(own)) if is_bare_name(name) => {
                let extension = own.extension().map_or("yaml".into(), |extension| extension.to_owned());
                own.with_file_name(name).with_extension(extension)
            }
            (Some(name), None) if is_bare_name(name) => {
                // Without a scenario there is nothing to say about its neighbours.
                if scenario.is_some() {
                    let cause =
                        format!("{} has no neighbour: the scenario names no deployment", quoted(name));
                    let remedy = "give the path of the deployment's file";
                    self.diagnostics.push(Diagnostic::of_file(
                        "--deployment",
                        Code::NoNeighbour,
                        &cause,
                        remedy,
                    ));
                }
                return None;
            }
            (Some(path), _) => return self.open(Part::Deployment, Path::new(path), None),
            (None, Some(own)) => own,
            (None, None) => {
                let scenario = scenario?;
                let own = self.gaps.get(&Part::Scenario);
                let is_lost = own
                    .is_some_and(|gaps| gaps.is_blind() || gaps.lacks(&["deployment", "stations", "load"]));
                if is_lost || !scenario.stations.is_empty() || scenario.load.is_empty() {
                    return Some(DeploymentSpec::default());
                }
                let cause = "the scenario names no deployment, and has no stations of its own";
                let remedy = "add `deployment: deployment.yaml`, the path of the file with the `processes`";
                self.report(Part::Scenario, &Place::default().key("load"), Code::MissingKey, cause, remedy);
                return None;
            }
        };
        let named =
            written.filter(|_| overrides.deployment.is_none()).map(|(_, mark)| (Part::Scenario, mark));
        self.open(Part::Deployment, &path, named)
    }

    pub(super) fn operations(&mut self, deployment: Option<&DeploymentSpec>) -> Option<OperationsSpec> {
        if !self.names_something(Part::Deployment, "operations") {
            return None;
        }
        let Some((path, mark)) = self.path_at(Part::Deployment, "operations") else {
            let deployment = deployment?;
            let is_needed = deployment.processes.values().any(|process| !process.modules.is_empty());
            if !is_needed
                || self
                    .gaps
                    .get(&Part::Deployment)
                    .is_some_and(|gaps| gaps.is_blind() || gaps.lacks(&["operations"]))
            {
                return (!is_needed).then(OperationsSpec::default);
            }
            let cause = "the deployment names no operations, and its processes run modules";
            let remedy = "add `operations: operations.yaml`, the path of the file with the `modules`";
            self.report(
                Part::Deployment,
                &Place::default().key("processes"),
                Code::MissingKey,
                cause,
                remedy,
            );
            return None;
        };
        let path = beside(&self.documents.get(&Part::Deployment)?.path, &path);
        self.open(Part::Operations, &path, Some((Part::Deployment, mark)))
    }
}
