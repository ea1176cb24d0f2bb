//! TCP's states, by the kernel's numbers: `include/net/tcp_states.h`.

/// From 1 on. The last, NEW_SYN_RECV, is a request that has no socket of its
/// own yet: SYN_RECV to everybody outside.
const STATES: [&str; 12] = [
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "SYN_RECV",
];

pub(crate) fn state(number: u32) -> Option<&'static str> {
    let place = usize::try_from(number.checked_sub(1)?).ok()?;
    STATES.get(place).copied()
}

/// A name that is not this program's own.
pub(crate) fn named(name: &str) -> Option<&'static str> {
    STATES.into_iter().find(|state| *state == name)
}

#[cfg(test)]
mod tests {
    use super::{named, state};

    #[test]
    fn a_state_has_the_name_of_its_number() {
        assert_eq!(state(1), Some("ESTABLISHED"));
        assert_eq!(state(10), Some("LISTEN"));
        assert_eq!(state(0), None);
        assert_eq!(state(13), None);
        assert_eq!(named("LISTEN"), Some("LISTEN"));
        assert_eq!(named("LISTENS"), None);
    }
}
