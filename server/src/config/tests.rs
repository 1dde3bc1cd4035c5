use std::collections::HashMap;

use super::*;
use crate::store::DatabaseSettings;

fn environment(variables: &[(&str, &str)]) -> HashMap<String, String> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Sources with a file of this text.
fn sources(file: &str, variables: &[(&str, &str)]) -> (Sources, tempfile::TempDir) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("smartlink.toml");
    std::fs::write(&path, file).expect("written");
    (Sources { file: Some(path), environment: environment(variables), flags: Vec::new() }, directory)
}

fn problems(file: &str, variables: &[(&str, &str)]) -> String {
    let (sources, _directory) = sources(file, variables);
    Config::load(&sources).expect_err("wrong settings").to_string()
}

#[test]
fn without_any_setting_a_start_works() {
    let config = Config::load(&Sources::default()).expect("defaults");
    assert_eq!((config.server.host.to_string().as_str(), config.server.port), ("127.0.0.1", 8080));
    assert_eq!(config.database_target, DatabaseSettings::Sqlite { path: "data/smartlink.sqlite3".into() });
    assert_eq!(config.secrets_file(), PathBuf::from("data/secrets.toml"));
    assert_eq!(config.max_body_bytes(), 128 * 1024);
}

#[test]
fn a_flag_stands_over_the_environment_and_that_over_the_file() {
    let (mut sources, _directory) = sources("[server]\nport = 1\nhost = \"::1\"", &[("REVERB_SERVER_PORT", "2")]);
    let port = |sources: &Sources| Config::load(sources).expect("settings").server.port;
    assert_eq!(port(&sources), 2);
    sources.flags.push(("server.port", "--port", "3".into()));
    assert_eq!(port(&sources), 3);
    sources.environment.clear();
    sources.flags.clear();
    assert_eq!(port(&sources), 1);
    let config = Config::load(&sources).expect("settings");
    let origin = |key: &str| config.effective.iter().find(|it| it.key == key).map(|it| it.origin.clone());
    assert!(matches!(origin("server.host"), Some(Origin::File(_))));
    assert_eq!(origin("server.path"), Some(Origin::Default));
}

