//! `smartlink tap`: frames of a running server as they pass.

use clap::{Args, ValueEnum};

use super::running::RunningServer;
use super::{Console, Failure};
use crate::config::Config;
use crate::http::operator::{TAP_PATH, TapLine};
use crate::hub::{Direction, TappedFrame};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Frames of this application alone
    #[arg(long, value_name = "ID")]
    application: Option<String>,
    /// Frames about channels that fit; `*` stands for anything
    #[arg(long, value_name = "PATTERN")]
    channel: Option<String>,
    /// Frames whose event's name fits
    #[arg(long, value_name = "PATTERN")]
    event: Option<String>,
    /// Frames of this connection alone
    #[arg(long, value_name = "SOCKET_ID")]
    socket_id: Option<String>,
    /// From clients (in) or to them (out)
    #[arg(long)]
    direction: Option<Way>,
    /// Of those that fit, one in so many
    #[arg(long, value_name = "NUMBER")]
    one_in: Option<u32>,
    /// End after so many frames
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
    /// One JSON object a line, for programs
    #[arg(long)]
    json: bool,
    /// Ask the server at this address; without it, the one of the settings on this machine
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Way {
    In,
    Out,
}

/// Prints frames until the server stops, or as many as were asked for have passed.
pub(super) async fn run(arguments: Arguments, config: Config, console: &mut Console) -> Result<(), Failure> {
    let server = RunningServer::of(&config, arguments.url.as_deref())?;
    let direction = arguments.direction.map(|it| match it {
        Way::In => "in",
        Way::Out => "out",
    });
    let one_in = arguments.one_in.map(|it| it.to_string());
    let parameters: Vec<(&str, &str)> = [
        ("application", arguments.application.as_deref()),
        ("channel", arguments.channel.as_deref()),
        ("event", arguments.event.as_deref()),
        ("socket_id", arguments.socket_id.as_deref()),
        ("direction", direction),
        ("one_in", one_in.as_deref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    let mut lines = server.listen(TAP_PATH, &parameters).await?;
    console.complain(&format!("Listening at {}; Ctrl+C ends.", server.url()));
    let mut left = arguments.count;
    while left != Some(0)
        && let Some(line) = lines.next().await?
    {
        match serde_json::from_str(&line).map_err(Failure::other)? {
            TapLine::Frame(frame) => {
                console.line(&if arguments.json { line } else { describe(&frame) })?;
                left = left.map(|it| it - 1);
            }
            TapLine::Missed { missed: 0 } => {}
            TapLine::Missed { missed } => console.complain(&format!("{missed} frames more than could be told")),
        }
    }
    Ok(())
}

fn describe(frame: &TappedFrame) -> String {
    let way = match frame.direction {
        Direction::In => "→",
        Direction::Out => "←",
    };
    let rest = if frame.bytes > frame.text.len() { format!("… ({} bytes)", frame.bytes) } else { String::new() };
    format!("{} {} {} {way} {}{rest}", frame.at, frame.application, frame.socket_id, frame.text)
}
