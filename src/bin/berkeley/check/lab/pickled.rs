//! What a pickle is expected to be, in whatever protocol it comes.
//!
//! ```text
//! a pickle                       of any value
//! pickle "{'a': 1}"              as Python's repr shows it
//! pickle with "a: 1", "b"        a dict that has these keys at least, in any
//!                                order; a value as Python's str shows it
//! ```

use berkeley::protocols::pickle::{Node, Pickle};

use super::text::{places, replaced, string};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pickled {
    Any,
    Shown(String),
    With(Vec<String>),
}

impl Pickled {
    /// `None`: it is about something else.
    pub(super) fn parse(written: &str) -> Option<Result<Pickled, String>> {
        if written == "a pickle" {
            return Some(Ok(Pickled::Any));
        }
        let what = written.strip_prefix("pickle ")?;
        Some(match what.strip_prefix("with ") {
            Some(items) => strings(items).map(Pickled::With),
            None => strings(what).and_then(|mut all| match all.len() {
                1 => Ok(Pickled::Shown(all.remove(0))),
                _ => Err("one string shows a pickle".into()),
            }),
        })
    }

    /// The names in braces in it.
    pub(super) fn places(&self) -> Vec<String> {
        match self {
            Pickled::Any => Vec::new(),
            Pickled::Shown(text) => places(text),
            Pickled::With(items) => {
                items.iter().flat_map(|item| places(item)).collect()
            }
        }
    }

    /// The same with what its `{names}` stand for.
    pub(crate) fn replaced(
        &self,
        value_of: &dyn Fn(&str) -> Option<Vec<u8>>,
    ) -> Pickled {
        let replaced = |text: &String| {
            let bytes = replaced(text.as_bytes(), value_of);
            String::from_utf8_lossy(&bytes).into_owned()
        };
        match self {
            Pickled::Any => Pickled::Any,
            Pickled::Shown(text) => Pickled::Shown(replaced(text)),
            Pickled::With(items) => {
                Pickled::With(items.iter().map(replaced).collect())
            }
        }
    }

    /// Whether this is it.
    pub(crate) fn fits(&self, pickle: &Pickle) -> bool {
        let root = pickle.root();
        match self {
            Pickled::Any => true,
            Pickled::Shown(text) => pickle.repr(root).as_ref() == Ok(text),
            Pickled::With(items) => {
                let is_dict = matches!(pickle.node(root), Node::Dict(_));
                is_dict && items.iter().all(|item| has(pickle, item))
            }
        }
    }

    /// In words, for whoever has sent something else.
    pub(crate) fn words(&self) -> String {
        match self {
            Pickled::Any => "the pickle of any value".into(),
            Pickled::Shown(text) => text.clone(),
            Pickled::With(items) => {
                format!("a dict with {}", items.join(", "))
            }
        }
    }
}

fn has(pickle: &Pickle, item: &str) -> bool {
    let (key, expected) = match item.split_once(": ") {
        Some((key, value)) => (key, Some(value)),
        None => (item, None),
    };
    let value = pickle.get(pickle.root(), key);
    value.is_some_and(|value| {
        let shown = expected.map(|_| pickle.str(value));
        shown.is_none_or(|shown| shown.ok().as_deref() == expected)
    })
}

/// `"…", "…"`
fn strings(written: &str) -> Result<Vec<String>, String> {
    let (mut all, mut rest) = (Vec::new(), written);
    loop {
        if !rest.starts_with('"') {
            return Err(format!("`{rest}` is no string"));
        }
        let (bytes, behind) = string(rest)?;
        all.push(String::from_utf8_lossy(&bytes).into_owned());
        match behind.trim_start().strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None if behind.trim().is_empty() => return Ok(all),
            None => return Err(format!("what is `{}`?", behind.trim())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use berkeley::protocols::pickle::decode;

    use super::*;

    fn parsed(written: &str) -> Pickled {
        Pickled::parse(written).unwrap().unwrap()
    }

    #[test]
    fn all_forms_are_understood() {
        assert_eq!(parsed("a pickle"), Pickled::Any);
        let shown = parsed(r#"pickle "{'a': \"1\"}""#);
        assert_eq!(shown, Pickled::Shown("{'a': \"1\"}".into()));
        let with = parsed(r#"pickle with "a: {x}", "b""#);
        assert_eq!(with, Pickled::With(vec!["a: {x}".into(), "b".into()]));
        let value = |name: &str| (name == "x").then(|| b"1".to_vec());
        assert_eq!(with.replaced(&value).words(), "a dict with a: 1, b");
        assert_eq!(Pickled::parse("pickles"), None);
        for odd in ["pickle 1", r#"pickle "a", "b""#, r#"pickle with "a" b"#] {
            assert!(Pickled::parse(odd).unwrap().is_err(), "{odd}");
        }
    }

    #[test]
    fn what_counts_is_the_value() {
        let pickle = decode(b"}(Va\nI1\nVb\nV7\nVc\n]u.").unwrap();
        for (fits, written) in [
            (true, "a pickle"),
            (true, r#"pickle "{'a': 1, 'b': '7', 'c': []}""#),
            (false, r#"pickle "{'b': '7', 'a': 1, 'c': []}""#),
            (true, r#"pickle with "c", "b: 7", "a: 1""#),
            (false, r#"pickle with "b: 8""#),
            (false, r#"pickle with "c: []""#),
            (false, r#"pickle with "d""#),
        ] {
            assert_eq!(parsed(written).fits(&pickle), fits, "{written}");
        }
        let list = decode(b"](Va\ne.").unwrap();
        assert!(!parsed(r#"pickle with "a""#).fits(&list));
    }
}
