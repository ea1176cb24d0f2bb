//! What is typed into a pipe.

use super::*;

#[test]
fn lines_are_typed_and_the_end_is_seen() {
    as_examiner(|| {
        let mut start = sh("read a; echo \"<$a>\"; cat; echo over");
        start.input = Input::Pipe;
        let mut program = Program::start(&start).unwrap();
        program.types(b"one\n").unwrap();
        until_printed(&mut program, "<one>");
        program.types(b"two\nthree").unwrap();
        until_printed(&mut program, "three");
        program.ends_input().unwrap();
        to_the_end(&mut program);
        assert_eq!(out(&program), "<one>\ntwo\nthreeover\n");
        program.types(b"nobody reads this").unwrap();
    });
}

#[test]
fn without_input_it_is_at_the_end_at_once() {
    as_examiner(|| {
        let mut program = Program::start(&command(&["cat"])).unwrap();
        program.types(b"nothing").unwrap();
        assert_eq!(to_the_end(&mut program).ending, Ending::Exited(0));
        assert_eq!(out(&program), "");
    });
}

#[test]
fn who_does_not_read_lets_nobody_wait() {
    as_examiner(|| {
        let mut start = sh("echo up; exec tail -f /dev/null");
        start.input = Input::Pipe;
        let mut program = Program::start(&start).unwrap();
        program.types(&vec![b'x'; 1 << 20]).unwrap();
        until_printed(&mut program, "up");
        program.end().unwrap();
    });
}

#[test]
fn what_is_typed_early_arrives_whole() {
    as_examiner(|| {
        let start = Start { input: Input::Pipe, ..command(&["wc", "-c"]) };
        let mut program = Program::start(&start).unwrap();
        program.types(&vec![b'x'; 3 << 20]).unwrap();
        program.ends_input().unwrap();
        to_the_end(&mut program);
        assert_eq!(out(&program).trim(), (3 << 20).to_string());
    });
}
