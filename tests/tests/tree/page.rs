//! A page in Markdown: its blocks and the code within its lines.

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fenced {
    /// The line it begins in, from 1.
    pub line: usize,
    /// What stands behind the fence, such as `sh`.
    pub language: String,
    /// What is in it, without the list's indentation.
    pub text: String,
}

impl Fenced {
    /// Its first line, without the remark.
    pub fn begins(&self) -> &str {
        let line = self.text.lines().next().unwrap_or_default();
        line.split("  #").next().unwrap_or_default().trim()
    }
}

/// The fenced blocks of a page.
pub fn blocks(page: &str) -> Vec<Fenced> {
    let mut blocks: Vec<Fenced> = Vec::new();
    let mut open: Option<usize> = None;
    for (number, line) in page.lines().enumerate() {
        let inner = line.trim_start();
        match (inner.strip_prefix("```"), open) {
            (Some(language), None) => {
                open = Some(line.len() - inner.len());
                blocks.push(Fenced {
                    line: number + 1,
                    language: language.trim().to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => open = None,
            (None, Some(indent)) => {
                if let Some(block) = blocks.last_mut() {
                    let cut = line.len().min(indent).min(line.len() - inner.len());
                    block.text += &line[cut..];
                    block.text.push('\n');
                }
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block without an end");
    blocks
}

/// The code within the lines of a page, outside its blocks.
pub fn inline_code(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

#[test]
fn blocks_and_code_are_found() {
    let page = "A `one` and `two  2`.\n\n- item\n  ```sh\n  first  # why\n    deeper\n  ```\n```\nx `y`\n```\n";
    let found = blocks(page);
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].line, found[0].language.as_str(), found[0].begins()),
        (4, "sh", "first")
    );
    assert_eq!(found[0].text, "first  # why\n  deeper\n");
    assert_eq!(inline_code(page), ["one", "two  2"]);
}
