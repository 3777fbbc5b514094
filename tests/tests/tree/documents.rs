//! Every command of every page is run by a test, or it is said which other test shows it:
//! tests/documents/blocks.tsv.

use std::collections::HashSet;

use super::page::{Fenced, blocks, inline_code};
use super::{files, read, root};

const TABLE: &str = "tests/documents/blocks.tsv";

/// Generated from doc comments, or recorded.
const NOT_OURS: [&str; 2] = ["wit/README.md", "tests/fixtures/"];

/// The pages that people read.
fn pages() -> Vec<String> {
    let pages = files().into_iter().map(|file| file.display().to_string());
    pages
        .filter(|page| page.ends_with(".md"))
        .filter(|page| !NOT_OURS.iter().any(|other| page.starts_with(other)))
        .collect()
}

/// A line of the table.
#[derive(Debug)]
struct Row {
    page: String,
    how: String,
    test: String,
    begins: String,
}

fn table() -> Vec<Row> {
    let table = read(TABLE);
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        let [page, how, test, begins] = fields[..] else {
            panic!("{TABLE}: not four fields: {line}");
        };
        assert!(
            ["here", "by", "text", "line"].contains(&how),
            "{TABLE}: {how}?"
        );
        let [page, how, test, begins] = [page, how, test, begins].map(str::to_owned);
        Row {
            page,
            how,
            test,
            begins,
        }
    };
    lines.map(row).collect()
}

#[test]
fn every_block_of_every_page_is_run_or_shown_by_a_named_test() {
    let table = table();
    let mut wrong = Vec::new();
    for page in pages() {
        // The commands are those of the page in the other language.
        if page.ends_with(".en.md") {
            continue;
        }
        let found = blocks(&read(&page));
        let mut current = None;
        let mut left = found.iter();
        for row in table.iter().filter(|row| row.page == page) {
            if row.how == "line" {
                let block: &Fenced = current.expect("a line belongs to a block");
                if !block.text.lines().any(|line| line.starts_with(&row.begins)) {
                    wrong.push(format!("{page}:{}: no line `{}`", block.line, row.begins));
                }
                continue;
            }
            current = left.next();
            let fits = current.is_some_and(|block| block.begins().starts_with(&row.begins));
            if !fits {
                let begins = current.map(|block| (block.line, block.begins()));
                wrong.push(format!("{page}: `{}` is not {begins:?}", row.begins));
            }
        }
        let new = left.map(|block| format!("{page}:{}: {}", block.line, block.begins()));
        wrong.extend(new);
    }
    let gone = table.iter().map(|row| &row.page);
    wrong.extend(gone.filter(|page| !root().join(page).exists()).cloned());
    assert!(
        wrong.is_empty(),
        "{TABLE} says of each block what shows that it works:\n{}",
        wrong.join("\n")
    );
}

/// The names of all test functions of ours, and of the steps of tests/run.
fn tests() -> HashSet<String> {
    let mut names = HashSet::new();
    for file in files() {
        let path = file.display().to_string();
        if let Some(step) = path.strip_prefix("tests/steps/") {
            names.extend(step.strip_suffix(".sh").map(str::to_owned));
        }
        if !path.ends_with(".rs") && !path.ends_with(".py") {
            continue;
        }
        for line in read(&file).lines().map(str::trim_start) {
            let line = line.trim_start_matches("async ");
            let name = line.strip_prefix("fn ").or(line.strip_prefix("def "));
            names.extend(name.and_then(|name| Some(name.split_once('(')?.0.to_owned())));
        }
    }
    names
}

#[test]
fn the_tests_that_the_table_names_exist() {
    let tests = tests();
    for row in table() {
        let named = matches!(&*row.how, "by" | "line");
        assert_eq!(
            named,
            tests.contains(&row.test),
            "no such test, or one too many: {row:?}"
        );
    }
}

/// A block's commands without remarks, which are in the page's language.
fn commands(block: &Fenced) -> Vec<String> {
    let lines = block.text.lines().map(|line| line.split("  #").next());
    let lines = lines.map(|line| line.unwrap_or_default().trim_end().to_owned());
    lines.filter(|line| !line.starts_with('#')).collect()
}

#[test]
fn both_languages_of_a_page_have_the_same_commands() {
    let mut pairs = 0;
    for english in pages() {
        let Some(name) = english.strip_suffix(".en.md") else {
            continue;
        };
        let [english, chinese] = [&english, &format!("{name}.md")].map(|page| {
            let blocks = blocks(&read(page));
            blocks.iter().flat_map(commands).collect::<Vec<_>>()
        });
        assert_eq!(english, chinese, "{name}");
        pairs += 1;
    }
    assert!(pairs >= 1, "no page in two languages");
}

/// How commands begin that contributors run.
const OURS: [&str; 4] = [
    "cargo xtask ",
    "tests/run ",
    "cargo test ",
    "tests/astrbot/",
];

#[test]
fn commands_for_contributors_exist() {
    let (xtask, steps) = (read("plugin/xtask/src/main.rs"), tests());
    let packages = ["tests", "host-shim/cli", "host-shim/sidecar"];
    let manifests = packages.map(|package| read(format!("{package}/Cargo.toml")));
    let is_target = |name: &str| {
        let named = format!("name = \"{name}\"");
        let folders = [
            "tests/tests",
            "host-shim/sidecar/tests",
            "tests/fuzz/oracles/tests",
        ];
        let mut folders = folders.iter().map(|folder| root().join(folder).join(name));
        manifests.iter().any(|manifest| manifest.contains(&named))
            || folders.any(|folder| folder.exists() || folder.with_extension("rs").exists())
    };
    let mut checked = 0;
    for page in pages() {
        for code in inline_code(&read(&page)) {
            for command in code.split(" && ") {
                let is_variable = |word: &&str| word.starts_with("UPDATE_");
                let words: Vec<&str> = command.split(' ').skip_while(is_variable).collect();
                let command = words.join(" ");
                let Some(begins) = OURS.iter().find(|ours| command.starts_with(**ours)) else {
                    continue;
                };
                let words: Vec<&str> = command[begins.len()..].split(' ').collect();
                let exists = match *begins {
                    "cargo xtask " => xtask.contains(&format!("(\"{}\", ", words[0])),
                    "tests/run " => words[0].starts_with('-') || steps.contains(words[0]),
                    "cargo test " => {
                        let mut target = words.iter().skip_while(|word| **word != "--test");
                        target.nth(1).is_none_or(|name| is_target(name))
                    }
                    _ => root().join(&command).exists(),
                };
                assert!(exists, "{page}: `{command}`");
                checked += 1;
            }
        }
    }
    assert!(checked >= 10, "only {checked} were found");
}
