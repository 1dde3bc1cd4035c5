use crate::case::{Bench, Case, case};
use crate::frame::{binary, close, echo, ping, text};

/// A good message, one with reserved bits, and a ping that must stay without an answer.
fn between(id: &str, bits: u8, send: impl Fn(Case, [crate::frame::Frame; 3]) -> Case) -> Case {
    send(case(id), [text(echo(id)), text(echo("unheard")).reserved(bits), ping("")]).echoes(id).closes(1002)
}

#[tokio::test]
async fn section_3_reserved_bits_without_an_extension_close_with_1002() {
    Bench::start()
        .await
        .run([
            case("3.1").sends(text(echo("unheard")).reserved(1)).closes(1002),
            between("3.2", 2, Case::sends_at_once),
            between("3.3", 3, |case, frames| frames.into_iter().fold(case, Case::sends)),
            between("3.4", 4, |case, frames| case.sends_chopped(frames, 1)),
            case("3.5").sends(binary([0; 8]).reserved(5)).closes(1002),
            case("3.6").sends(ping("Hello, world!").reserved(6)).closes(1002),
            case("3.7").sends(close(1000, "").reserved(7)).closes(1002),
        ])
        .await;
}
