//! A figure: a heading, one sentence on what it shows, panels, and the
//! command that makes it again.

use crate::markup::{Element, said};

pub(super) struct Figure {
    pub(super) id: String,
    pub(super) heading: String,
    pub(super) shows: String,
    pub(super) key: Option<Element>,
    /// Many small panels, or some wider ones.
    pub(super) small: bool,
    pub(super) panels: Vec<Element>,
    /// More of the same, folded away: its name, its panels.
    pub(super) folded: Vec<(String, Vec<Element>)>,
    pub(super) command: String,
}

impl Figure {
    pub(super) fn draw(&self) -> Element {
        let mut figure = Element::new("figure")
            .with("id", &self.id)
            .add(&said("h3", &self.heading))
            .add(&said("p", &self.shows).class("shows"));
        if let Some(key) = &self.key {
            figure.push(key);
        }
        figure.push(&self.side_by_side(&self.panels));
        for (name, panels) in &self.folded {
            let folded = Element::new("details")
                .add(&said("summary", name))
                .add(&self.side_by_side(panels));
            figure.push(&folded);
        }
        let command = said("p", "This alone: ").class("command");
        // A line ends between two words, and not after a dash in one.
        let mut code = Element::new("code");
        for word in self.command.split_inclusive(' ') {
            code = code.add(&said("span", word.trim_end()));
            code = code.text(if word.ends_with(' ') { " " } else { "" });
        }
        figure.add(&command.add(&code))
    }

    fn side_by_side(&self, panels: &[Element]) -> Element {
        let kind = if self.small { "panels small" } else { "panels" };
        Element::new("div").class(kind).add_all(panels)
    }
}
