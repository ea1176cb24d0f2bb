//! Signals: who sends them, and who has arranged for what.

use super::Call;
use super::errno::{signal_argument, signal_set};
use super::reading::long;
use super::waiting::push_signal_set;
use super::words::{Names, flags, hex, names, one_of, pointer};

/// kill and tkill.
pub(super) fn kill(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push(signal_argument(call.int(1)));
    }
}

pub(super) fn tgkill(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push_int(1);
        call.push(signal_argument(call.int(2)));
    }
}

pub(super) fn pidfd_send_signal(call: &mut Call) {
    if call.result.is_none() {
        call.push_int(0);
        call.push(signal_argument(call.int(1)));
        call.push_pointer(2);
        call.push(hex(u64::from(call.unsigned(3))));
    }
}

pub(super) fn sigaction(call: &mut Call) {
    match call.result {
        None => {
            call.push(signal_argument(call.int(0)));
            call.push(action(call, call.arg(1)));
            call.push_pointer(2);
            call.push(call.arg(3));
        }
        Some(0..) => {
            let former = action(call, call.arg(2));
            call.set(2, former);
        }
        Some(_) => {}
    }
}

/// The kernel's struct: handler, flags, restorer, mask.
fn action(call: &Call, at: u64) -> String {
    let Some(action) = call.bytes(at, 32) else { return pointer(at) };
    let (flag_bits, restorer) = (long(&action, 8), long(&action, 16));
    let handler = match long(&action, 0) {
        0 => "SIG_DFL".to_string(),
        1 => "SIG_IGN".to_string(),
        handler => pointer(handler),
    };
    let mask = signal_set(long(&action, 24));
    let flag_words = flags(flag_bits, ACTION, "SA_???");
    let restorer = if flag_bits & SA_RESTORER == 0 {
        String::new()
    } else {
        format!(", sa_restorer={}", pointer(restorer))
    };
    format!(
        "{{sa_handler={handler}, sa_mask={mask}, \
         sa_flags={flag_words}{restorer}}}"
    )
}

pub(super) fn sigprocmask(call: &mut Call) {
    match call.result {
        None => {
            let how = u64::from(call.unsigned(0));
            call.push(one_of(how, HOW, "SIG_???"));
            push_signal_set(call, 1, 3);
            call.push_pointer(2);
            call.push(call.arg(3));
        }
        Some(0..) => {
            if let Some(former) = call.long_at(call.arg(2)) {
                call.set(2, signal_set(former));
            }
        }
        Some(_) => {}
    }
}

pub(super) fn sigsuspend(call: &mut Call) {
    if call.result.is_none() {
        push_signal_set(call, 0, 1);
        call.push(call.arg(1));
    }
}

const HOW: Names = names! { 0 SIG_BLOCK 1 SIG_UNBLOCK 2 SIG_SETMASK };

const SA_RESTORER: u64 = 0x0400_0000;

const ACTION: Names = names! {
    0x0400_0000 SA_RESTORER 0x0800_0000 SA_ONSTACK 0x1000_0000 SA_RESTART
    0x2 SA_NOCLDWAIT 0x1 SA_NOCLDSTOP 0x4 SA_SIGINFO 0x4000_0000 SA_NODEFER
    0x8000_0000 SA_RESETHAND 0x400 SA_UNSUPPORTED 0x800 SA_EXPOSE_TAGBITS
};
