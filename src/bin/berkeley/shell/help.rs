//! `help`, and `help CALL`.

use super::commands;
use super::parse::usage;

/// The shell's own commands, which are no calls.
pub(super) const OWN: &[(&str, &str)] = &[
    ("help [CALL]", "this, or one call: what it takes, how it fails"),
    ("status [FD]", "every descriptor: names, state, queues, options"),
    ("names", "the names of descriptors"),
    ("actors", "who is there, and what each is doing"),
    ("constants [PREFIX]", "AF_, SOCK_, MSG_, SO_ ... and their numbers"),
    ("passive [ADDRESS] [BACKLOG]", "socket, SO_REUSEADDR, bind and listen"),
    ("active ADDRESS", "socket and connect"),
    ("record FILE", "this session as a script, FILE.rs or FILE.c"),
    ("expect PATTERN", "fails the script unless the result is so"),
    ("quit", "leaves; so does the end of input"),
];

const GRAMMAR: &[&str] = &[
    "NAME = CALL ...   names the descriptor that the call makes",
    "@ACTOR CALL ...   somebody else makes it: a process of its own",
    "@ACTOR            from now on all lines are for this one",
    "CALL ... &        does not wait when it blocks",
    "\"text\\n\", #5000   bytes to send: a string, so many",
    "{NAME.port}       also address, peer; {@ACTOR.NAME.port}",
];

pub(super) fn all() -> Vec<String> {
    let mut lines = vec!["Calls:".to_owned()];
    for family in commands::families() {
        let names = family.join(" ");
        let wrapped = textwrap::wrap(&names, 74);
        lines.extend(wrapped.iter().map(|line| format!("  {line}")));
    }
    lines.push("Besides:".into());
    for (usage, what) in OWN {
        lines.push(format!("  {usage:<28}{what}"));
    }
    lines.push("Lines:".into());
    lines.extend(GRAMMAR.iter().map(|line| format!("  {line}")));
    lines
}

pub(super) fn about(name: &str) -> Result<Vec<String>, String> {
    let is_it = |usage: &str| usage.split(' ').next() == Some(name);
    if let Some((usage, what)) = OWN.iter().find(|(usage, _)| is_it(usage)) {
        return Ok(vec![(*usage).into(), format!("  {what}")]);
    }
    let command = usage(name)?;
    let mut lines = vec![command.usage()];
    let what = textwrap::wrap(command.what, 74);
    lines.extend(what.iter().map(|line| format!("  {line}")));
    lines.extend(command.errors.iter().map(|error| format!("  ! {error}")));
    lines.push(format!("  man {}", command.man));
    lines.push("  for example:".into());
    let example = command.example.lines();
    lines.extend(example.map(|line| format!("    {}", line.trim_start())));
    Ok(lines)
}

/// The shortest of it: for a hint behind what is typed.
pub(super) fn hint(name: &str) -> Option<String> {
    let usage = commands::find(name)?.usage();
    usage.strip_prefix(name).map(str::to_owned)
}
