//! Echo: every byte goes back. Twin: `c_compare/protocols/echo.c`.

use super::Session;

/// A conversation that knows nothing and keeps nothing.
#[derive(Clone, Copy, Debug)]
pub struct Echo;

impl Session for Echo {
    /// Its input, where it is: not one byte is copied.
    fn answer<'a>(&'a mut self, input: &'a [u8]) -> &'a [u8] {
        input
    }
}

#[cfg(test)]
mod tests {
    use super::{Echo, Session};

    #[test]
    fn an_echo_is_its_input_itself() {
        let input = b"\x00\xff\r\n";
        assert_eq!(Echo.answer(input).as_ptr(), input.as_ptr());
        assert_eq!(Echo.answer(b""), b"");
        assert!(!Echo.is_over());
    }
}
