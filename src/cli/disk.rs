//! Reading files for the scenario layer.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::scenario::MOST_CSV_BYTES;

/// The content of a file, cut one byte beyond the most that any file may have.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return Err("it is a folder".to_owned());
    }
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    })?;
    let mut content = Vec::new();
    let most = MOST_CSV_BYTES as u64 + 1;
    file.take(most).read_to_end(&mut content).map_err(|error| error.to_string())?;
    Ok(content)
}