#[test]
fn every_wrong_setting_is_told_at_once_with_what_would_be_right() {
    let text = problems("[server]\nport = 70000\n[log]\nlevel = \"loud\"", &[("REVERB_APP_PING_INTERVAL", "0")]);
    for part in [
        "server.port (file ",
        "\"70000\": expected a whole number from 0 to 65535",
        "log.level",
        "\"loud\": expected error, warning, info, debug or trace",
        "application.ping_interval (environment REVERB_APP_PING_INTERVAL) is \"0\": expected a whole number of seconds from 1 on",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
}

#[test]
fn a_key_that_is_no_setting_is_an_error_that_names_the_nearest() {
    let text = problems("[server]\nprot = 1\n[databse]\nurl = \"x\"", &[]);
    assert!(text.contains("server.prot") && text.contains("did you mean server.port?"), "{text}");
    assert!(text.contains("databse") && text.contains("did you mean database?"), "{text}");
}

#[test]
fn a_secret_value_is_in_no_message() {
    let text = problems("", &[("APP_KEY", "hunter2"), ("SMARTLINK_ENCRYPTION_MASTER_KEY", "hunter2")]);
    assert!(text.contains("app.key") && text.contains("application.encryption_master_key"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    let (sources, _directory) = sources("", &[("DB_PASSWORD", "hunter2")]);
    let config = Config::load(&sources).expect("settings");
    assert!(!format!("{:?}", config.effective).contains("hunter2"));
}

#[test]
fn a_file_with_a_slip_is_told_with_its_line() {
    let text = problems("[server\nport = 1", &[]);
    assert!(text.contains("can't be read") && text.contains("line 1"), "{text}");
    let missing = Sources { file: Some("/nonexistent/smartlink.toml".into()), ..Sources::default() };
    assert!(Config::load(&missing).is_err_and(|it| it.to_string().contains("/nonexistent/smartlink.toml")));
}

#[test]
fn laravel_s_names_of_the_database_are_understood() {
    let target = |variables: &[(&str, &str)]| {
        Config::load(&Sources { environment: environment(variables), ..Sources::default() })
            .map(|it| it.database_target)
            .map_err(|it| it.to_string())
    };
    let parts = [("DB_CONNECTION", "pgsql"), ("DB_HOST", "db"), ("DB_DATABASE", "chat"), ("DB_USERNAME", "ada")];
    assert!(target(&parts).is_ok_and(
        |it| matches!(it, DatabaseSettings::Postgres(it) if it.host == "db" && it.port == 5432 && it.database == "chat")
    ));
    let url = [("DATABASE_URL", "postgresql://a%40b:p%2Fw@host:5433/name")];
    assert!(target(&url).is_ok_and(|it| matches!(it, DatabaseSettings::Postgres(it)
        if it.username == "a@b" && it.password == "p/w" && it.port == 5433 && it.database == "name")));
    assert_eq!(target(&[("DB_URL", "sqlite:///var/x.db")]), Ok(DatabaseSettings::Sqlite { path: "/var/x.db".into() }));
    assert!(target(&[("DB_URL", "mysql://x")]).is_err_and(|it| it.contains("expected sqlite:PATH")));
    assert!(target(&[("DB_CONNECTION", "sqlite"), ("DB_URL", "pgsql://x")]).is_err_and(|it| it.contains("different")));
    assert!(target(&[("DB_CONNECTION", "mysql")]).is_err_and(|it| it.contains("sqlite or pgsql")));
}

#[test]
fn cfg_3_further_applications_come_from_the_file_and_are_all_different() {
    let file = "[application]\nid = \"1\"\nkey = \"k\"\nsecret = \"s\"\n\
        [[applications]]\nid = \"2\"\nkey = \"k2\"\nsecret = \"s2\"\nping_interval = 7";
    let (given, _directory) = sources(file, &[("APP_KEY", "0123456789abcdef0123456789abcdef")]);
    let config = Config::load(&given).expect("settings");
    let (secrets, made) = config.secrets().expect("secrets");
    assert_eq!(made, None, "everything was given");
    let applications = config.applications(&secrets);
    assert_eq!(applications.by_key("k2").map(|it| it.ping_interval.as_secs()), Some(7));
    assert_eq!(applications.by_key("k").map(|it| it.presence_leave_grace.as_secs()), Some(10));
    assert_eq!(applications.by_key("k2").map(|it| it.presence_leave_grace.as_secs()), Some(0));
    let text = problems(&file.replace("\"k2\"", "\"k\""), &[]);
    assert!(text.contains("applications[0].key"), "{text}");
    assert!(problems("[application]\nid = \"1\"", &[]).contains("application.key, application.secret missing"));
}

#[test]
fn the_environment_s_address_of_others_binds_nothing() {
    let variables = [("REVERB_HOST", "chat.example.com"), ("REVERB_PORT", "443"), ("REVERB_SCHEME", "https")];
    let config = Config::load(&Sources { environment: environment(&variables), ..Sources::default() }).expect("fine");
    assert_eq!(config.server.port, 8080);
    assert_eq!(config.reach.port, Some(443));
    assert_eq!(config.public_url().as_deref(), Some("https://chat.example.com"), "it is what the start prints");
    let odd_port = [("REVERB_HOST", "10.0.0.7"), ("REVERB_PORT", "8081"), ("REVERB_SCHEME", "http")];
    let config = Config::load(&Sources { environment: environment(&odd_port), ..Sources::default() }).expect("fine");
    assert_eq!(config.public_url().as_deref(), Some("http://10.0.0.7:8081"));
}

#[test]
fn what_this_version_does_not_do_is_refused_in_words() {
    assert!(problems("", &[("REVERB_SCALING_ENABLED", "true")]).contains("expected false"));
    assert!(problems("", &[("BROADCAST_CONNECTION", "log")]).contains("reverb or pusher"));
    assert!(problems("", &[("REVERB_SERVER_PATH", "ws/")]).contains("such as /ws"));
}

#[test]
fn con_8_an_origin_with_scheme_or_port_is_told_and_stops_nothing() {
    let variables = [("SMARTLINK_ALLOWED_ORIGINS", "https://a.example,b.example:8080,[::1],[::1]:80,*.c.example")];
    let config = Config::load(&Sources { environment: environment(&variables), ..Sources::default() }).expect("fine");
    let warnings = config.warnings();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for (warning, pattern) in warnings.iter().zip(["https://a.example", "b.example:8080", "[::1]:80"]) {
        assert!(warning.contains(&format!("application.allowed_origins holds {pattern:?}")), "{warning}");
    }
}

#[test]
fn a_variable_that_is_nearly_a_setting_is_told_and_stops_nothing() {
    let variables = [
        ("REVERB_SERVER_PROT", "8081"),
        ("SMARTLINK_ALOWED_ORIGINS", "a.example"),
        ("SMARTLINK_DEPLOYED_BY", "ci"),
        ("REVERB_SERVER_PORT", "8082"),
        ("PORT", "3000"),
    ];
    let config = Config::load(&Sources { environment: environment(&variables), ..Sources::default() }).expect("fine");
    assert_eq!(
        config.warnings(),
        [
            "the environment holds REVERB_SERVER_PROT, which is no setting and changes nothing: was REVERB_SERVER_PORT meant?",
            "the environment holds SMARTLINK_ALOWED_ORIGINS, which is no setting and changes nothing: was SMARTLINK_ALLOWED_ORIGINS meant?",
        ]
    );
}

#[test]
fn cle_2_a_word_that_means_nothing_means_nobody_and_is_told() {
    let variables = [("REVERB_APP_ACCEPT_CLIENT_EVENTS_FROM", "friends")];
    let config = Config::load(&Sources { environment: environment(&variables), ..Sources::default() }).expect("fine");
    assert_eq!(config.application.accept_client_events_from, ClientEvents::Unknown("friends".to_owned()));
    assert!(config.warnings()[0].contains("\"friends\", so nobody may send client events"), "{:?}", config.warnings());
}

#[test]
fn lim_1_the_largest_request_is_also_the_largest_data_unless_that_is_set() {
    let load = |variables: &[(&str, &str)]| {
        let config =
            Config::load(&Sources { environment: environment(variables), ..Sources::default() }).expect("fine");
        (config.max_body_bytes(), config.max_event_data_bytes())
    };
    assert_eq!(load(&[]), (131_072, 10_240));
    assert_eq!(load(&[("REVERB_MAX_REQUEST_SIZE", "20000")]), (20_000, 20_000));
    let both = [("REVERB_MAX_REQUEST_SIZE", "20000"), ("SMARTLINK_MAX_EVENT_DATA_SIZE", "500")];
    assert_eq!(load(&both), (20_000, 500));
}

#[test]
fn cfg_1_every_variable_of_reverb_has_a_place() {
    for name in [
        "REVERB_SERVER",
        "REVERB_SERVER_HOST",
        "REVERB_SERVER_PORT",
        "REVERB_SERVER_PATH",
        "REVERB_HOST",
        "REVERB_MAX_REQUEST_SIZE",
        "REVERB_SCALING_ENABLED",
        "REVERB_SCALING_CHANNEL",
        "REDIS_URL",
        "REDIS_HOST",
        "REDIS_PORT",
        "REDIS_USERNAME",
        "REDIS_PASSWORD",
        "REDIS_DB",
        "REDIS_TIMEOUT",
        "REVERB_PULSE_INGEST_INTERVAL",
        "REVERB_TELESCOPE_INGEST_INTERVAL",
        "REVERB_APP_ID",
        "REVERB_APP_KEY",
        "REVERB_APP_SECRET",
        "REVERB_PORT",
        "REVERB_SCHEME",
        "REVERB_APP_PING_INTERVAL",
        "REVERB_APP_ACTIVITY_TIMEOUT",
        "REVERB_APP_MAX_CONNECTIONS",
        "REVERB_APP_MAX_MESSAGE_SIZE",
        "REVERB_APP_ACCEPT_CLIENT_EVENTS_FROM",
        "REVERB_APP_RATE_LIMITING_ENABLED",
        "REVERB_APP_RATE_LIMIT_MAX_ATTEMPTS",
        "REVERB_APP_RATE_LIMIT_DECAY_SECONDS",
        "REVERB_APP_RATE_LIMIT_TERMINATE",
    ] {
        let is_known = all_sections().iter().flat_map(|it| it.2).any(|it| it.environment.contains(&name));
        assert!(is_known, "{name} is no setting");
    }
}
