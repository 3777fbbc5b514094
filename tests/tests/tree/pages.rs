//! The pages for people who come to use or change this.

use super::{files, read, root};

const ARCHITECTURE: &str = "plugin/ARCHITECTURE.md";
const CONTRIBUTING: &str = "tests/CONTRIBUTING.md";
const SECURITY: &str = "host-shim/SECURITY.md";

/// The files and folders of ours that a page names, from the root.
fn paths(page: &str) -> Vec<&str> {
    let ours = |word: &&str| {
        ["plugin/", "host-shim/", "tests/", "wit/", ".ci/", ".cargo/"]
            .iter()
            .any(|folder| word.starts_with(folder))
    };
    let end = |letter: char| !(letter.is_ascii_alphanumeric() || "-_./".contains(letter));
    let words = page.split(end).map(|word| word.trim_end_matches('.'));
    words.filter(ours).collect()
}

#[test]
fn every_path_that_a_page_names_is_there() {
    let mut missing = Vec::new();
    for page in files() {
        if page.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = read(&page);
        // Links go from the page's own folder: links.rs looks at them.
        let text = text.replace("](", "] (").replace(" (../", " ");
        for path in paths(&text) {
            if !root().join(path).exists() {
                missing.push(format!("{}: {path}", page.display()));
            }
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
}

#[test]
fn the_page_on_the_architecture_lists_every_crate() {
    let workspace = read("Cargo.toml");
    let members = workspace.split("\nmembers = [").nth(1).unwrap();
    let members = members.split(']').next().unwrap();
    let members: Vec<&str> = members.split('"').skip(1).step_by(2).collect();
    assert!(members.len() > 10, "{members:?}");
    let page = read(ARCHITECTURE);
    for member in members {
        let row = format!("| `{member}` |");
        assert!(page.contains(&row), "{ARCHITECTURE} has no row {row}");
    }
}

#[test]
fn the_page_on_the_architecture_names_the_file_of_every_rule() {
    let page = read(ARCHITECTURE);
    let rules = page.split("## The rules").nth(1).unwrap();
    let rules = rules.split("\n## ").next().unwrap();
    for rule in [
        "levels",
        "memory",
        "heavy",
        "memory source",
        "concurrency",
        "breaker",
        "limits",
        "fault codes",
        "classification",
        "resending",
        "backup",
        "origins",
        "tokens",
    ] {
        let row = rules
            .lines()
            .find(|line| line.starts_with(&format!("| {rule} |")));
        let row = row.unwrap_or_else(|| panic!("{ARCHITECTURE} has no rule `{rule}`"));
        assert!(!paths(row).is_empty(), "no file in: {row}");
    }
}

#[test]
fn the_readme_is_short_and_links_to_the_other_pages() {
    let readme = read("README.md");
    assert!(readme.len() < 6500, "{} bytes", readme.len());
    for page in [
        ARCHITECTURE,
        CONTRIBUTING,
        SECURITY,
        "host-shim/REFERENCE.md",
    ] {
        assert!(readme.contains(&format!("]({page}")), "no link to {page}");
    }
}

/// The variables by which tests write a file instead of comparing it.
fn update_variables() -> std::collections::BTreeSet<String> {
    let mut found = std::collections::BTreeSet::new();
    for file in files() {
        if file.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        for after in read(&file).split("var_os(\"UPDATE_").skip(1) {
            found.extend(
                after
                    .split('"')
                    .next()
                    .map(|name| format!("UPDATE_{name}=1")),
            );
        }
    }
    found
}

// N11 of issue 13: they were met by failing.
#[test]
fn the_page_for_contributors_names_every_way_to_write_a_file_again() {
    let (page, script) = (read(CONTRIBUTING), read("tests/regenerate"));
    let variables = update_variables();
    assert!(variables.len() >= 4, "{variables:?}");
    for variable in variables {
        assert!(script.contains(&variable), "tests/regenerate: {variable}");
    }
    let commands = script.lines().skip_while(|line| !line.starts_with("cd "));
    let commands = commands
        .skip(1)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    for command in commands {
        let row = format!("| `{command}` |");
        assert!(page.contains(&row), "{CONTRIBUTING} has no {row}");
    }
}

// N14 of issue 13: figures that no longer held.
#[test]
fn figures_in_pages_are_those_that_were_measured() {
    let mut check = std::process::Command::new("python3");
    check.args(["tests/benches/report.py", "--check"]);
    let output = match check.current_dir(root()).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: python3 is not installed");
            return;
        }
        output => output.unwrap(),
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}
