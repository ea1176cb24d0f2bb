//! The labs that are in the kit.

/// A lab's name and its file.
pub(crate) struct BuiltIn {
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
}

macro_rules! labs {
    ($($name:literal),+ $(,)?) => {
        &[$(BuiltIn {
            name: $name,
            source: include_str!(concat!("../labs/", $name, ".lab")),
        }),+]
    };
}

pub(crate) static LABS: &[BuiltIn] = labs! {
    "chat",
    "dumb-net",
    "echo-client",
    "echo-server",
    "knock",
    "roster-client",
    "roster-server",
    "simple-client",
    "simple-server",
};

/// The file of the lab of this name.
pub(crate) fn source(name: &str) -> Option<&'static str> {
    let known = LABS.iter().find(|lab| lab.name == name);
    known.map(|lab| lab.source)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::LABS;

    #[test]
    fn all_of_them_are_labs() {
        for lab in LABS {
            match parse(lab.source) {
                Ok(parsed) => assert_eq!(parsed.name, lab.name),
                Err(mistaken) => panic!("{}.lab: {mistaken}", lab.name),
            }
        }
    }
}
