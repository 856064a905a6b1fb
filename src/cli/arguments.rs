//! Arguments that several commands have.

use std::borrow::Cow;

use crate::report::incident::Language;

/// How often a plan is run, and whether anything is written.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Another seed
    #[arg(long, value_parser = seed)]
    pub(super) seed: Option<u64>,
    /// Another number of runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) replications: Option<u32>,
    /// Write no folder
    #[arg(long, conflicts_with = "output")]
    pub(super) no_output: bool,
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a seed is a whole number from 0 on, in plain digits such as 1000".to_owned())
}

/// The language of a report.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Lang {
    En,
    Ko,
}

impl Lang {
    /// The option that asks for it; nothing for what is the default.
    pub(super) const fn option(self) -> &'static str {
        match self {
            Lang::En => "",
            Lang::Ko => " --lang ko",
        }
    }
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::En => Language::English,
            Lang::Ko => Language::Korean,
        }
    }
}

/// A word of a command as a shell has to be given it.
pub(super) fn shell_word(word: &str) -> String {
    // No word that came from a command line holds a zero byte.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_would_part_or_change_them() {
        for (word, shown) in [
            ("scenarios/surge-x10.yaml@msa", "scenarios/surge-x10.yaml@msa"),
            ("my files/a.yaml", "'my files/a.yaml'"),
            ("$HOME", "'$HOME'"),
            ("it's", "\"it's\""),
            ("", "''"),
        ] {
            assert_eq!(shell_word(word), shown);
        }
    }
}
