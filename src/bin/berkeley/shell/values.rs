//! What an option is set to, as it is typed: most are numbers, on or off;
//! a few have a struct of their own.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::addresses;
use super::call::Value;
use super::words::{Word, number};

/// The value that begins here, and what is behind it.
pub(super) fn parse(
    level: i32,
    option: i32,
    words: &[Word],
) -> Result<(Value, &[Word]), String> {
    let (word, rest) = match words {
        [Word::Plain(word), rest @ ..] => (word.as_str(), rest),
        [other, ..] => return Err(format!("{} is no VALUE", other.shown())),
        [] => return Err("VALUE is missing".into()),
    };
    let value = match (level, option) {
        (libc::SOL_SOCKET, libc::SO_LINGER) => match switch(word) {
            Some(false) => Value::Linger(0, 0),
            Some(true) => Value::Linger(1, 0),
            None => Value::Linger(1, int(word)?),
        },
        (libc::SOL_SOCKET, libc::SO_RCVTIMEO | libc::SO_SNDTIMEO) => {
            Value::Time(micros(word)?)
        }
        (libc::SOL_SOCKET, libc::SO_BINDTODEVICE)
        | (libc::IPPROTO_TCP, libc::TCP_CONGESTION | libc::TCP_ULP) => {
            Value::Text(word.into())
        }
        (libc::IPPROTO_IP, libc::IP_MULTICAST_IF) => {
            Value::Interface(ip(word)?)
        }
        (
            libc::IPPROTO_IP,
            libc::IP_ADD_MEMBERSHIP | libc::IP_DROP_MEMBERSHIP,
        ) => {
            let (interface, rest) = match rest {
                [Word::Plain(interface), rest @ ..] => (ip(interface)?, rest),
                _ => (Ipv4Addr::UNSPECIFIED, rest),
            };
            return Ok((Value::Group4(ip(word)?, interface), rest));
        }
        (
            libc::IPPROTO_IPV6,
            libc::IPV6_ADD_MEMBERSHIP | libc::IPV6_DROP_MEMBERSHIP,
        ) => {
            let group: Ipv6Addr = word
                .parse()
                .map_err(|_| format!("`{word}` is no IPv6 address"))?;
            let (index, rest) = match rest {
                [Word::Plain(name), rest @ ..] => {
                    (addresses::index(name)?, rest)
                }
                _ => (0, rest),
            };
            return Ok((Value::Group6(group, index), rest));
        }
        _ => match switch(word) {
            Some(on) => Value::Int(on.into()),
            None => Value::Int(int(word)?),
        },
    };
    Ok((value, rest))
}

fn switch(word: &str) -> Option<bool> {
    match word {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn int(word: &str) -> Result<i32, String> {
    let value = number(word).and_then(|it| i32::try_from(it).ok());
    value.ok_or(format!("`{word}` is no VALUE: a number, on or off"))
}

fn ip(word: &str) -> Result<Ipv4Addr, String> {
    word.parse().map_err(|_| format!("`{word}` is no IPv4 address"))
}

/// `2`, `0.5`
pub(super) fn micros(word: &str) -> Result<i64, String> {
    let (whole, part) = word.split_once('.').unwrap_or((word, "0"));
    let digits = part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit());
    let whole: Option<i64> = whole.parse().ok().filter(|it| *it >= 0);
    let part: Option<i64> = format!("{part:0<6}").parse().ok();
    match (whole.and_then(|it| it.checked_mul(1_000_000)), part) {
        (Some(whole), Some(part)) if digits => Ok(whole.saturating_add(part)),
        _ => Err(format!("`{word}` is no number of seconds")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::trace::symbols;

    fn value(words: &str) -> Result<Value, String> {
        let words = super::super::words::cut(words).unwrap();
        let Word::Plain(name) = &words[0] else { panic!("no name") };
        let (level, option) = symbols::option(name).unwrap();
        parse(level, option, &words[1..]).map(|(value, _)| value)
    }

    #[test]
    fn each_option_has_its_own_kind_of_value() {
        assert_eq!(value("SO_REUSEADDR on"), Ok(Value::Int(1)));
        assert_eq!(value("SO_RCVBUF 0x1000"), Ok(Value::Int(4096)));
        assert_eq!(value("SO_LINGER off"), Ok(Value::Linger(0, 0)));
        assert_eq!(value("SO_LINGER 0"), Ok(Value::Linger(1, 0)));
        assert_eq!(value("SO_RCVTIMEO 1.5"), Ok(Value::Time(1_500_000)));
        let lo = Ipv4Addr::LOCALHOST;
        let group = Value::Group4(Ipv4Addr::new(239, 0, 0, 1), lo);
        let joined = value("IP_ADD_MEMBERSHIP 239.0.0.1 127.0.0.1");
        assert_eq!(joined, Ok(group));
        assert!(value("SO_RCVBUF many").is_err());
        assert!(value("SO_RCVTIMEO -1").is_err());
    }
}
