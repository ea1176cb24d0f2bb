//! A log of strace's and what this decoder says, made equal where they
//! differ by nature: pointers, ports, process numbers, and the way in which
//! addresses are written.

use std::collections::HashMap;

/// A call as one line: `accept4(3, …) = 4`, `connect(…) = -1 EINVAL`.
pub(super) fn call_of(line: &str) -> Option<String> {
    let (call, result) = line.rsplit_once(" = ")?;
    let call = call.trim_end();
    if !call.ends_with(')') || call.starts_with(['+', '-']) {
        return None;
    }
    let words: Vec<&str> = result.split(' ').take(2).collect();
    let result = match *words.first()? {
        // `-1 EAGAIN (…)`, `? ERESTARTSYS (…)`
        "-1" | "?" if words.len() > 1 => format!("-1 {}", words[1]),
        "?" => "?".to_string(),
        hex if hex.starts_with("0x") => {
            let digits = hex.trim_start_matches("0x");
            u64::from_str_radix(digits, 16).ok()?.to_string()
        }
        number => number.to_string(),
    };
    Some(format!("{} = {result}", addresses(call)))
}

/// `{sa_family=AF_INET, …}` as `127.0.0.1:5000`.
fn addresses(text: &str) -> String {
    let mut short = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("{sa_family=") {
        let Some(end) = closing(&rest[start..]) else { break };
        short.push_str(&rest[..start]);
        short.push_str(&address(&rest[start..=start + end]));
        rest = &rest[start + end + 1..];
    }
    short.push_str(rest);
    short
}

/// Where a brace is closed, quoted text aside.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(place);
                }
            }
            _ => {}
        }
    }
    None
}

fn address(text: &str) -> String {
    let after = |before: &str, end: char| {
        let (_, rest) = text.split_once(before)?;
        rest.split_once(end).map(|(found, _)| found.to_string())
    };
    let port = after("_port=htons(", ')');
    let path = |before: &str| {
        let (_, rest) = text.split_once(before)?;
        rest.strip_suffix("\"}").map(ToString::to_string)
    };
    let address = match after("sa_family=", ',') {
        Some(family) if family == "AF_INET" => port
            .zip(after("inet_addr(\"", '"'))
            .map(|(port, ip)| format!("{ip}:{port}")),
        Some(family) if family == "AF_INET6" => port
            .zip(after("inet_pton(AF_INET6, \"", '"'))
            .map(|(port, ip)| format!("[{ip}]:{port}")),
        Some(family) if family == "AF_UNIX" => path("sun_path=@\"")
            .map(|name| format!("@{name}"))
            .or_else(|| path("sun_path=\"")),
        Some(family) if family == "AF_UNSPEC" => Some(family),
        _ => (text == "{sa_family=AF_UNIX}").then(|| "(unnamed)".to_string()),
    };
    address.unwrap_or_else(|| text.to_string())
}

/// Numbers that differ from run to run, each by when it first came.
#[derive(Default)]
pub(super) struct Numbers(HashMap<String, usize>);

impl Numbers {
    pub(super) fn replaced(&mut self, line: &str) -> String {
        let mut out = String::new();
        let mut word = String::new();
        for letter in line.chars().chain([' ']) {
            if letter.is_ascii_alphanumeric() {
                word.push(letter);
            } else {
                out.push_str(&self.word(&word));
                word.clear();
                out.push(letter);
            }
        }
        out
    }

    fn word(&mut self, word: &str) -> String {
        if word.len() >= 8 && word.starts_with("0x") {
            return "POINTER".to_string();
        }
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && word.len() >= 3 {
            let next = self.0.len();
            let place = *self.0.entry(word.to_string()).or_insert(next);
            return format!("#{place}");
        }
        word.to_string()
    }
}

#[test]
fn a_line_of_straces_is_put_into_our_words() {
    let line = "accept(3, {sa_family=AF_INET, sin_port=htons(5000), \
                sin_addr=inet_addr(\"127.0.0.1\")}, [128 => 16]) = 4";
    assert_eq!(
        call_of(line).unwrap(),
        "accept(3, 127.0.0.1:5000, [128 => 16]) = 4"
    );
    let line = "connect(3, {sa_family=AF_UNIX, sun_path=@\"a\\\"}\"}, 6) \
                = -1 ECONNREFUSED (Connection refused)";
    assert_eq!(
        call_of(line).unwrap(),
        "connect(3, @a\\\"}, 6) = -1 ECONNREFUSED"
    );
    assert_eq!(call_of("+++ exited with 0 +++"), None);
}
