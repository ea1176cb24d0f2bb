//! The COMMAND with what its `{places}` stand for.

use crate::check::lab::{Case, replaced};

use super::order::Values;

/// The words of the program as it is started. `{args}` are the arguments
/// that the lab has for it.
pub(super) fn filled(
    command: &[String],
    case: &Case,
    values: &Values,
) -> Vec<String> {
    let arguments = shlex::split(&case.arguments).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for word in command {
        if word == "{args}" {
            words.extend(arguments.iter().cloned());
        } else {
            words.push(word.replace("{args}", &case.arguments));
        }
    }
    let value_of = |name: &str| values.get(name);
    let fill = |word: String| {
        let filled = replaced(word.as_bytes(), &value_of);
        String::from_utf8_lossy(&filled).into_owned()
    };
    words.into_iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_blanks_or_without_anything_is_one_word() {
        let case = Case {
            arguments: "--port {port} {message}".into(),
            ..Case::default()
        };
        let mut values = Values::default();
        for (name, value) in [("port", "5000"), ("message", "two words")] {
            values.0.insert(name.into(), value.into());
        }
        let command = ["run", "{args}", "--at={port}", "{other}"];
        let command = command.map(str::to_owned);
        let expected =
            ["run", "--port", "5000", "two words", "--at=5000", "{other}"];
        assert_eq!(filled(&command, &case, &values), expected);
        values.0.insert("message".into(), String::new());
        assert_eq!(filled(&command, &case, &values)[3], "");
    }
}
