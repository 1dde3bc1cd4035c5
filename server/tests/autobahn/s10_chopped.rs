use crate::case::{Bench, case};
use crate::frame::{BINARY, TEXT, echo, echo_of, fragments, ping, text};

#[tokio::test]
async fn section_10_1_a_message_that_the_sender_cuts_into_fragments_by_itself_arrives_whole() {
    let mut bench = Bench::start().await;
    for (id, opcode, bytes) in
        [("10.1.1", TEXT, 1_300), ("10.1.1 binary", BINARY, 1_300), ("10.1.1 of one byte", TEXT, 1)]
    {
        let frames = fragments(opcode, &echo_of(id, 65_536), bytes);
        bench.run([case(id).sends_at_once(frames).echoes(id)]).await;
    }
}

#[tokio::test]
async fn section_10_wherever_the_stream_is_cut_the_same_arrives() {
    let frames = || {
        let mut frames = fragments(TEXT, &echo("first"), 30);
        frames.insert(1, ping("between"));
        frames.push(text(echo_of("second", 200)));
        frames
    };
    let mut bench = Bench::start().await;
    for bytes in 1..80 {
        let id = format!("10 pieces of {bytes}");
        bench.run([case(id).sends_chopped(frames(), bytes).pongs("between").echoes("first").echoes("second")]).await;
    }
}
