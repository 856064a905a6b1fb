//! An Alertmanager's configuration from hostile hands.

#![no_main]

use std::path::Path;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let files = |_: &Path| -> Result<Vec<u8>, String> { Ok(bytes.to_vec()) };
    let read = brownout::scenario::read_alertmanager(Path::new("alertmanager.yaml"), &files);
    brownout_fuzz::told(&read.diagnostics);
});
