//! Pickles as CPython writes them, and pickles that nobody should read.

use super::*;

const DICT: &[u8] =
    b"\x80\x04\x95\x12\0\0\0\0\0\0\0}\x94\x8c\x08clientid\x94M\xe4\xecs.";

fn shown(bytes: &[u8]) -> Result<String, Refused> {
    let pickle = decode(bytes)?;
    pickle.repr(pickle.root())
}

#[test]
fn a_pickle_cut_anywhere_is_incomplete_and_then_found() {
    let mut scanner = Scanner::default();
    for end in 0..DICT.len() {
        assert_eq!(scanner.scan(&DICT[..end]), Ok(None), "{end}");
        assert_eq!(Scanner::default().scan(&DICT[..end]), Ok(None));
    }
    assert_eq!(scanner.scan(DICT), Ok(Some(DICT.len())));
}

#[test]
fn what_follows_a_pickle_is_not_looked_at() {
    let stream = [DICT, b"\xff"].concat();
    assert_eq!(Scanner::default().scan(&stream), Ok(Some(DICT.len())));
    assert_eq!(decode(&stream).unwrap_err(), Refused::Unfinished);
}

#[test]
fn the_greeting_is_what_the_course_sends() {
    assert_eq!(encode::greeting(60644), DICT);
    assert_eq!(shown(DICT).unwrap(), "{'clientid': 60644}");
    assert_eq!(encode::greeting(80)[3], 0x11);
    assert_eq!(encode::ACKNOWLEDGEMENT, b"\x80\x04K\x01.");
}

#[test]
fn code_is_refused_at_its_opcode_before_the_rest_is_there() {
    for opcode in *b"cRbioPQ\x81\x82\x83\x84\x92\x93\x97\x98" {
        let scanned = Scanner::default().scan(&[b'(', opcode]);
        assert_eq!(scanned, Err(Refused::Code), "{opcode:#x}");
    }
}

#[test]
fn a_length_beyond_64_kib_is_refused_when_it_is_declared() {
    let scan = |bytes: &[u8]| Scanner::default().scan(bytes);
    assert_eq!(scan(b"X\xfa\xff\0\0"), Ok(None));
    assert_eq!(scan(b"X\xfc\xff\0\0"), Err(Refused::TooLong));
    assert_eq!(scan(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff"), {
        Err(Refused::TooLong)
    });
    let line = vec![b'V'; MOST_BYTES];
    assert_eq!(scan(&line[..MOST_BYTES - 1]), Ok(None));
    assert_eq!(scan(&line), Err(Refused::TooLong));
}

#[test]
fn the_longest_pickle_is_64_kib() {
    let mut pickle = vec![b'N'; MOST_BYTES - 1];
    pickle.push(b'.');
    assert_eq!(shown(&pickle).unwrap(), "None");
    pickle.insert(0, b'N');
    assert_eq!(shown(&pickle), Err(Refused::TooLong));
}

#[test]
fn a_line_that_comes_byte_by_byte_is_found() {
    let mut line = vec![b'V'];
    line.resize(60_000, b'x');
    line.extend(b"\n.");
    let mut scanner = Scanner::default();
    let mut found = Ok(None);
    for end in 0..=line.len() {
        found = scanner.scan(&line[..end]);
    }
    assert_eq!(found, Ok(Some(line.len())));
    assert!(scanner.searched >= 60_000, "searched from its front each time");
}

#[test]
fn a_frame_ends_where_it_says() {
    let framed = |length: u8, body: &[u8]| {
        let head = [0x95, length, 0, 0, 0, 0, 0, 0, 0];
        shown(&[&head, body].concat())
    };
    assert_eq!(framed(3, b"K\x01.").unwrap(), "1");
    assert_eq!(framed(2, b"K\x01.").unwrap(), "1");
    assert_eq!(framed(1, b"K\x01."), Err(Refused::Frame));
    assert_eq!(framed(4, b"K\x01.N"), Err(Refused::Frame));
    assert_eq!(framed(9, b"\x95"), Err(Refused::Frame));
}

#[test]
fn thirty_two_nested_containers_are_the_most() {
    let nested = |open: &str, count, close: &str| {
        let text = open.repeat(count) + &close.repeat(count) + ".";
        shown(text.as_bytes())
    };
    assert!(nested("(", 32, "t").is_ok());
    assert_eq!(nested("(", 33, "t"), Err(Refused::Depth));
    assert_eq!(nested("(", 10_000, "l"), Err(Refused::Depth));
}

