//! The COMMAND with what its `{places}` stand for.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use crate::check::lab::{Case, replaced};

use super::order::{Order, Values};

/// The words of the program as it is started. `{args}` are the arguments
/// that the lab has for it.
pub(super) fn filled(
    order: &Order,
    case: &Case,
    values: &Values,
) -> Vec<OsString> {
    let arguments = shlex::split(&case.arguments).unwrap_or_default();
    let mut words: Vec<String> = Vec::new();
    for word in &order.command {
        if word == "{args}" {
            words.extend(arguments.iter().cloned());
        } else {
            words.push(word.replace("{args}", &case.arguments));
        }
    }
    let value_of = |name: &str| match &order.submission {
        Some(path) if name == "submission" => Some(path.clone().into_vec()),
        _ => values.get(name),
    };
    let fill = |word: String| {
        OsString::from_vec(replaced(word.as_bytes(), &value_of))
    };
    words.into_iter().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_named_by_its_very_bytes() {
        let path = OsString::from_vec(b"/class/caf\xe9".to_vec());
        let order = Order {
            command: vec!["{submission}/run".to_owned()],
            submission: Some(path),
            ..Order::default()
        };
        let order = serde_json::to_vec(&order).unwrap();
        let order: Order = serde_json::from_slice(&order).unwrap();
        let words = filled(&order, &Case::default(), &Values::default());
        assert_eq!(words[0].as_encoded_bytes(), b"/class/caf\xe9/run");
    }

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
        let command = command.map(str::to_owned).to_vec();
        let order = Order { command, ..Order::default() };
        let expected =
            ["run", "--port", "5000", "two words", "--at=5000", "{other}"];
        assert_eq!(filled(&order, &case, &values), expected);
        values.0.insert("message".into(), String::new());
        assert_eq!(filled(&order, &case, &values)[3], "");
    }
}
