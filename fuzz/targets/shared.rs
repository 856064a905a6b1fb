//! What the fuzz targets share: a shop in memory with one of its files replaced, and what has to hold of whatever was
//! read.

use std::path::Path;

use brownout::scenario::{self, Diagnostic, Loaded, Overrides};

/// The shop's files: operations, deployment, scenario, and a recording of arrivals.
const FILES: [(&str, &str); 4] = [
    ("operations.yaml", include_str!("../../tests/files/valid/shop/operations.yaml")),
    ("msa.yaml", include_str!("../../tests/files/valid/shop/msa.yaml")),
    ("surge.yaml", include_str!("../../tests/files/valid/shop/surge.yaml")),
    ("arrivals.csv", "time_s\n0.5\n1.25\n"),
];

/// A scenario that replays `arrivals.csv`.
pub const REPLAY: &str = "stations: {desk: {servers: 1, service: 1s}}\nduration: 10s\nload: {desk: {trace: {csv: arrivals.csv, column: time_s}}}\n";

/// Loads the shop with one file replaced by `bytes`, and checks what came of it.
pub fn load_with(replaced: &str, bytes: &[u8], scenario: &str) {
    let files = |path: &Path| -> Result<Vec<u8>, String> {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == replaced {
            return Ok(bytes.to_vec());
        }
        if name == "replay.yaml" {
            return Ok(REPLAY.as_bytes().to_vec());
        }
        let found = FILES.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "no such file".to_owned())
    };
    let loaded = scenario::load(Path::new(scenario), &Overrides::default(), &files);
    checked(&loaded);
}

/// There is a plan exactly if there is no error, and everything about it can be told.
fn checked(loaded: &Loaded) {
    let erroneous = loaded.diagnostics.iter().any(Diagnostic::is_error);
    assert_eq!(loaded.plan.is_none(), erroneous, "a plan or an error, and not both");
    told(&loaded.diagnostics);
    let _ = scenario::explain(loaded);
}

/// Every diagnostic can be shown, and says what to do.
pub fn told(diagnostics: &[Diagnostic]) {
    let _ = scenario::render(diagnostics, true, 80);
    let _ = scenario::to_json(diagnostics, 1);
}
