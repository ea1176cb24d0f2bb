//! Values on the command line, for clap.
//!
//! Twin: `c_compare/sockets/usage.c`, which does the rest of clap's work too.

use std::process::{self, ExitCode};
use std::time::Duration;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::console::write_out;
use super::errors::exit;
use super::resolve::{Question, getaddrinfo};

/// The command line. Bad usage ends the program with 2 and says how it should
/// have been; clap itself keeps the usage to itself when a value is wrong, and
/// does not look whether its help could be written.
pub fn parse<T: Parser>() -> T {
    T::try_parse().unwrap_or_else(|mut wrong| {
        if !wrong.use_stderr() {
            let help = wrong.render().to_string();
            let printed = write_out(help.as_bytes());
            let code = exit(T::command().get_name(), printed);
            process::exit(i32::from(code != ExitCode::SUCCESS));
        }
        if wrong.kind() == ErrorKind::ValueValidation
            || wrong.kind() == ErrorKind::InvalidValue
        {
            let usage = T::command().render_usage();
            wrong.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
        }
        wrong.exit()
    })
}

/// Seconds, fractions allowed.
///
/// # Errors
/// What is no number from 0 to a million.
pub fn seconds(text: &str) -> Result<Duration, String> {
    let sane = |seconds: &f64| (0.0..=1e6).contains(seconds);
    text.parse()
        .ok()
        .filter(sane)
        .map(|seconds: f64| Duration::from_secs_f64(seconds.abs()))
        .ok_or_else(|| "no number of seconds from 0 to 1000000".into())
}

/// A port to connect to: a number, or a service that the system knows.
///
/// # Errors
/// What is neither. `getaddrinfo` itself would take `-1` and `99999`.
pub fn service(text: &str) -> Result<String, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let named = !text.is_empty() && !text.starts_with([' ', '+', '-']);
    let good = if digits {
        text.parse::<u16>().is_ok()
    } else {
        let question = Question::default();
        named && getaddrinfo(None, Some(text), question).is_ok()
    };
    if good {
        Ok(text.into())
    } else {
        Err("no port number and no service".into())
    }
}

#[cfg(test)]
mod tests {
    use super::{seconds, service};

    #[test]
    fn seconds_are_plain_numbers() {
        for (text, millis) in [("1", 1000), (".25", 250), ("1e-3", 1)] {
            assert_eq!(seconds(text).unwrap().as_millis(), millis);
        }
        assert!(seconds("-0").unwrap().is_zero());
        for text in ["", "-1", "nan", "inf", "1s", " 1", "0x1", "1e9"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_is_a_number_or_a_service() {
        for text in ["0", "80", "65535", "http"] {
            assert_eq!(service(text).as_deref(), Ok(text));
        }
        for text in ["", "65536", "-1", "+80", " 80", "80x", "no-such"] {
            assert!(service(text).is_err(), "{text}");
        }
    }
}
