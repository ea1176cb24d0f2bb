//! Drawings of the traces made by hand.
#![allow(clippy::unwrap_used)]

use super::super::super::fixture;
use super::super::super::story::Story;
use super::super::Look;
use super::draw;

#[test]
fn show() {
    for trace in [
        fixture::knock_fork(),
        fixture::echo_threads(),
        fixture::datagrams(),
        fixture::inheritance(),
        fixture::reset(),
        fixture::refusal(),
        fixture::signalled(),
        fixture::disorder(),
    ] {
        let story = Story::tell(&trace);
        let look = Look { width: 100, ascii: false };
        for line in draw(&trace, &story, &look) {
            println!("{}", anstream::adapter::strip_str(&line));
        }
        println!("\n");
    }
}
