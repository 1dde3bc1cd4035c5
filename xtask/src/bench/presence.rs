//! People who join and leave a presence channel with many in it, all of whom are told each time.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::fanout::{self, Fanout, Pace};
use super::frames::client_text;
use super::process_stat::cpu_time;
use super::publish::sign;
use super::readers::Readers;
use super::report::Figure;
use super::smartlink::KEY;
use super::statistics::real;
use super::target::{Target, handshake, subscribe, wait_for_pong};

const CHANNEL: &str = "presence-bench";
const MEMBERS: usize = 200;
const AT_ONCE: usize = 50;
const ROUNDS: usize = 40;

/// Member events that the server delivers for a CPU second, beside what the bare writer delivers to as many sockets.
pub(super) fn run(binary: &Path) -> Result<Vec<Figure>> {
    let (deliveries, cpu) = churn(&Target::smartlink(binary)?)?;
    let server = real(deliveries) / cpu.as_secs_f64();
    let writer = fanout::bare_writer_alone(&Fanout {
        channels: 1,
        sockets_per_channel: MEMBERS,
        batch: 1,
        publishers: 1,
        pace: Pace::Flood { in_flight: 64 },
    })?;
    Ok(vec![
        Figure::new("member events / CPU s", server, ""),
        Figure::new("bare writer's deliveries", writer, ""),
        Figure::new("ratio", server / writer, "×"),
    ])
}

/// Fifty at a time join and leave again. Returns what the members of the channel were told, and what it cost.
fn churn(target: &Target) -> Result<(u64, Duration)> {
    let address = target.address();
    let members = (0..MEMBERS).map(|it| join(address, it)).collect::<Result<Vec<_>>>().context("joining")?;
    let readers = Readers::start(members, None);
    // Those who are there have been told of each who came after them.
    let arrivals = u64::try_from(MEMBERS * (MEMBERS - 1) / 2)?;
    readers.wait_for(arrivals).context("the members")?;
    let before = cpu_time(target.pid())?;
    let guests: Vec<_> = (0..AT_ONCE)
        .map(|guest| {
            thread::spawn(move || -> Result<()> {
                let (mut stream, socket_id) = handshake(address)?;
                for _ in 0..ROUNDS {
                    let received = subscribe(&mut stream, &subscription(&socket_id, MEMBERS + guest))?;
                    let leave = format!(r#"{{"event":"pusher:unsubscribe","data":{{"channel":"{CHANNEL}"}}}}"#);
                    stream.write_all(&client_text(&leave))?;
                    // What comes before the pong was meant for the member: now it has left.
                    wait_for_pong(&mut stream, received)?;
                }
                Ok(())
            })
        })
        .collect();
    guests.into_iter().try_for_each(|it| it.join().ok().context("a guest panicked")?)?;
    let deliveries = u64::try_from(AT_ONCE * ROUNDS * 2 * MEMBERS)?;
    readers.wait_for(arrivals + deliveries).context("the member events")?;
    let cpu = cpu_time(target.pid())?.saturating_sub(before);
    readers.stop()?;
    Ok((deliveries, cpu))
}

fn join(address: SocketAddr, user: usize) -> Result<TcpStream> {
    let (mut stream, socket_id) = handshake(address)?;
    subscribe(&mut stream, &subscription(&socket_id, user))?;
    Ok(stream)
}

/// The data of a subscription as a backend would have signed it (protocol, section 11).
fn subscription(socket_id: &str, user: usize) -> String {
    let member = format!(r#"{{"user_id":"{user}","user_info":{{"name":"Member {user}"}}}}"#);
    let auth = format!("{KEY}:{}", sign(&format!("{socket_id}:{CHANNEL}:{member}")));
    let member = member.replace('"', "\\\"");
    format!(r#"{{"channel":"{CHANNEL}","auth":"{auth}","channel_data":"{member}"}}"#)
}
