//! Links between our pages.

use std::collections::HashSet;
use std::path::Path;

use super::{files, read, root};

/// A page's lines outside code blocks, without inline code.
pub fn prose(page: &str) -> impl Iterator<Item = String> {
    let mut fenced = false;
    page.lines().filter_map(move |line| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        // Every second part of it is code.
        (!fenced).then(|| line.split('`').step_by(2).collect())
    })
}

/// What the links of a page point at: `[text](here)` and `[name]: here`.
fn targets(page: &str) -> Vec<String> {
    let mut targets = Vec::new();
    for line in prose(page) {
        for after in line.split("](").skip(1) {
            targets.extend(after.split(')').next().map(str::to_owned));
        }
        if line.starts_with('[')
            && let Some((_, target)) = line.split_once("]: ")
        {
            targets.push(target.trim().to_owned());
        }
    }
    targets
}

/// The anchors of a page as GitHub makes them: headings, and `<a id="here">`.
fn anchors(page: &str) -> HashSet<String> {
    let mut anchors = HashSet::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let heading = line.trim_start_matches('#');
        if !fenced && heading.len() < line.len() && heading.starts_with(' ') {
            let slug = heading.trim().to_lowercase();
            let slug = slug.chars().filter_map(|letter| match letter {
                ' ' => Some('-'),
                '-' | '_' => Some(letter),
                _ => letter.is_alphanumeric().then_some(letter),
            });
            anchors.insert(slug.collect());
        }
        for after in line.split("id=\"").skip(1) {
            anchors.extend(after.split('"').next().map(str::to_owned));
        }
    }
    anchors
}

#[test]
fn links_between_our_pages_lead_somewhere() {
    let mut checked = 0;
    let mut dead = Vec::new();
    for file in files() {
        if file.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        for target in targets(&read(&file)) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            checked += 1;
            let (path, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let to = match path {
                "" => root().join(&file),
                path => root()
                    .join(file.parent().unwrap_or(Path::new("")))
                    .join(path),
            };
            let found = to.exists() && (anchor.is_empty() || anchors(&read(&to)).contains(anchor));
            if !found {
                dead.push(format!("{}: {target}", file.display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
    assert!(checked > 20, "only {checked} links were found");
}
