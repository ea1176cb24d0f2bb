//! `expect`: a line that fails the script.
//!
//! ```text
//! expect accept(3) = 4  (127.0.0.1:<port>)
//! expect 4                     what is behind the = alone
//! expect -1 ECONNREFUSED*      * is any text
//! expect blocked               it sleeps in its call
//! ```
//!
//! `<port>`, `<fd>`, `<pid>` and `<n>` are any number. Blanks may be more or
//! fewer. An actor that is blocked is waited for.

use std::time::Duration;

use anyhow::Result;

use super::{Session, Step};

/// Longer than anything takes that is to come at all.
const LONGEST: Duration = Duration::from_secs(10);

impl Session {
    pub(super) fn expect(
        &mut self,
        actor: &str,
        pattern: &str,
    ) -> Result<Step> {
        let failed = |got: &str| {
            Ok(Step::Failed(format!("expected {pattern}\ngot      {got}")))
        };
        if pattern == "blocked" {
            self.settle()?;
            let place = self.place(actor);
            let is_pending =
                place.is_some_and(|it| self.actors[it].pending.is_some());
            let last = self.last.get(actor).cloned();
            if is_pending {
                return Ok(Step::Next);
            }
            return failed(&last.unwrap_or("nothing yet".into()));
        }
        if !self.wait_until(actor, Some(LONGEST))? {
            return failed("nothing: it is still blocked");
        }
        let Some(last) = self.last.get(actor) else {
            return failed("nothing yet");
        };
        let (_, result) = last.split_once(" = ").unwrap_or(("", last));
        if matches(pattern, last) || matches(pattern, result) {
            return Ok(Step::Next);
        }
        let last = last.clone();
        failed(&last)
    }
}

/// Whether the text is as the pattern says, blanks aside.
fn matches(pattern: &str, text: &str) -> bool {
    let one_blank = |text: &str| {
        text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
    };
    fits(&one_blank(pattern), &one_blank(text))
}

fn fits(pattern: &str, text: &str) -> bool {
    if let Some(rest) = pattern.strip_prefix('*') {
        let mut starts = text.char_indices().map(|(place, _)| place);
        return rest.is_empty()
            || starts.any(|place| fits(rest, &text[place..]))
            || fits(rest, "");
    }
    for number in ["<port>", "<fd>", "<pid>", "<n>"] {
        if let Some(rest) = pattern.strip_prefix(number) {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            return digits > 0 && fits(rest, &text[digits..]);
        }
    }
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some(one), Some(other)) if one == other => {
            fits(&pattern[one.len_utf8()..], &text[one.len_utf8()..])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_leave_open_what_differs_each_time() {
        let accept = "accept(3) = 4  (127.0.0.1:41234)";
        assert!(matches("accept(3) = 4 (127.0.0.1:<port>)", accept));
        assert!(matches("accept(<fd>) = <fd> (*)", accept));
        assert!(matches("accept*", accept));
        assert!(matches("*", ""));
        assert!(matches("*1234)", accept));
        assert!(!matches("accept(3) = 5 *", accept));
        assert!(!matches("accept(3) = 4", accept));
        assert!(!matches("<port>", "http"));
    }
}
