//! Reading files for the scenario layer.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::scenario::MOST_CSV_BYTES;

/// Refuses what has no end or may never begin: devices, and named pipes. Open descriptors, such as a shell's `<(…)`, are
/// read.
#[cfg(unix)]
fn endless(path: &Path, metadata: &Metadata) -> Result<(), String> {
    use std::os::unix::fs::FileTypeExt;
    if ["/dev/fd", "/dev/stdin", "/proc/self/fd"].iter().any(|open| path.starts_with(open)) {
        return Ok(());
    }
    let kind = metadata.file_type();
    if kind.is_fifo() {
        Err("it is a named pipe, which nobody may ever write to: copy it to a file".to_owned())
    } else if kind.is_char_device() || kind.is_block_device() || kind.is_socket() {
        Err("it is a device or a socket".to_owned())
    } else if kind.is_file() && path.canonicalize().is_ok_and(|path| path.starts_with("/proc")) {
        // Some of them wait for news of the machine and never end, and all look like files of no length.
        Err("it is a file of the operating system".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(not(unix))]
fn endless(_: &Path, _: &Metadata) -> Result<(), String> {
    Ok(())
}

/// Names, without their extension, of the files beside `path` that have the same extension; the first 20.
pub(super) fn neighbours(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let files = folder.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let same = files.filter(|file| file.extension() == path.extension() && file.is_file());
    let mut names: Vec<String> =
        same.filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names.truncate(20);
    names
}

/// The content of a file, cut one byte beyond the most that any file may have.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    if path.is_dir() {
        return Err("it is a folder".to_owned());
    }
    if let Ok(metadata) = path.metadata() {
        endless(path, &metadata)?;
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
