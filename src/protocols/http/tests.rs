//! A response, whole and cut, right and wrong.

use super::{LONGEST_HEAD, Response, Step, Wrong};

/// What a response came to.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    status_line: String,
    head: usize,
    body: Vec<u8>,
    end: Result<(), Wrong>,
}

fn told(pieces: &[&[u8]]) -> Told {
    let mut response = Response::begin();
    let mut body = Vec::new();
    let end = read(&mut response, pieces, &mut body);
    let end = end.and_then(|()| response.end());
    assert_eq!(response.body_size(), body.len() as u64);
    Told {
        status_line: String::from_utf8_lossy(response.status_line()).into(),
        head: response.head_size(),
        body,
        end,
    }
}

fn read(
    response: &mut Response,
    pieces: &[&[u8]],
    body: &mut Vec<u8>,
) -> Result<(), Wrong> {
    for piece in pieces {
        let mut input = *piece;
        loop {
            match response.next(&mut input)? {
                Step::More => break,
                Step::Head => assert!(body.is_empty()),
                Step::Body(piece) => body.extend_from_slice(piece),
                Step::Over => return Ok(()),
            }
        }
    }
    Ok(())
}

/// Whole, byte by byte, and cut in three at any two places.
fn told_in_pieces(response: &[u8]) -> Told {
    let whole = told(&[response]);
    let bytes: Vec<&[u8]> = response.chunks(1).collect();
    assert_eq!(told(&bytes), whole);
    for first in 0..=response.len() {
        for second in first..=response.len() {
            let (one, rest) = response.split_at(first);
            let (two, three) = rest.split_at(second - first);
            assert_eq!(told(&[one, two, three]), whole);
        }
    }
    whole
}

fn body(response: &str) -> (String, Result<(), Wrong>) {
    let told = told_in_pieces(response.as_bytes());
    (String::from_utf8(told.body).unwrap(), told.end)
}

fn chunks(chunks: &str) -> (String, Result<(), Wrong>) {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    body(&format!("{head}{chunks}"))
}

#[test]
fn a_counted_body_ends_where_it_says() {
    let head = "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:5\r\n\r\n";
    let told = told_in_pieces(format!("{head}hello, more").as_bytes());
    assert_eq!(told.status_line, "HTTP/1.1 200 OK");
    assert_eq!(told.head, head.len());
    assert_eq!((&told.body[..], told.end), (&b"hello"[..], Ok(())));
    let short = Err(Wrong::CutBody { got: 4, of: 5 });
    assert_eq!(body(&format!("{head}hell")), ("hell".into(), short));
}

#[test]
fn a_body_without_a_length_ends_with_the_connection() {
    let response = b"HTTP/1.0 404 Not here\nDate: never\n\n\x00\xff\r\n";
    let told = told_in_pieces(response);
    assert_eq!(told.status_line, "HTTP/1.0 404 Not here");
    assert_eq!((&told.body[..], told.end), (&b"\x00\xff\r\n"[..], Ok(())));
    assert_eq!(body("HTTP/1.1 200\r\n\r\n"), (String::new(), Ok(())));
}

#[test]
fn no_body_follows_204_and_304() {
    for status in ["204 No Content", "304 Not Modified"] {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n");
        assert_eq!(body(&format!("{head}hello")), (String::new(), Ok(())));
    }
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(body(empty), (String::new(), Ok(())));
}

#[test]
fn interim_heads_do_not_count() {
    let interim = "HTTP/1.1 100 Continue\r\nContent-Length: 9\r\n\r\n\
                   HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    let told = told_in_pieces(format!("{interim}{head}hi").as_bytes());
    assert_eq!(told.status_line, "HTTP/1.1 200 OK");
    assert_eq!(told.head, head.len());
    assert_eq!((&told.body[..], told.end), (&b"hi"[..], Ok(())));
    assert_eq!(body(interim).1, Err(Wrong::CutHead));
}

#[test]
fn chunks_are_joined() {
    let ok = |body: &str| (body.to_string(), Ok(()));
    assert_eq!(chunks("5\r\nhello\r\n2\r\n, \r\n0\r\n\r\n"), ok("hello, "));
    assert_eq!(
        chunks("A;x=\"1;2\"\r\n0123456789\r\n0\r\n\r\n more"),
        ok("0123456789")
    );
    assert_eq!(
        chunks("0a \r\n0123456789\r\n000\r\nX: y\r\nZ: 1\r\n\r\n"),
        ok("0123456789")
    );
    assert_eq!(chunks("1\nx\n0\n\n"), ok("x"));
    assert_eq!(chunks("0\r\n\r\n"), ok(""));
}

