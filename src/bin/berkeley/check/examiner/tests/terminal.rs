//! Programs that have a terminal.

use super::*;

#[test]
fn the_echo_and_the_output_are_told_apart() {
    as_examiner(|| {
        let start = on_terminal(command(&["cat"]));
        let mut program = Program::start(&start).unwrap();
        program.types(b"hello\n").unwrap();
        until_printed(&mut program, "hello\n");
        until(&mut program, |it| !it.echo().bytes().is_empty());
        assert_eq!(program.echo().printed().text, "hello\r\n");
        program.ends_input().unwrap();
        assert_eq!(to_the_end(&mut program).ending, Ending::Exited(0));
        assert_eq!(out(&program), "hello\n");
    });
}

#[test]
fn a_line_begun_is_handed_over_before_the_end() {
    as_examiner(|| {
        for output in [Output::Pipes, Output::Terminals] {
            let input = Input::Terminal;
            let start = Start { input, output, ..command(&["cat"]) };
            let mut program = Program::start(&start).unwrap();
            program.types(b"no line").unwrap();
            program.ends_input().unwrap();
            assert_eq!(to_the_end(&mut program).ending, Ending::Exited(0));
            assert_eq!(out(&program), "no line");
        }
    });
}

#[test]
fn all_of_it_is_a_terminal_and_it_controls_the_program() {
    as_examiner(|| {
        let script = "test -t 0 && test -t 1 && test -t 2 && echo yes; \
            stty size; echo $TERM; echo shown > /dev/tty";
        let mut program = Program::start(&on_terminal(sh(script))).unwrap();
        to_the_end(&mut program);
        assert_eq!(out(&program), "yes\n24 80\ndumb\n");
        until(&mut program, |it| !it.echo().bytes().is_empty());
        assert_eq!(program.echo().printed().text, "shown\r\n");
    });
}

#[test]
fn ctrl_c_interrupts_all_in_the_foreground() {
    as_examiner(|| {
        let script = "trap 'echo caught; exit 3' INT; \
            sh -c 'echo up; exec tail -f /dev/null'";
        let mut program = Program::start(&on_terminal(sh(script))).unwrap();
        until_printed(&mut program, "up");
        program.interrupts().unwrap();
        assert_eq!(to_the_end(&mut program).ending, Ending::Exited(3));
        assert_eq!(out(&program), "up\ncaught\n");
    });
}

#[test]
fn a_prompt_is_seen_before_anything_is_typed() {
    if !has("python3") {
        return;
    }
    as_examiner(|| {
        let script = "name = input('Name? ')\nprint('Hello', name)\n\
            import sys\nprint(repr(sys.stdin.read()))";
        let start = on_terminal(command(&["python3", "-c", script]));
        let mut program = Program::start(&start).unwrap();
        let prompt = |it: &Program| {
            let all = out(it) + &err(it) + &it.echo().printed().text;
            all.contains("Name? ")
        };
        until(&mut program, prompt);
        program.types(b"Ada\n").unwrap();
        until_printed(&mut program, "Hello Ada\n");
        program.ends_input().unwrap();
        to_the_end(&mut program);
        assert!(out(&program).ends_with("Hello Ada\n''\n"), "{program:?}");
    });
}
