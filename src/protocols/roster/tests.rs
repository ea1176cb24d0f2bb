//! The conversation, however the stream is cut.

use super::*;

const ACK: &[u8] = encode::ACKNOWLEDGEMENT;
const LINE: &str = "Connected: Student: Ada, Github Username: ada, sid: 7";

fn ada() -> Vec<u8> {
    encode::student("Ada", "ada", "7").unwrap()
}

fn said(line: &str) -> Notice {
    Notice::Said(line.to_owned())
}

fn wrong(roster: &mut Roster, pickle: &[u8]) -> String {
    assert_eq!(roster.answer(pickle), b"");
    assert!(roster.is_over());
    match roster.notice() {
        Some(Notice::Wrong(line)) => line,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_server_greets_with_the_clientid() {
    let mut roster = Roster::new(60644);
    assert_eq!(greeted(roster.greeting()).unwrap(), "{'clientid': 60644}");
    assert_eq!(roster.greeting().len(), 29);
}

#[test]
fn a_pickle_cut_at_every_byte_is_acknowledged_once() {
    let pickle = ada();
    for cut in 0..=pickle.len() {
        let mut roster = Roster::new(1);
        let (one, other) = pickle.split_at(cut);
        let sent = [roster.answer(one).to_vec(), roster.answer(other).into()];
        assert_eq!(sent.concat(), ACK, "{cut}");
        assert_eq!(roster.notice(), Some(said(LINE)));
        assert_eq!(roster.notice(), None);
        assert!(!roster.is_over());
    }
}

#[test]
fn three_in_one_input_are_three_and_a_beginning_waits() {
    let mut roster = Roster::new(1);
    let input = [ada().repeat(3), ada()[..9].to_vec()].concat();
    assert_eq!(roster.answer(&input), ACK.repeat(3));
    for _ in 0..3 {
        assert_eq!(roster.notice(), Some(said(LINE)));
    }
    assert_eq!(roster.answer(&ada()[9..]), ACK);
}

#[test]
fn one_byte_at_a_time_is_enough() {
    let mut roster = Roster::new(1);
    let mut acks = 0;
    for byte in ada().repeat(5) {
        acks += roster.answer(&[byte]).len() / ACK.len();
    }
    assert_eq!(acks, 5);
    assert!(roster.pending.capacity() == 0, "an idle peer holds memory");
}

#[test]
fn good_pickles_before_a_bad_one_are_acknowledged() {
    let mut roster = Roster::new(1);
    let input = [ada(), b"cos\nsystem\n".to_vec(), ada()].concat();
    assert_eq!(roster.answer(&input), ACK);
    assert!(roster.is_over());
    assert_eq!(roster.notice(), Some(said(LINE)));
    let why = "refused a pickle: it could name or call code".to_owned();
    assert_eq!(roster.notice(), Some(Notice::Wrong(why)));
    assert_eq!(roster.answer(&ada()), b"");
    assert_eq!(roster.notice(), None);
}

#[test]
fn what_is_no_student_is_said_and_ends_it() {
    let line = |pickle: &[u8]| wrong(&mut Roster::new(1), pickle);
    assert_eq!(line(b"K\x01."), "refused a pickle: not a dict");
    assert_eq!(line(b"}."), "refused a pickle: no 'student_name'");
    let bytes = b"}(Vstudent_name\nC\x01aVgithub_username\nNVsid\nNu.";
    assert_eq!(
        line(bytes),
        "refused a pickle: 'student_name' is no str, int, float, bool or None"
    );
}

#[test]
fn a_name_cannot_break_the_console_s_line() {
    let mut roster = Roster::new(1);
    let name = "A\nb\x1b[2J\u{9b}\0é\\";
    roster.answer(&encode::student(name, "", "007").unwrap());
    assert_eq!(
        roster.notice(),
        Some(said(
            "Connected: Student: A\\nb\\x1b[2J\\x9b\\x00é\\, \
             Github Username: , sid: 007"
        ))
    );
}

#[test]
fn only_the_integer_1_acknowledges() {
    assert_eq!(is_acknowledgement(ACK), Ok(true));
    for other in [&b"I01\n."[..], b"F1.0\n.", b"K\x02.", b"V1\n.", b"N."] {
        assert_eq!(is_acknowledgement(other), Ok(false));
    }
    assert_eq!(is_acknowledgement(b"K\x01"), Err(Refused::Unfinished));
}
