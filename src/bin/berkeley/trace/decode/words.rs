//! Numbers as the words that programs write for them.
//!
//! The spelling is strace's, so that both can be read side by side: unknown
//! values are hexadecimal, and say which table does not have them.

/// Values and what they are called.
pub(super) type Names = &'static [(u64, &'static str)];

macro_rules! names {
    ($($value:literal $name:ident)*) => {
        &[$(($value, stringify!($name))),*]
    };
}
pub(super) use names;

pub(super) fn named(value: u64, names: Names) -> Option<&'static str> {
    let is_it = |(known, _): &&(u64, &str)| *known == value;
    names.iter().find(is_it).map(|(_, name)| *name)
}

/// `SO_ERROR`, or `0x4d /* SO_??? */`.
pub(super) fn one_of(value: u64, names: Names, unknown: &str) -> String {
    match named(value, names) {
        Some(name) => name.to_string(),
        None => format!("{} /* {unknown} */", hex(value)),
    }
}

/// `MSG_PEEK|MSG_DONTWAIT|0x8000000`, or `0x8000000 /* MSG_??? */` when
/// nothing of it is known.
pub(super) fn flags(value: u64, names: Names, unknown: &str) -> String {
    let (mut words, rest) = known(value, names);
    match (words.is_empty(), rest) {
        (true, 0) => named(0, names).unwrap_or("0").to_string(),
        (true, _) => format!("{} /* {unknown} */", hex(rest)),
        (false, 0) => words.join("|"),
        (false, _) => {
            words.push(hex(rest));
            words.join("|")
        }
    }
}

/// The names of the bits, and the bits that have none.
pub(super) fn known(value: u64, names: Names) -> (Vec<String>, u64) {
    let mut rest = value;
    let mut words = Vec::new();
    for (bits, name) in names.iter().filter(|(bits, _)| *bits != 0) {
        if rest & bits == *bits {
            rest &= !bits;
            words.push((*name).to_string());
        }
    }
    (words, rest)
}

/// As printf's `%#x`: zero has no prefix.
pub(super) fn hex(value: u64) -> String {
    if value == 0 { "0".to_string() } else { format!("{value:#x}") }
}

pub(super) fn pointer(address: u64) -> String {
    if address == 0 { "NULL".to_string() } else { format!("{address:#x}") }
}

/// The lower half of a register: most arguments are C ints, and the kernel
/// itself looks at no more of them.
pub(crate) fn int(value: u64) -> i32 {
    unsigned(value).cast_signed()
}

pub(super) fn unsigned(value: u64) -> u32 {
    u32::try_from(value & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOURS: Names = names! { 1 RED 2 GREEN 4 BLUE 3 YELLOW };

    #[test]
    fn known_bits_have_names_and_the_others_are_hexadecimal() {
        assert_eq!(flags(0, COLOURS, "COLOUR_???"), "0");
        assert_eq!(flags(5, COLOURS, "COLOUR_???"), "RED|BLUE");
        assert_eq!(flags(0x12, COLOURS, "COLOUR_???"), "GREEN|0x10");
        assert_eq!(
            flags(0x10, COLOURS, "COLOUR_???"),
            "0x10 /* COLOUR_??? */"
        );
    }

    #[test]
    fn an_unknown_value_says_which_name_is_missing() {
        assert_eq!(one_of(3, COLOURS, "COLOUR_???"), "YELLOW");
        assert_eq!(one_of(0, COLOURS, "COLOUR_???"), "0 /* COLOUR_??? */");
    }
}
