//! The same verdict each time, and all that is said of it.

use super::common::{Language, hold, program};
use super::{held, names, observed};

/// Beside others of them, which take the CPUs from it.
fn the_same_each_time(times: usize) {
    let names = names();
    hold(names.iter().map(String::as_str).collect(), |name| {
        let (first, code) = held(&[name]);
        assert_eq!(code, 0, "{first:#}");
        assert_eq!(first["trouble"], serde_json::Value::Null);
        let expected = observed(&first);
        assert!(expected.len() >= 3, "{expected:?}");
        assert!(expected.iter().all(|(.., ok)| *ok), "{expected:?}");
        for time in 1..times {
            let (again, code) = held(&[name]);
            assert_eq!(code, 0, "time {time}: {again:#}");
            assert_eq!(observed(&again), expected, "time {time}");
        }
    });
}

#[test]
fn every_experiment_says_the_same_ten_times() {
    the_same_each_time(10);
}

#[test]
#[ignore = "takes some minutes"]
fn every_experiment_says_the_same_fifty_times() {
    the_same_each_time(50);
}

#[test]
fn what_is_to_be_typed_next_comes_out_as_it_says() {
    // One of them has the twins at work.
    program(Language::C, "echo_server");
    for name in names() {
        let (plain, _) = held(&[&name]);
        let changes = plain["changes"].as_array().unwrap();
        assert!(!changes.is_empty(), "{name}");
        for change in changes {
            let command = change["command"].as_str().unwrap();
            let words: Vec<&str> = command.split(' ').collect();
            assert_eq!(words[..3], ["berkeley", "lab", &name], "{command}");
            let (told, code) = held(&words[2..]);
            assert_eq!(code, 0, "{command}: {told:#}");
            let typed = told["changed"].as_array().unwrap().iter();
            let typed: Vec<&str> =
                typed.map(|one| one.as_str().unwrap()).collect();
            assert_eq!(typed.join(" "), words[3..].join(" "), "{command}");
        }
    }
}

#[test]
fn a_change_is_seen_in_what_is_observed() {
    for (name, change) in [
        ("time-wait", "reuse=1"),
        ("fork-fds", "closes=1"),
        ("zombies", "ignore=1"),
        ("herd", "exclusive=1"),
        ("slow-peers", "workers=3"),
        ("fork-in-threads", "held=0"),
    ] {
        let (plain, _) = held(&[name]);
        let (changed, code) = held(&[name, "--with", change]);
        assert_eq!(code, 0, "{name} --with {change}: {changed:#}");
        assert_ne!(observed(&plain), observed(&changed), "{name}");
    }
}
