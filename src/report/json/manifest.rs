//! Where results come from.

use serde::Serialize;

use crate::experiment::Results;
use crate::record::Ending;

/// The version of the manifest: a field that goes away or changes meaning raises it, a new one does not.
pub const MANIFEST_SCHEMA: u32 = 1;

/// A file of the output folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputFile {
    /// Its path inside the folder.
    pub name: String,
    /// The version of its schema; `None` for a picture or prose.
    pub schema: Option<u32>,
}

/// What results do not know of their own origin.
#[derive(Clone, Copy, Debug)]
pub struct Provenance<'a> {
    /// The version of the program.
    pub program_version: &'a str,
    /// A hash over the text of all files that the plan was made from.
    pub model_hash: u64,
    /// Every option as it was resolved, by name.
    pub options: &'a [(String, String)],
    /// Parameters without a source.
    pub assumed: &'a [String],
    /// Number of parameters that could have a source.
    pub sourced_of: u32,
    /// What was written beside the manifest.
    pub files: &'a [OutputFile],
}

/// The manifest of an output folder: everything needed to run it again and to know what it rests on.
pub fn manifest(results: &Results, provenance: &Provenance<'_>) -> String {
    let manifest = Manifest {
        schema: MANIFEST_SCHEMA,
        program: "brownout",
        program_version: provenance.program_version,
        scenario: &results.scenario,
        deployment: &results.deployment,
        seed: results.seed,
        replications: results.replications,
        confidence: results.confidence,
        duration_s: results.duration.as_secs_f64(),
        warm_up_s: results.warm_up.as_secs_f64(),
        warm_up_method: match results.warm_up_found {
            None => "stated",
            Some(_) => "mser-5",
        },
        warm_up_reliable: results.warm_up_found,
        model_hash: hex(provenance.model_hash),
        fingerprint: hex(results.fingerprint),
        options: provenance
            .options
            .iter()
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect(),
        parameters_without_source: provenance.assumed,
        parameters: provenance.sourced_of,
        requests: results.requests,
        handled_events: results.handled_events,
        endings: results.endings.iter().copied().map(EndingView::from).collect(),
        files: provenance.files,
    };
    let mut text = serde_json::to_string_pretty(&manifest).expect("a manifest has only text keys");
    text.push('\n');
    text
}

/// Sixteen hexadecimal digits.
pub(super) fn hex(hash: u64) -> String {
    format!("{hash:016x}")
}

#[derive(Serialize)]
struct Manifest<'a> {
    schema: u32,
    program: &'static str,
    program_version: &'a str,
    scenario: &'a str,
    deployment: &'a str,
    seed: u64,
    replications: u32,
    confidence: f64,
    duration_s: f64,
    warm_up_s: f64,
    warm_up_method: &'static str,
    warm_up_reliable: Option<bool>,
    model_hash: String,
    fingerprint: String,
    options: serde_json::Map<String, serde_json::Value>,
    parameters_without_source: &'a [String],
    parameters: u32,
    requests: u64,
    handled_events: u64,
    endings: Vec<EndingView>,
    files: &'a [OutputFile],
}

/// How a run ended.
#[derive(Serialize)]
pub(super) struct EndingView {
    ending: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_s: Option<f64>,
}

impl From<Ending> for EndingView {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Completed => Self { ending: "completed", time_s: None },
            Ending::InFlightLimit(at) => Self { ending: "in-flight-limit", time_s: Some(at.as_secs_f64()) },
            Ending::EventLimit(at) => Self { ending: "event-limit", time_s: Some(at.as_secs_f64()) },
            Ending::InstantLimit(at) => Self { ending: "instant-limit", time_s: Some(at.as_secs_f64()) },
            Ending::EntryLimit(at) => Self { ending: "entry-limit", time_s: Some(at.as_secs_f64()) },
        }
    }
}