#[test]
fn what_is_shared_is_measured_once_and_shown_up_to_a_limit() {
    // Twenty tuples, each the pair of the one before: a million Nones.
    let mut pickle = b"N".to_vec();
    pickle.extend(b"2\x86".repeat(20));
    pickle.push(b'.');
    let decoded = decode(&pickle).unwrap();
    assert_eq!(decoded.repr(decoded.root()), Err(Refused::Longwinded));
}

#[test]
fn a_shared_list_counts_at_its_deepest_place() {
    // First seen at depth 2, then once more at depth 32 and 33.
    let deep = |count| {
        let open = "(".repeat(count);
        let close = "t".repeat(count);
        shown(format!("(]q\0{open}h\0{close}t.").as_bytes())
    };
    assert!(deep(30).is_ok());
    assert_eq!(deep(31), Err(Refused::Depth));
}

#[test]
fn a_list_within_itself_is_refused() {
    assert_eq!(shown(b"]q\0h\0a."), Err(Refused::Cycle));
    assert_eq!(shown(b"}q\0Nh\0s."), Err(Refused::Cycle));
}

#[test]
fn the_memo_grows_with_the_pickle_and_not_with_its_numbers() {
    assert_eq!(shown(b"Nr\xff\xff\xff\xff."), Err(Refused::Memo));
    assert_eq!(shown(b"Nr\xff\xff\0\0j\xff\xff\0\0."), Ok("None".into()));
}

#[test]
fn the_last_of_equal_keys_counts() {
    let pickle = decode(b"}(U\x01aK\x01U\x01aK\x02u.").unwrap();
    let value = pickle.get(pickle.root(), "a").unwrap();
    assert_eq!(pickle.node(value), &Node::Int(2));
    assert_eq!(pickle.repr(pickle.root()).unwrap(), "{'a': 2}");
    assert_eq!(shown(b"}(K\x01NI01\nK\x02u.").unwrap(), "{1: 2}");
}

#[test]
fn ints_have_any_width_up_to_4300_digits() {
    assert_eq!(shown(b"\x8a\x00.").unwrap(), "0");
    assert_eq!(shown(b"\x8a\x02\xff\xff.").unwrap(), "-1");
    assert_eq!(shown(b"J\0\0\0\x80.").unwrap(), "-2147483648");
    let wide = b"\x8a\x09\0\0\0\0\0\0\0\x80\0.";
    assert_eq!(shown(wide).unwrap(), "9223372036854775808");
    let least = b"\x8a\x08\0\0\0\0\0\0\0\x80.";
    assert_eq!(shown(least).unwrap(), i64::MIN.to_string());
    let digits = format!("L{}L\n.", "9".repeat(4301));
    assert_eq!(shown(digits.as_bytes()), Err(Refused::Number));
    let huge = [&b"\x8b\0\x40\0\0"[..], &[0x55; 0x4000], b"."].concat();
    assert_eq!(shown(&huge), Err(Refused::Digits));
}

#[test]
fn floats_are_shown_as_repr_shows_them() {
    let float = |text: &str| shown(format!("F{text}\n.").as_bytes()).unwrap();
    for same in ["1e+16", "1e-05", "nan", "inf", "-inf", "-0.0", "0.1"] {
        assert_eq!(float(same), same);
    }
    assert_eq!(float("1e15"), "1000000000000000.0");
    assert_eq!(float("0.0001"), "0.0001");
    assert_eq!(float("5e-324"), "5e-324");
    assert_eq!(float("5.684341886080802e-14"), "5.684341886080802e-14");
    assert_eq!(float("1741912098295585.25"), "1741912098295585.2");
}

#[test]
fn text_that_is_no_text_is_refused() {
    assert_eq!(shown(b"\x8c\x03\xed\xa0\x80."), Err(Refused::Text));
    assert_eq!(shown(b"V\\ud83d\\ude00\n."), Err(Refused::Text));
    assert_eq!(shown(b"V\\U0001f600\n.").unwrap(), "'\u{1f600}'");
    assert_eq!(shown(b"S'\\x41\\102\\q'\n.").unwrap(), "'AB\\\\q'");
}
