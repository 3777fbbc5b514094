//! What is wrong with the arguments, and how it is told.

use lexopt::Error;
use openclaw_core::locale::Locale;

/// What is wrong with the arguments.
#[derive(Debug, PartialEq, Eq)]
pub enum Mistake {
    /// There is nothing to do.
    NoCommand,
    /// There is no such command.
    UnknownCommand(String),
    /// There is no such option.
    UnknownOption(String),
    /// The option has no value.
    MissingValue(String),
    /// The option takes no value.
    UnexpectedValue(String),
    /// There is no such level.
    UnknownLevel(String),
    /// There is no such language.
    UnknownLanguage(String),
    /// The command takes no such argument.
    NotTaken {
        /// The command.
        command: String,
        /// The argument.
        argument: String,
    },
    /// The option is one of `ask`.
    OnlyAsk {
        /// The command.
        command: String,
        /// The option.
        option: String,
    },
    /// The argument is no text.
    NotText(String),
    /// Nothing else is known of it.
    Other(String),
}

impl Mistake {
    /// One sentence that names the argument and what is allowed.
    pub fn text(&self, locale: Locale) -> String {
        match locale {
            Locale::En => self.english(),
            Locale::Zh => self.chinese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NoCommand => "no command; there are ask, status and diagnose".to_owned(),
            Self::UnknownCommand(name) => {
                format!("unknown command `{name}`; there are ask, status and diagnose")
            }
            Self::UnknownOption(option) => format!("there is no option {option}"),
            Self::MissingValue(option) => format!("{option} needs a value"),
            Self::UnexpectedValue(option) => format!("{option} takes no value"),
            Self::UnknownLevel(level) => {
                format!("--level: unknown level `{level}`; allowed are L0, L1, L2, L3 and L4")
            }
            Self::UnknownLanguage(name) => {
                format!("--locale: unknown language `{name}`; allowed are en and zh")
            }
            Self::NotTaken { command, argument } => format!("`{command}` takes no `{argument}`"),
            Self::OnlyAsk { command, option } => {
                format!("`{command}` takes no {option}, only `ask` does")
            }
            Self::NotText(argument) => format!("`{argument}` is not UTF-8 text"),
            Self::Other(what) => what.clone(),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::NoCommand => "缺少命令；可用的命令：ask、status、diagnose".to_owned(),
            Self::UnknownCommand(name) => {
                format!("没有命令 {name}；可用的命令：ask、status、diagnose")
            }
            Self::UnknownOption(option) => format!("没有参数 {option}"),
            Self::MissingValue(option) => format!("参数 {option} 缺少值"),
            Self::UnexpectedValue(option) => format!("参数 {option} 不带值"),
            Self::UnknownLevel(level) => {
                format!("参数 --level 不接受“{level}”；可用的值：L0、L1、L2、L3、L4")
            }
            Self::UnknownLanguage(name) => {
                format!("参数 --locale 不接受“{name}”；可用的值：en、zh")
            }
            Self::NotTaken { command, argument } => format!("命令 {command} 不接受“{argument}”"),
            Self::OnlyAsk { command, option } => {
                format!("命令 {command} 没有参数 {option}，只有 ask 有")
            }
            Self::NotText(argument) => format!("参数“{argument}”不是 UTF-8 文本"),
            Self::Other(what) => what.clone(),
        }
    }
}

impl From<Error> for Mistake {
    fn from(error: Error) -> Self {
        match error {
            Error::MissingValue {
                option: Some(option),
            } => Self::MissingValue(option),
            Error::UnexpectedOption(option) => Self::UnknownOption(option),
            Error::UnexpectedValue { option, .. } => Self::UnexpectedValue(option),
            Error::NonUnicodeValue(argument) => {
                Self::NotText(argument.to_string_lossy().into_owned())
            }
            other => Self::Other(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_in_both_languages() {
        let mistake = Mistake::UnknownLevel("L9".to_owned());
        assert!(mistake.text(Locale::En).ends_with("L0, L1, L2, L3 and L4"));
        assert_eq!(
            mistake.text(Locale::Zh),
            "参数 --level 不接受“L9”；可用的值：L0、L1、L2、L3、L4"
        );
    }
}
