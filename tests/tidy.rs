//! House style as a test: layers, file sizes, forgotten files, links and words.
//!
//! Every check is a function from a tree of files to a list of violations. Here it must find none in this
//! repository; beside each check, a small bad tree shows that it can find one.

#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/mentions.rs"]
mod mentions;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/source.rs"]
mod source;
#[path = "tidy/texts.rs"]
mod texts;
#[path = "tidy/tree.rs"]
mod tree;

use tree::Tree;

#[track_caller]
fn check(violations: fn(&Tree) -> Vec<String>) {
    let found = violations(&Tree::of_this_repository());
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_table_of_layers_and_the_folders_agree() {
    check(layers::table_violations);
}

#[test]
fn modules_import_only_from_layers_below() {
    check(layers::import_violations);
}

#[test]
fn layers_below_the_fifth_are_pure_and_only_the_command_prints() {
    check(layers::purity_violations);
}

#[test]
fn files_are_small_and_have_telling_names() {
    check(shape::size_violations);
    check(shape::name_violations);
}

#[test]
fn mod_files_hold_only_docs_modules_and_uses() {
    check(shape::mod_file_violations);
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    check(shape::unfinished_violations);
}

#[test]
fn no_file_is_forgotten() {
    check(mentions::violations);
}

#[test]
fn links_resolve() {
    check(links::broken);
}

#[test]
fn documentation_pages_can_be_reached() {
    check(links::unreachable);
}

#[test]
fn models_and_scenarios_name_their_schema() {
    check(texts::schema_violations);
}

#[test]
fn tables_that_pages_name_are_written() {
    check(texts::table_violations);
}

#[test]
fn no_file_tells_where_it_was_written() {
    check(texts::place_violations);
}
