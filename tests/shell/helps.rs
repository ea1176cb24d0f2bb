//! Every example in the help can be typed as it is.

use super::typed;

#[test]
fn every_example_runs_and_makes_its_call() {
    let help = typed("help\n").out();
    let (_, calls) = help.split_once("Calls:").unwrap();
    let (calls, _) = calls.split_once("Besides:").unwrap();
    let names: Vec<&str> = calls.split_whitespace().collect();
    assert!(names.len() > 35, "{names:?}");
    for name in names {
        let about = typed(&format!("help {name}\n"));
        assert_eq!(about.code, 0, "{name}: {}", about.err());
        let about = about.out();
        let (_, example) = about.split_once("for example:").unwrap();
        let done = typed(example);
        let told = format!("{}{}", done.out(), done.err());
        assert_eq!(done.code, 0, "{name}:\n{told}");
        assert!(told.contains(&format!("{name}(")), "{name}:\n{told}");
        assert!(!told.contains("still blocked"), "{name}:\n{told}");
    }
}

#[test]
fn what_is_no_command_says_what_it_could_be() {
    let done = typed("connct 3\nsend 3 hello\nrecv 3 -5\nbind x *:1\n");
    assert_eq!(done.code, 1);
    let said = done.err();
    assert!(said.contains("line 1: connct: no such command; connect?"));
    assert!(said.contains("line 2: `hello` is no BYTES"));
    assert!(said.contains("line 3: SIZE is 0 to"));
    assert!(said.contains("line 4: no descriptor is called `x`"));
    assert!(said.contains("  bind FD ADDRESS"));
}
