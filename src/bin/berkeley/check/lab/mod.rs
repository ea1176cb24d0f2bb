//! A lab: what a program has to do, as a file that an instructor can write.
//!
//! A file is read line by line. What stands at the beginning of a line is a
//! word of this list; what follows is its value, and a line that begins with
//! blanks goes on with it. `#` begins a comment.
//!
//! ```text
//! lab       knock
//! title     the knock-knock joke server
//! role      server           or client: who of the two is examined
//! arguments -p {port}        what {args} in the COMMAND stands for
//! port      5000             where it is when COMMAND has no {port}
//! set       word Spell       {word} is Spell, unless a case sets it too
//! optional  word             COMMAND may lack {word}: a program may have its
//!                            own. Cases that say {word} are skipped then
//!
//! case      joke             stable: results are compared by it
//! title     one joke, line by line
//! points    3                0: it informs, and costs nothing
//! tags      normal, lines
//! needs     ready            skipped where that case has failed: so it has
//!                            points when this one has
//! role, arguments, set       as above, for this case
//! with      a terminal       see `Setting`
//! why       The answers are what a client waits for.
//! hint      gentle first; as many as there are
//! steps                      only a server's `ready`, or `…-ready`, has none:
//!                            it listens
//!   A connects
//!   A sends "Knock, knock\n"
//!   A expects line "Who's there?"
//! ```
//!
//! It is UTF-8. `sense` has what is no sense, though it is well written: that
//! is refused, too.
//!
//! `act` has the steps, `text` what can be sent and expected, `built_in` the
//! kit's own labs.

mod act;
mod built_in;
mod parse;
mod pickled;
mod sense;
mod sentences;
mod source;
mod text;

use std::collections::BTreeMap;

pub(crate) use act::{Act, Cut, Ending, Exit, Growth, Step, Stream};
pub(crate) use built_in::{LABS, source};
pub(crate) use parse::parse;
pub(crate) use pickled::Pickled;
pub(crate) use source::decoded;
pub(crate) use text::{Text, replaced, string};

/// Who of the two is examined; the examiner is the other one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Role {
    #[default]
    Server,
    Client,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Lab {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) about: String,
    pub(crate) role: Role,
    pub(crate) arguments: String,
    pub(crate) port: Option<u16>,
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) optional: Vec<String>,
    pub(crate) cases: Vec<Case>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) points: u32,
    pub(crate) tags: Vec<String>,
    pub(crate) needs: Vec<String>,
    pub(crate) role: Role,
    pub(crate) arguments: String,
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) settings: Vec<Setting>,
    pub(crate) why: String,
    pub(crate) hints: Vec<String>,
    pub(crate) steps: Vec<Step>,
}

/// Under what circumstances a case takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// `with a terminal`: standard input is one.
    Terminal,
    /// `with no input`: standard input is at its end from the beginning.
    NoInput,
    /// `with nobody listening`: a client is refused.
    NobodyListening,
    /// `with two addresses`: {host} is a name for ::1 and, after it,
    /// 127.0.0.1, and the examiner listens on the second one only.
    TwoAddresses,
    /// `with a trace`: the program is traced, and its calls are looked at.
    Trace,
}

impl Setting {
    pub(crate) const ALL: [(&'static str, Setting); 5] = [
        ("a terminal", Setting::Terminal),
        ("no input", Setting::NoInput),
        ("nobody listening", Setting::NobodyListening),
        ("two addresses", Setting::TwoAddresses),
        ("a trace", Setting::Trace),
    ];
}

impl Lab {
    pub(crate) fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// The places in a COMMAND that this lab cannot do without: what its
    /// arguments name, but for the port and the host, which it may have of
    /// its own.
    pub(crate) fn places(&self) -> Vec<String> {
        let arguments = self.cases.iter().map(|case| &case.arguments);
        let mut places: Vec<String> = arguments
            .flat_map(|arguments| text::places(arguments))
            .filter(|place| {
                !matches!(place.as_str(), "port" | "host")
                    || (place == "port" && self.port.is_none())
            })
            .filter(|place| !self.optional.contains(place))
            .collect();
        places.sort();
        places.dedup();
        places
    }

    /// An optional place that the case speaks of and COMMAND does not have.
    pub(crate) fn lacks(
        &self,
        case: &Case,
        command: &[String],
    ) -> Option<&str> {
        let has = |place: &str| {
            let place = format!("{{{place}}}");
            let words = || command.iter();
            words().any(|word| word.contains(&place))
                || words().any(|word| word.contains("{args}"))
                    && case.arguments.contains(&place)
        };
        let says = |place: &str| {
            let place = format!("{{{place}}}");
            case.steps.iter().any(|step| step.words.contains(&place))
        };
        let mut optional = self.optional.iter().map(String::as_str);
        optional.find(|place| says(place) && !has(place))
    }
}

impl Case {
    pub(crate) fn has(&self, setting: Setting) -> bool {
        self.settings.contains(&setting)
    }
}
