//! Elements of HTML and SVG, well-formed by construction: text and
//! attributes are escaped where they go in, and an element that is shown is
//! closed.

use std::fmt::{self, Display, Formatter};

/// Those that have no inside; SVG allows the slash, and HTML ignores it.
const EMPTY: [&str; 8] =
    ["circle", "line", "path", "rect", "use", "meta", "br", "col"];

/// An element with what is in it.
#[derive(Clone, Debug)]
pub(crate) struct Element {
    name: &'static str,
    attributes: String,
    inside: String,
}

impl Element {
    pub(crate) fn new(name: &'static str) -> Element {
        Element { name, attributes: String::new(), inside: String::new() }
    }

    /// A `class`, which nearly everything here has.
    pub(crate) fn class(self, class: &str) -> Element {
        self.with("class", class)
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Element {
        self.attributes +=
            format!(" {key}=\"{}\"", escaped(value, true)).as_str();
        self
    }

    /// A coordinate or a length.
    pub(crate) fn at(self, key: &str, value: f64) -> Element {
        self.with(key, &coordinate(value))
    }

    pub(crate) fn text(mut self, text: &str) -> Element {
        self.inside += &escaped(text, false);
        self
    }

    pub(crate) fn add(mut self, child: &Element) -> Element {
        self.push(child);
        self
    }

    pub(crate) fn add_all<'a>(
        mut self,
        children: impl IntoIterator<Item = &'a Element>,
    ) -> Element {
        for child in children {
            self.push(child);
        }
        self
    }

    pub(crate) fn push(&mut self, child: &Element) {
        self.inside += &child.to_string();
    }

    /// What must not be escaped: the style sheet.
    pub(crate) fn verbatim(mut self, text: &str) -> Element {
        self.inside += text;
        self
    }
}

impl Display for Element {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let Element { name, attributes, inside } = self;
        if EMPTY.contains(name) {
            return write!(f, "<{name}{attributes}/>");
        }
        write!(f, "<{name}{attributes}>{inside}</{name}>")
    }
}

/// An element with text in it.
pub(crate) fn said(name: &'static str, text: &str) -> Element {
    Element::new(name).text(text)
}

/// A whole page, which is one file: `style` and all else is in it.
pub(crate) fn page(title: &str, style: &[&str], body: &Element) -> String {
    let meta = |name: &str, content: &str| {
        Element::new("meta").with("name", name).with("content", content)
    };
    let head = Element::new("head")
        .add(&Element::new("meta").with("charset", "utf-8"))
        .add(&meta("viewport", "width=device-width, initial-scale=1"))
        .add(&meta("color-scheme", "light dark"))
        .add(&said("title", title))
        .add(&Element::new("style").verbatim(&style.concat()));
    let page = Element::new("html").with("lang", "en").add(&head).add(body);
    format!("<!DOCTYPE html>\n{page}\n")
}

/// Text that can stand in an element, or between quotes. Control characters
/// have no place in either: a server's command line may hold any of them.
fn escaped(text: &str, between_quotes: bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' if between_quotes => safe += "&quot;",
            '\n' | '\t' => safe.push(c),
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// To a tenth of a pixel, as short as it can be said.
pub(crate) fn coordinate(value: f64) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let mut text = format!("{value:.1}");
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    if text == "-0" { "0".to_owned() } else { text }
}

/// That every element is closed where it should be, and every text escaped.
/// What a browser reads as something else is left out: style and scripts.
#[cfg(test)]
pub(crate) fn check_nesting(page: &str) {
    let page = page.strip_prefix("<!DOCTYPE html>\n").unwrap_or(page);
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.trim_end();
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "{}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let name = tag.split(' ').next().expect("a first word");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        if ["style", "script"].contains(&name) {
            let end = rest.find(&format!("</{name}>"));
            rest = &rest[end.expect("it is closed")..];
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        assert!(!tag.contains("NaN") && !tag.contains("inf\""), "{tag}");
    }
    assert_eq!(open, Vec::<&str>::new());
    assert_eq!(rest, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let link = said("b", "a<b>&'c'").with("title", "\"x\" > \u{1b}");
        assert_eq!(
            link.to_string(),
            "<b title=\"&quot;x&quot; &gt; \u{fffd}\">\
             a&lt;b&gt;&amp;'c'</b>"
        );
    }

    #[test]
    fn empty_elements_are_closed_and_others_kept_open() {
        let dot = Element::new("circle").at("cx", 1.04).at("cy", -0.01);
        assert_eq!(dot.to_string(), "<circle cx=\"1\" cy=\"0\"/>");
        let cell = Element::new("td").add(&Element::new("br"));
        assert_eq!(cell.to_string(), "<td><br/></td>");
    }

    #[test]
    fn a_coordinate_is_always_a_number() {
        assert_eq!(coordinate(f64::NAN), "0");
        assert_eq!(coordinate(f64::INFINITY), "0");
        assert_eq!(coordinate(12.34), "12.3");
    }
}
