//! One word for one thing, in what people read.

use std::path::Path;

use super::links::prose;
use super::{files, read};

/// What users and contributors read besides the program's own texts.
fn is_page(file: &Path) -> bool {
    let path = file.to_string_lossy();
    let ours = path.ends_with(".md")
        || path.starts_with("host-shim/sidecar/templates/")
        || path.starts_with("host-shim/astrbot/") && !path.contains("/tests/");
    let text = file
        .extension()
        .is_none_or(|ending| ending != "svg" && ending != "png");
    ours && text && !path.starts_with("tests/fixtures/")
}

/// Whether a line has a number with this unit.
fn counts(line: &str, unit: &str) -> bool {
    line.match_indices(unit).any(|(at, _)| {
        let before = line[..at].trim_end_matches([' ', '\u{a0}']);
        let after = line[at + unit.len()..].chars().next();
        before.ends_with(|letter: char| letter.is_ascii_digit())
            && !after.is_some_and(|letter| letter.is_ascii_alphanumeric())
    })
}

// N16 of issue 13. MB and kB are for files, whose sizes `ls` and the registries tell so.
#[test]
fn memory_is_told_in_binary_units() {
    let mut wrong = Vec::new();
    for file in files().into_iter().filter(|file| is_page(file)) {
        for (number, line) in read(&file).lines().enumerate() {
            for sentence in line
                .split(['。', '；', ';'])
                .flat_map(|part| part.split(". "))
            {
                let memory = ["emory", "内存", "RAM", "server", "heap"];
                let memory = memory.iter().any(|word| sentence.contains(word));
                let sloppy = counts(sentence, "KB") || counts(sentence, "GB");
                if sloppy || memory && counts(sentence, "MB") {
                    wrong.push(format!("{}:{}: {sentence}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "KiB, MiB and GiB of memory, kB and MB of files:\n{}",
        wrong.join("\n")
    );
}

fn is_chinese(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}

/// The texts in Chinese of a file: lines of a page, string literals of a source.
fn chinese(file: &Path) -> Vec<String> {
    let path = file.to_string_lossy();
    let text = read(file);
    let mut texts: Vec<String> = match path.rsplit('.').next() {
        Some("md")
            if text
                .lines()
                .next()
                .is_some_and(|line| line.contains(is_chinese)) =>
        {
            prose(&text).collect()
        }
        Some("rs" | "py" | "toml" | "json" | "html" | "js") => {
            let product = text.split("#[cfg(test)]").next().unwrap_or_default();
            let literals = product
                .lines()
                .flat_map(|line| line.split('"').skip(1).step_by(2));
            // What stands in backquotes is code.
            let words = |literal: &str| literal.split('`').step_by(2).collect::<Vec<_>>().join("¤");
            literals.map(words).collect()
        }
        _ => Vec::new(),
    };
    // A few are the plugin's command in an English text.
    texts.retain(|text| text.chars().filter(|letter| is_chinese(*letter)).count() > 4);
    texts
}

/// The sources of the product.
fn product() -> impl Iterator<Item = std::path::PathBuf> {
    let text = ["rs", "py", "toml", "json", "html", "js", "md"];
    files().into_iter().filter(move |file| {
        let path = file.to_string_lossy();
        let ending = path.rsplit('.').next().unwrap_or_default();
        text.contains(&ending)
            && (path.starts_with("plugin/") || path.starts_with("host-shim/"))
            && !path.contains("/tests")
            && !path.contains("fake-gateway")
    })
}

/// Whether words of English follow each other, as in a sentence and not as in a command.
fn has_english_sentence(text: &str) -> bool {
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    let programs = ["docker", "sudo", "systemctl", "pip", "git"];
    let mut run = 0;
    for word in text.split(' ') {
        // Chinese stands beside English without a blank, too.
        let word = word
            .rsplit(|c: char| !c.is_ascii())
            .next()
            .unwrap_or_default();
        run = match is_word(&word) {
            _ if programs.contains(&word) => -8,
            true => run + 1,
            false => 0,
        };
        if run >= 3 {
            return true;
        }
    }
    false
}

#[test]
fn chinese_texts_have_no_english_sentences() {
    assert!(has_english_sentence("失败：connection refused by peer"));
    assert!(!has_english_sentence("请运行 docker image prune -a"));
    let mut texts = 0;
    for file in product() {
        for text in chinese(&file) {
            texts += 1;
            assert!(
                !has_english_sentence(&text) || text.contains("the quick brown fox"),
                "{}: {text}",
                file.display()
            );
        }
    }
    assert!(texts > 500, "only {texts} were found");
}

// N16 of issue 13: 代理 was both.
#[test]
fn agents_and_proxies_have_words_of_their_own() {
    for file in product() {
        let source = read(&file).to_lowercase();
        for text in chinese(&file) {
            assert!(!text.contains("智能代理"), "{}: {text}", file.display());
            assert!(
                !text.contains("代理") || source.contains("proxy"),
                "{}: {text}",
                file.display()
            );
        }
    }
}
