//! One argument, word by word: descriptors by name, no ports, no pointers.

/// One argument on its way into plain words.
pub(super) struct Words<'a> {
    known: &'a [(i32, String)],
    ports: &'a [u16],
    /// Whether all of its numbers are descriptors.
    is_fd: bool,
    out: String,
}

impl<'a> Words<'a> {
    pub(super) fn new(
        known: &'a [(i32, String)],
        ports: &'a [u16],
        is_fd: bool,
    ) -> Words<'a> {
        Words { known, ports, is_fd, out: String::new() }
    }

    pub(super) fn of(mut self, arg: &str) -> String {
        let mut rest = arg;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '"' => self.string(rest),
                '0'..='9' if !self.out.ends_with(is_word) => self.number(rest),
                _ => {
                    self.out.push(first);
                    first.len_utf8()
                }
            };
            rest = &rest[length..];
        }
        self.out
    }

    fn number(&mut self, rest: &str) -> usize {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let before = self.out.as_str();
        let says_fd = ["fd=", "u32=", "u64=", "cmsg_data=["];
        let is_fd =
            self.is_fd || says_fd.iter().any(|it| before.ends_with(it));
        let host = before.strip_suffix(':').unwrap_or_default();
        let is_port = before.ends_with("htons(")
            || host.ends_with(|c: char| c == ']' || c.is_ascii_digit());
        if is_port && word != "0" {
            self.out.push_str("PORT");
        } else if word.starts_with("0x") && word.len() > 6 {
            self.out.push_str("..."); // a pointer
        } else if is_fd && let Ok(fd) = word.parse::<i32>() {
            let mut known = self.known.iter();
            match known.find(|(number, _)| *number == fd) {
                Some((_, name)) => self.out.push_str(name),
                None => self.out.extend(["fd ", word]),
            }
        } else {
            self.out.push_str(word);
        }
        end
    }

    /// From a quote to the next.
    fn string(&mut self, rest: &str) -> usize {
        let mut is_escaped = false;
        let end = rest.char_indices().skip(1).find(|&(_, c)| {
            let is_end = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            is_end
        });
        let end = end.map_or(rest.len(), |(at, _)| at);
        self.out.push('"');
        self.out.push_str(&without_ports(&rest[1..end], self.ports));
        self.out.push('"');
        (end + 1).min(rest.len())
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A message that tells a port: in digits (Host: of http_get), as a number of
/// two bytes in a pickle (roster_server's greeting), or behind AF_INET (the
/// peer that prefork-fdpass passes on).
fn without_ports(text: &str, ports: &[u16]) -> String {
    let mut text = text.to_string();
    for port in ports {
        let digits = format!(":{port}");
        text = text.replace(&digits, ":PORT");
        let pickled = [&b"M"[..], &port.to_le_bytes()].concat();
        let address = [&[2, 0][..], &port.to_ne_bytes()].concat();
        for told in [pickled, address] {
            text = without(&text, &told);
        }
    }
    text
}

/// `told` made PORT, in a text that is escaped as in C.
fn without(text: &str, told: &[u8]) -> String {
    let bytes = unescaped(text);
    let values: Vec<u8> = bytes.iter().map(|(byte, _)| *byte).collect();
    let Some(at) = values.windows(told.len()).position(|part| part == told)
    else {
        return text.to_string();
    };
    let place = |at: usize| bytes.get(at).map_or(text.len(), |byte| byte.1);
    let (start, end) = (place(at), place(at + told.len()));
    format!("{}PORT{}", &text[..start], &text[end..])
}

/// Each byte, and where in the text it stands.
fn unescaped(text: &str) -> Vec<(u8, usize)> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at + first.len_utf8()..];
        let digits = |most: usize, radix: u32| {
            let digits = rest.trim_start_matches('x');
            let skipped = rest.len() - digits.len();
            let all = digits.chars().take(most);
            let count = all.take_while(|c| c.is_digit(radix)).count();
            let value = u8::from_str_radix(&digits[..count], radix);
            (value.unwrap_or_default(), skipped + count)
        };
        let (byte, length) = match (first, rest.bytes().next()) {
            ('\\', Some(b'x')) => digits(2, 16),
            ('\\', Some(b'0'..=b'7')) => digits(3, 8),
            ('\\', Some(letter)) => (control(letter), 1),
            _ => (u8::try_from(first).unwrap_or_default(), 0),
        };
        bytes.push((byte, at));
        at += first.len_utf8() + length;
    }
    bytes
}

/// What stands behind the backslash in C, as a byte.
fn control(letter: u8) -> u8 {
    match letter {
        b'a' => 7,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 11,
        b'f' => 12,
        b'r' => b'\r',
        itself => itself,
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    fn plain(arg: &str) -> String {
        let known = [(5, "peer".to_string()), (3, "listener".to_string())];
        Words::new(&known, &[41234, 5000], false).of(arg)
    }

    #[test]
    fn descriptors_are_named_where_they_stand() {
        let poll = "[{fd=5, events=POLLIN}, {fd=4, events=POLLIN}]";
        let named = "[{fd=peer, events=POLLIN}, {fd=fd 4, events=POLLIN}]";
        assert_eq!(plain(poll), named);
        let event = "{events=EPOLLIN, data={u32=3, u64=3}}";
        let named = "{events=EPOLLIN, data={u32=listener, u64=listener}}";
        assert_eq!(plain(event), named);
        assert_eq!(plain("cmsg_data=[5]"), "cmsg_data=[peer]");
        assert_eq!(plain("5"), "5");
        let known = [(5, "peer".to_string())];
        let set = Words::new(&known, &[], true).of("[4 5]");
        assert_eq!(set, "[fd 4 peer]");
    }

    #[test]
    fn ports_and_pointers_are_left_out() {
        assert_eq!(plain("127.0.0.1:41234"), "127.0.0.1:PORT");
        assert_eq!(plain("127.0.0.1:0"), "127.0.0.1:0");
        assert_eq!(plain("[::1]:41234"), "[::1]:PORT");
        assert_eq!(plain("sin_port=htons(5000)"), "sin_port=htons(PORT)");
        assert_eq!(plain("0x7ffd12345678"), "...");
        assert_eq!(plain("0x1 (flags FD_CLOEXEC)"), "0x1 (flags FD_CLOEXEC)");
        assert_eq!(plain("[128 => 16]"), "[128 => 16]");
    }

    #[test]
    fn a_port_in_a_message_is_left_out() {
        let host = r#""Host: 127.0.0.1:41234\r\n""#;
        assert_eq!(plain(host), r#""Host: 127.0.0.1:PORT\r\n""#);
        // 41234 is 0xA112.
        let pickled = r#""clientid\224M\22\241u.""#;
        assert_eq!(plain(pickled), r#""clientid\224PORTu.""#);
        let address = r#""\2\0\x12\xa1\x7f\0\0\x01""#;
        assert_eq!(plain(address), r#""PORT\x7f\0\0\x01""#);
        assert_eq!(plain(r#""a \"quoted\" 5""#), r#""a \"quoted\" 5""#);
    }

    #[test]
    fn a_string_that_has_no_end_is_no_trouble() {
        assert_eq!(plain(r#""cut\"#), r#""cut\""#);
        assert_eq!(plain("\"é\\"), "\"é\\\"");
    }
}
