//! A progress bar on a terminal, for runs of more than a moment.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::experiment::Progress;

/// Shows how far the replications are, on a terminal only.
pub(super) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    pub(super) fn new(label: &str, replications: u32) -> Self {
        let bar = ProgressBar::new(u64::from(replications));
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let template = "  {prefix}   {bar:24}  {pos}/{len} seeds   {msg}   {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        bar.set_prefix(label.to_owned());
        Bar { bar }
    }

    pub(super) fn update(&self, progress: Progress) {
        self.bar.set_length(u64::from(progress.of));
        self.bar.set_position(u64::from(progress.done));
        let secs = self.bar.elapsed().as_secs_f64();
        if secs > 0.0 {
            let millions = progress.requests as f64 / secs / 1e6;
            self.bar.set_message(format!("{millions:.1} M requests/s"));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A flag that the first Ctrl-C raises; the second ends the program.
pub(super) fn stop_flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&flag);
        // Without a handler Ctrl-C ends the program at once, which is all right too.
        let _ = ctrlc::set_handler(move || {
            if raised.swap(true, Ordering::SeqCst) {
                std::process::exit(105);
            }
        });
        flag
    });
    Arc::clone(flag)
}
