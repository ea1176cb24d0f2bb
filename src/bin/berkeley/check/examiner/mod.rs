//! One case, in a process of its own: the program is its child.

mod watch;
