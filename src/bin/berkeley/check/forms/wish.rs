//! `--report FORM[=FILE]`: which forms are wanted, and where.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::Form;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) form: Form,
    /// Where to; without, to standard output.
    pub(crate) file: Option<PathBuf>,
}

impl FromStr for Wish {
    type Err = String;

    fn from_str(wish: &str) -> std::result::Result<Wish, String> {
        let (form, file) = match wish.split_once('=') {
            Some((_, "")) => return Err("a file is missing".to_owned()),
            Some((form, "-")) => (form, None),
            Some((form, file)) => (form, Some(PathBuf::from(file))),
            None => (wish, None),
        };
        let form = Form::from_str(form, false).map_err(|_| {
            let forms = Form::value_variants().iter();
            let names = forms.filter_map(ValueEnum::to_possible_value);
            let names: Vec<String> =
                names.map(|name| name.get_name().to_owned()).collect();
            format!("there are the forms {}", names.join(", "))
        })?;
        Ok(Wish { form, file })
    }
}

/// That they do not get in each other's way: standard output is for one
/// reader at a time, and so is a file.
pub(super) fn agree(wishes: &[Wish]) -> Result<()> {
    for (place, wish) in wishes.iter().enumerate() {
        if wishes[..place].iter().all(|other| other.file != wish.file) {
            continue;
        }
        match &wish.file {
            Some(file) => bail!("two reports in one file: {}", file.display()),
            None => bail!("two reports on standard output: one needs =FILE"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Wish {
        text.parse().unwrap()
    }

    #[test]
    fn a_form_goes_to_standard_output_unless_a_file_is_named() {
        let out = Wish { form: Form::Tap, file: None };
        assert_eq!([wish("tap"), wish("tap=-")], [out.clone(), out]);
        let file = Some(PathBuf::from("a=b.xml"));
        assert_eq!(wish("junit=a=b.xml"), Wish { form: Form::Junit, file });
        assert!("junit=".parse::<Wish>().is_err());
        let names = "there are the forms text, json, junit, tap, tap13, \
                     gradescope, prairielearn, github, classroom";
        assert_eq!("xml".parse::<Wish>().unwrap_err(), names);
    }

    #[test]
    fn two_reports_do_not_share_a_place() {
        agree(&[wish("tap"), wish("json=a"), wish("junit=b")]).unwrap();
        agree(&[wish("tap"), wish("json=-")]).unwrap_err();
        agree(&[wish("tap=a"), wish("json=a")]).unwrap_err();
    }
}