#[test]
fn chunks_that_are_none_are_refused() {
    let bad = [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "+1\r\n",
        " 1\r\n",
        "0x1\r\nx",
        ";x\r\n",
        "1 1\r\n",
        "10000000000000000\r\n",
    ];
    for line in bad {
        assert_eq!(chunks(line), (String::new(), Err(Wrong::Chunk)), "{line}");
    }
    let end = chunks("2\r\nxyz\r\n0\r\n\r\n");
    assert_eq!(end, ("xy".into(), Err(Wrong::Chunk)));
}

#[test]
fn chunks_without_the_last_one_are_cut() {
    let whole = "3\r\nabc\r\n0\r\nX: y\r\n\r\n";
    for end in 0..whole.len() {
        let (_, told) = chunks(&whole[..end]);
        assert_eq!(told, Err(Wrong::CutChunks), "cut at {end}");
    }
    assert_eq!(chunks(whole), ("abc".into(), Ok(())));
}

#[test]
fn chunks_count_more_than_a_length() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\
                TRANSFER-encoding :  Chunked \r\n\r\n";
    let body = body(&format!("{head}1\r\nx\r\n0\r\n\r\n"));
    assert_eq!(body, ("x".into(), Ok(())));
}

#[test]
fn a_header_line_may_go_on_in_the_next() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length:\r\n \t2\r\nX: y\r\n\r\n";
    assert_eq!(body(&format!("{head}hi!")), ("hi".into(), Ok(())));
}

#[test]
fn a_length_is_a_number_and_one_number() {
    let length = |fields: &str| {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n");
        body(&format!("{head}hi")).1
    };
    assert_eq!(length("Content-Length: 2, 2\r\nContent-Length: 02"), Ok(()));
    let bad = [
        "",
        "x",
        "-2",
        "+2",
        "2 2",
        "2,3",
        "0x2",
        "\u{b2}",
        "18446744073709551616",
        "2\r\nContent-Length: 3",
    ];
    for value in bad {
        let field = format!("Content-Length: {value}");
        assert_eq!(length(&field), Err(Wrong::Length), "{value}");
    }
    for value in ["gzip", "gzip, chunked", "chunked, chunked", ""] {
        let field = format!("Transfer-Encoding: {value}");
        assert_eq!(length(&field), Err(Wrong::Coding), "{value}");
    }
}

#[test]
fn garbage_is_no_response() {
    let bad = [
        "\r\n",
        "hello\r\n",
        "HTTP/2 200 OK\r\n",
        "HTTP/1.1200 OK\r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000\r\n",
        "HTTP/1.1 099 x\r\n",
        "HTTP/1.1  200\r\n",
        "http/1.1 200 OK\r\n",
        "\0\u{ff}\n",
    ];
    for line in bad {
        assert_eq!(body(line).1, Err(Wrong::Status), "{line:?}");
    }
    for line in ["no colon", ": nameless", " begins with a blank"] {
        let head = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n");
        assert_eq!(body(&head).1, Err(Wrong::Field), "{line:?}");
    }
    assert_eq!(told(&[]).end, Err(Wrong::Silent));
    assert_eq!(body("H").1, Err(Wrong::CutHead));
    assert_eq!(body("HTTP/1.1 200 OK\r\nA: b\r\n").1, Err(Wrong::CutHead));
}

#[test]
fn what_is_no_body_is_bounded() {
    let start = b"HTTP/1.1 200 OK\r\nX: ";
    let x = vec![b'x'; LONGEST_HEAD];
    let room = LONGEST_HEAD - start.len() - 4;
    let fits = told(&[start, &x[..room], b"\r\n\r\n"]);
    assert_eq!((fits.head, fits.end), (LONGEST_HEAD, Ok(())));
    let long = told(&[start, &x[..=room], b"\r\n\r\n"]);
    assert_eq!(long.end, Err(Wrong::Long));
    assert_eq!(told(&[&x, b"x"]).end, Err(Wrong::Long));
    let many = b"X: yyyyyyyyyyyy\n".repeat(LONGEST_HEAD / 16);
    assert_eq!(told(&[start, &many]).end, Err(Wrong::Long));
    let interim = b"HTTP/1.1 100 C\n\n".repeat(LONGEST_HEAD / 16 + 1);
    assert_eq!(told(&[&interim]).end, Err(Wrong::Long));
    let chunked = b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n";
    assert_eq!(told(&[chunked, &many]).end, Err(Wrong::Long));
}
