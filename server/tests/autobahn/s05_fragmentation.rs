use crate::case::{Bench, Case, case};
use crate::frame::{Frame, TEXT, continuation, echo, fragments, ping, pong, text};

/// A text in two fragments.
fn two(data: &str) -> [Frame; 2] {
    let message = echo(data);
    let (first, second) = message.split_at(message.len() / 2);
    [text(first).unfinished(), continuation(second)]
}

/// The three ways in which frames may arrive.
fn in_every_way(ids: [&str; 3], frames: &[Frame], finish: impl Fn(Case) -> Case) -> [Case; 3] {
    let [at_once, frame_wise, chopped] = ids;
    let frames = || frames.iter().cloned();
    [
        finish(case(at_once).sends_at_once(frames())),
        finish(frames().fold(case(frame_wise), Case::sends)),
        finish(case(chopped).sends_chopped(frames(), 1)),
    ]
}

#[tokio::test]
async fn section_5_control_frames_in_fragments_close_with_1002() {
    Bench::start()
        .await
        .run([
            case("5.1").sends_at_once([ping("fragment1").unfinished(), continuation("fragment2")]).closes(1002),
            case("5.2").sends_at_once([pong("fragment1").unfinished(), continuation("fragment2")]).closes(1002),
        ])
        .await;
}

#[tokio::test]
async fn section_5_text_in_fragments_arrives_whole_also_with_a_ping_between() {
    let mut bench = Bench::start().await;
    bench.run(in_every_way(["5.3", "5.4", "5.5"], &two("5.3"), |case| case.echoes("5.3"))).await;
    let [first, second] = two("5.6");
    let frames = [first, ping("ping payload"), second];
    bench.run(in_every_way(["5.6", "5.7", "5.8"], &frames, |case| case.pongs("ping payload").echoes("5.6"))).await;
}

#[tokio::test]
async fn section_5_a_continuation_of_nothing_closes_with_1002() {
    let mut bench = Bench::start().await;
    let whole = [continuation("non-continuation payload"), text(echo("unheard"))];
    bench.run(in_every_way(["5.9", "5.10", "5.11"], &whole, |case| case.closes(1002))).await;
    let begun = [continuation("non-continuation payload").unfinished(), text(echo("unheard"))];
    bench.run(in_every_way(["5.12", "5.13", "5.14"], &begun, |case| case.closes(1002))).await;
}

#[tokio::test]
async fn section_5_fragments_out_of_order_close_with_1002() {
    let [first, second] = two("5.15");
    let [again, _] = two("5.18");
    let stray = |frame: Frame| [frame, text(echo("unheard")), continuation("")];
    Bench::start()
        .await
        .run([
            case("5.15")
                .sends_at_once([first.clone(), second, continuation("fragment3").unfinished(), text("fragment4")])
                .echoes("5.15")
                .closes(1002),
            case("5.16").sends_at_once(stray(continuation("fragment1").unfinished())).closes(1002),
            case("5.17").sends_at_once(stray(continuation("fragment1"))).closes(1002),
            case("5.18").sends_at_once([first, again]).closes(1002),
        ])
        .await;
}

#[tokio::test]
async fn section_5_pings_between_five_fragments_are_answered_before_the_text_is_whole() {
    let message = echo("5.19");
    let mut frames = fragments(TEXT, &message, message.len().div_ceil(5));
    assert_eq!(frames.len(), 5);
    frames.insert(4, ping("pongme 2!"));
    frames.insert(2, ping("pongme 1!"));
    let finish = |case: Case| case.pongs("pongme 1!").pongs("pongme 2!").echoes("5.19");
    Bench::start().await.run(in_every_way(["5.20 at once", "5.19", "5.20 byte by byte"], &frames, finish)).await;
}
