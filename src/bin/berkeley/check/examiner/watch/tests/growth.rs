use super::network::connected;
use super::{Program, Rest, comes_to, until};

#[test]
fn what_a_program_holds_is_counted() {
    let Some(mut program) = Program::python(
        "import os, socket, threading\n\
        l = socket.create_server(('127.0.0.1', 0))\n\
        print(l.getsockname()[1])\n\
        kept = [l.accept() for _ in range(3)]\n\
        threading.Thread(target=threading.Event().wait).start()\n\
        os.fork() or os._exit(0)\n\
        print('ready'); os.read(0, 1)\n",
    ) else {
        return;
    };
    let at = format!("127.0.0.1:{}", program.says());
    let mut watch = program.watch();
    comes_to(&mut watch, Rest::Asleep);
    let before = watch.growth();
    assert_eq!((before.processes, before.threads), (1, 1));
    let clients = [connected(&at), connected(&at), connected(&at)];
    assert_eq!(program.says(), "ready");
    let after = until(|| watch.growth(), |growth| growth.zombies == 1);
    assert_eq!((after.processes, after.threads), (1, 2));
    assert_eq!(after.descriptors, before.descriptors + 3);
    let of = [(program.pid(), after.descriptors)];
    assert_eq!(after.descriptors_of, of.into());
    assert_eq!((before.sockets, after.sockets), (1, 4));
    assert_eq!((after.pipes, after.close_wait), (before.pipes, 0));
    assert!(after.pipes >= 2);
    assert!(after.resident > 1_000_000 && after.cpu > 0.0, "{after:?}");
    drop(clients);
    until(|| watch.growth(), |growth| growth.close_wait == 3);
}
