//! `{server.port}` in a line: what the kernel says of a descriptor, from
//! outside, so that nobody has to make a call for it.
//!
//! `{NAME.port}`, `{NAME.address}`, `{NAME.peer}` of the actor's own
//! descriptor, by its name or number; `{@ACTOR.NAME.port}` of somebody
//! else's.

use super::{Reference, Session};
use crate::shell::words::number;

impl Session {
    /// The line as it is meant, and the ports that were looked up.
    pub(super) fn replaced(
        &mut self,
        actor: &str,
        line: &str,
    ) -> Result<(String, Vec<Reference>), String> {
        let mut done = String::new();
        let mut references = Vec::new();
        let mut rest = line;
        while let Some(open) = rest.find('{') {
            done.push_str(&rest[..open]);
            let inside = &rest[open + 1..];
            let is_part = |one: char| {
                one.is_ascii_alphanumeric() || "_-.@".contains(one)
            };
            let close = inside.find('}').filter(|close| {
                inside[..*close].contains('.')
                    && inside[..*close].chars().all(is_part)
            });
            // Braces around anything else are braces.
            let Some(close) = close else {
                done.push('{');
                rest = inside;
                continue;
            };
            let (value, reference) = self.value(actor, &inside[..close])?;
            done.push_str(&value);
            references.extend(reference);
            rest = &inside[close + 1..];
        }
        done.push_str(rest);
        Ok((done, references))
    }

    fn value(
        &mut self,
        actor: &str,
        words: &str,
    ) -> Result<(String, Option<Reference>), String> {
        let wrong = || {
            format!(
                "{{{words}}}: {{NAME.port}}, address or peer; of another \
                 actor {{@ACTOR.NAME.port}}"
            )
        };
        let (whose, words_of_it) = match words.strip_prefix('@') {
            Some(words) => words.split_once('.').ok_or_else(wrong)?,
            None => (actor, words),
        };
        let (name, what) = words_of_it.split_once('.').ok_or_else(wrong)?;
        let place = self.place(whose);
        let place = place.ok_or(format!("there is no actor @{whose}"))?;
        let of = &self.actors[place];
        let known = of.names.get(name).copied();
        let fd = known.or_else(|| i32::try_from(number(name)?).ok());
        let fd =
            fd.ok_or(format!("@{whose} has no descriptor called `{name}`"))?;
        let seen = self.eye.see(of.pid.as_raw(), fd);
        let seen = seen.ok_or(format!("{fd} of @{whose} is no socket"))?;
        let local = seen.local.clone();
        let address = if what == "peer" { seen.peer } else { seen.local };
        let address =
            address.ok_or(format!("{fd} of @{whose} has no such address"))?;
        let port = |text: &str| {
            text.rsplit_once(':').and_then(|(_, port)| port.parse().ok())
        };
        let reference = local
            .as_deref()
            .and_then(port)
            .filter(|_| what != "peer")
            .map(|port| Reference { actor: whose.into(), fd, port });
        match what {
            "address" | "peer" => Ok((address, reference)),
            "port" => {
                let port: Option<u16> = port(&address);
                let port = port.ok_or(format!("{address} has no port"))?;
                Ok((port.to_string(), reference))
            }
            _ => Err(wrong()),
        }
    }
}
