//! Thousands of random schedules. Whatever happened, once all works again the client is live and has got everything.

use super::world::World;
use crate::realtime::close_code::CloseCode;
use crate::realtime::connection::{Input, ListenerId};
use crate::realtime::status::Status;

const CHANNELS: [&str; 3] = ["lobby", "private-user.4", "private-chat.4.9"];

/// How many seeds are tried; `SIMULATIONS` asks for more.
fn seeds() -> std::ops::Range<u64> {
    0..std::env::var("SIMULATIONS").ok().and_then(|it| it.parse().ok()).unwrap_or(3_000)
}

/// One thing that happens to people's connections.
fn strike(world: &mut World) {
    match world.random.between(0, 17) {
        0 => world.cut(CloseCode::ABNORMAL),
        1 => world.cut(CloseCode(1001)),
        2 => world.cut(CloseCode::OVER_CAPACITY),
        3 => world.cut(CloseCode::RECONNECT),
        4 => world.cut(CloseCode::PONG_TIMEOUT),
        5 => world.kill_silently(),
        6 => {
            world.is_network_up = false;
            world.kill_silently();
            if world.random.between(0, 1) == 0 {
                world.input(Input::Offline);
            }
        }
        7 => {
            world.is_network_up = true;
            world.input(Input::Online);
        }
        8 => {
            world.is_server_up = false;
            world.cut(CloseCode::ABNORMAL);
        }
        9 => world.is_server_up = true,
        10 => world.is_auth_up = !world.is_auth_up,
        11 => {
            let ms = world.random.between(1_000, 600_000);
            world.sleep(ms);
            if world.random.between(0, 1) == 0 {
                world.kill_silently();
            }
        }
        12 => world.input(Input::Woke),
        13 => world.input(Input::RetryNow),
        14 => world.server.swallow = 1,
        15 => world.server.unreadable = 1,
        16 => world.input(Input::Offline),
        _ => world.input(Input::Online),
    }
}

#[test]
fn whatever_happened_once_all_works_again_everything_has_been_delivered_once_and_in_order() {
    for seed in seeds() {
        let mut world = World::new(seed);
        let mut begins = Vec::new();
        world.input(Input::Start);
        for step in 0..60_u64 {
            let ms = world.random.between(0, 4_000);
            world.run(ms);
            if !world.is_asleep() {
                if step % 12 == 0 && begins.len() < 6 {
                    let channel = CHANNELS[usize::try_from(world.random.between(0, 2)).unwrap()];
                    let id = begins.len() as u64;
                    begins.push((ListenerId(id), channel, world.server.position(channel).1));
                    world.listen_from_here(id, channel);
                }
                if world.random.between(0, 2) == 0 {
                    strike(&mut world);
                }
            }
            for _ in 0..world.random.between(0, 3) {
                let channel = CHANNELS[usize::try_from(world.random.between(0, 2)).unwrap()];
                world.publish(channel, &format!("{step} at {}", world.now_ms));
            }
        }
        world.heal();
        world.input(Input::Online);
        world.run(120_000);
        // A faulty server that swallows a channel's last event can be found out only by the next one.
        for channel in CHANNELS {
            world.publish(channel, "after all");
        }
        world.run(5_000);

        assert_eq!(*world.client.status(), Status::Connected, "seed {seed}: {:?}", world.client);
        assert!(world.gaps.is_empty(), "seed {seed}: the server had kept everything");
        for (listener, channel, begin) in begins {
            let expected = world.server.events_after(channel, usize::try_from(begin).unwrap());
            assert_eq!(world.delivered[&listener], expected, "seed {seed}, {listener:?} on {channel}");
        }
        let busiest = world.attempts_ms.windows(12).map(|it| it[11] - it[0]).min().unwrap_or(u64::MAX);
        assert!(busiest >= 8_000, "seed {seed}: 12 attempts within {busiest} ms");
        assert!(format!("{:?}", world.client).len() < 6_000, "seed {seed}: the connection has grown");
    }
}

#[test]
fn what_the_server_no_longer_keeps_is_told_and_the_rest_goes_on_from_there() {
    for seed in seeds().take(300) {
        let mut world = World::new(seed);
        world.input(Input::Start);
        world.listen_from_here(1, "lobby");
        world.run(10_000);
        world.is_network_up = false;
        world.kill_silently();
        for number in 0..50 {
            world.publish("lobby", &format!("missed {number}"));
        }
        world.server.forget("lobby", 10);
        world.run(60_000);
        world.is_network_up = true;
        world.run(60_000);
        assert_eq!(*world.client.status(), Status::GapTooLarge, "seed {seed}");
        world.publish("lobby", "live again");
        world.run(5_000);
        assert_eq!(world.delivered[&ListenerId(1)], ["live again"], "seed {seed}");
        world.input(Input::GapsClosed);
        assert_eq!(*world.client.status(), Status::Connected, "seed {seed}");
    }
}

#[test]
fn a_dead_line_is_noticed_within_10_s_of_waking() {
    for seed in seeds().take(500) {
        let mut world = World::new(seed);
        world.input(Input::Start);
        world.listen_from_here(1, "lobby");
        let ms = world.random.between(10_000, 100_000);
        world.run(ms);
        let socket = world.open_socket();
        world.sleep(3_600_000);
        world.kill_silently();
        world.run(3_600_000);
        // Some browsers say that the page woke, with others only the timer is late.
        if seed % 2 == 0 {
            world.input(Input::Woke);
        }
        world.run(10_000);
        assert_ne!(world.open_socket(), socket, "seed {seed}: still trusts the dead socket");
        world.run(5_000);
        assert_eq!(*world.client.status(), Status::Connected, "seed {seed}");
    }
}

#[test]
fn a_line_that_lived_through_the_sleep_is_kept() {
    for seed in seeds().take(200) {
        let mut world = World::new(seed);
        world.input(Input::Start);
        world.listen_from_here(1, "lobby");
        world.run(20_000);
        let socket = world.open_socket();
        world.sleep(50_000);
        world.run(50_000);
        world.input(Input::Woke);
        world.run(20_000);
        assert_eq!(world.open_socket(), socket, "seed {seed}");
    }
}
