//! What is said in the labs: the same in every scene, so that whoever has
//! seen one knows what comes in the next.

/// The word and the punchline that knock_client is given.
pub(crate) const JOKE: [&str; 2] = ["Spell", "Okay, S-P-E-L-L"];

/// Longer than echo_client's pieces of 16 bytes.
pub(crate) const MESSAGE: &str = "This is the message. It will be repeated.";

/// Who is signed in by roster_client.
pub(crate) const STUDENT: [&str; 6] =
    ["--name", "Alice", "--username", "alice", "--sid", "12345"];

/// What supply_server is asked for: bytes, the answer, and what it refuses.
pub(crate) const ORDER: &str = "70";
pub(crate) const SUPPLIED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno\
                                   pqrstuvwxyz0123456789+/ABCDEF";
pub(crate) const REFUSED: &str = "ten";

/// Two people in turns, the one who came first; a blank line ends it.
pub(crate) const CHAT: [&str; 4] = [
    "Hello, are you there?",
    "I am. And you?",
    "On my way home.",
    "Good night!",
];
