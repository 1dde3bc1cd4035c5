use std::path::{Path, PathBuf};
use std::time::Duration;

use server::store::{DatabaseSettings, SslMode, Store, StoreError};
use sqlx::{Connection as _, Executor as _};
use tempfile::TempDir;

use crate::harness::{Fixture, fresh_postgres_database, on_both_databases};

fn sqlite(path: impl Into<PathBuf>) -> DatabaseSettings {
    DatabaseSettings::Sqlite { path: path.into() }
}

/// Why opening failed; checks that the text names the database.
async fn fault(settings: &DatabaseSettings) -> StoreError {
    let error = Store::connect(settings).await.expect_err("the database was opened");
    assert!(error.to_string().contains(&settings.to_string()), "{error}");
    let StoreError::Connect { source, .. } = error else { panic!("{error:?}") };
    *source
}

async fn raw_sqlite(path: &Path) -> sqlx::SqliteConnection {
    sqlx::SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap()
}

on_both_databases! {
    async fn migrations_run_once_and_say_what_they_did(fixture: Fixture) {
        assert_eq!(fixture.store.migrate().await.unwrap(), []);
        let settings = match &fixture.settings {
            DatabaseSettings::Postgres(_) => fresh_postgres_database().await,
            DatabaseSettings::Sqlite { path } => sqlite(path.with_file_name("another.sqlite3")),
        };
        let fresh = Store::connect(&settings).await.unwrap();
        let descriptions: Vec<String> = fresh.migrate().await.unwrap().into_iter().map(|it| it.description).collect();
        assert_eq!(descriptions[..3], ["create accounts", "create chat", "create event log"]);
    }

    async fn two_that_migrate_at_once_do_not_disturb_each_other(fixture: Fixture) {
        let settings = match &fixture.settings {
            DatabaseSettings::Postgres(_) => fresh_postgres_database().await,
            DatabaseSettings::Sqlite { path } => sqlite(path.with_file_name("another.sqlite3")),
        };
        let fresh = Store::connect(&settings).await.unwrap();
        let (one, two) = tokio::join!(fresh.migrate(), fresh.migrate());
        one.unwrap();
        two.unwrap();
    }

    async fn a_database_of_a_newer_version_is_left_alone(fixture: Fixture) {
        fixture
            .execute(
                "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                 select 9000, 'of the future', success, checksum, 0 from _sqlx_migrations where version = 1",
            )
            .await;
        let error = fixture.store.migrate().await.expect_err("an older program changed a newer database");
        assert!(error.to_string().contains("start the newer one"), "{error}");
    }

    async fn a_live_database_says_so_and_a_closed_one_does_not(fixture: Fixture) {
        assert!(fixture.store.is_alive().await);
        fixture.store.close().await;
        assert!(!fixture.store.is_alive().await);
    }

    async fn what_was_stored_is_there_after_a_restart(fixture: Fixture) {
        fixture.person("Ada").await;
        fixture.store.close().await;
        let store = Store::connect(&fixture.settings).await.unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.user_by_email("ada@example.com").await.unwrap().unwrap().user.name, "Ada");
    }

    async fn writers_wait_for_each_other_while_readers_go_on(fixture: Fixture) {
        let mut tx = fixture.store.begin().await.unwrap();
        tx.advance_position("smartlink", "chat", "epoch").await.unwrap();
        let store = fixture.store.clone();
        let second = tokio::spawn(async move {
            let mut tx = store.begin().await.unwrap();
            let position = tx.advance_position("smartlink", "chat", "epoch").await.unwrap();
            tx.commit().await.unwrap();
            position.last_offset
        });
        assert_eq!(fixture.number("select count(*) from channel_positions").await, 0);
        tx.commit().await.unwrap();
        assert_eq!(second.await.unwrap(), 2);
    }
}

/// What was answered with 201 must outlive a power cut, which no test can make: the setting must be SQLite's `FULL`.
#[tokio::test]
async fn a_commit_is_on_the_disk_before_it_is_answered() {
    let fixture = Fixture::sqlite().await;
    let Store::Sqlite(pools) = &fixture.store else { panic!("not SQLite") };
    let setting = |pragma: &'static str| sqlx::query_scalar::<_, String>(pragma).fetch_one(&pools.writer);
    assert_eq!(setting("select cast(synchronous as text) from pragma_synchronous").await.unwrap(), "2");
    assert_eq!(setting("select journal_mode from pragma_journal_mode").await.unwrap(), "wal");
}

#[tokio::test]
async fn the_sqlite_file_is_created_with_its_folder() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b/c.sqlite3");
    Store::connect(&sqlite(&path)).await.unwrap().migrate().await.unwrap();
    assert!(path.is_file());
}

#[tokio::test]
async fn a_folder_that_can_not_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let fault = fault(&sqlite(file.join("below/db.sqlite3"))).await;
    assert!(matches!(fault, StoreError::Folder { .. }), "{fault:?}");
}

#[tokio::test]
async fn a_file_that_can_not_be_opened_or_is_no_database_says_so() {
    let folder = TempDir::new().unwrap();
    let fault_of_folder = fault(&sqlite(folder.path())).await;
    assert!(matches!(fault_of_folder, StoreError::Unwritable(_)), "{fault_of_folder:?}");
    let text = folder.path().join("text.sqlite3");
    std::fs::write(&text, "This is no database. ".repeat(500)).unwrap();
    let fault_of_text = fault(&sqlite(&text)).await;
    assert!(matches!(fault_of_text, StoreError::Corrupt(_)), "{fault_of_text:?}");
    assert!(std::fs::read_to_string(&text).unwrap().starts_with("This is no database."), "the file was changed");
}

#[tokio::test]
async fn a_damaged_file_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("db.sqlite3");
    let store = Store::connect(&sqlite(&path)).await.unwrap();
    store.migrate().await.unwrap();
    store.close().await;
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100..4_096].fill(0xa5); // the page that the schema begins on, behind the file's header
    std::fs::write(&path, bytes).unwrap();
    let fault = fault(&sqlite(&path)).await;
    assert!(matches!(fault, StoreError::Corrupt(_)), "{fault:?}");
}

#[tokio::test]
async fn a_file_that_another_program_holds_says_so() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("db.sqlite3");
    Store::connect(&sqlite(&path)).await.unwrap().close().await;
    let mut other = raw_sqlite(&path).await;
    other.execute("begin exclusive").await.unwrap();
    let fault = fault(&sqlite(&path)).await;
    assert!(matches!(fault, StoreError::Locked(_)), "{fault:?}");
}

#[tokio::test]
async fn a_full_disk_says_so_and_nothing_is_half_written() {
    let fixture = Fixture::sqlite().await;
    // SQLite's own way to have no more room.
    fixture.execute("pragma max_page_count = 1").await;
    let ada = fixture.store.begin().await;
    let mut tx = ada.unwrap();
    let mut written = Ok(());
    for number in 0..10_000 {
        let row = server::store::NewLogRow {
            application_id: "smartlink",
            channel: "chat",
            channel_offset: number,
            event_id: uuid::Uuid::nil(),
            event: "MessageSent",
            data: &"x".repeat(1_000),
            except_socket: None,
            at: crate::harness::START,
        };
        written = tx.insert_event(row).await;
        if written.is_err() {
            break;
        }
    }
    assert!(matches!(written, Err(StoreError::DiskFull(_))), "{written:?}");
    drop(tx);
    assert_eq!(fixture.number("select count(*) from event_log").await, 0);
}

#[tokio::test]
async fn a_server_that_can_not_be_reached_or_refuses_says_so_at_once() {
    let DatabaseSettings::Postgres(good) = fresh_postgres_database().await else { panic!("not PostgreSQL") };
    let began = std::time::Instant::now();
    let mut wrong = good.clone();
    wrong.password = "wrong".to_owned();
    let refused = fault(&DatabaseSettings::Postgres(wrong)).await;
    assert!(matches!(refused, StoreError::Refused(_)), "{refused:?}");
    let mut missing = good.clone();
    missing.database = "no_such_database".to_owned();
    let missing = fault(&DatabaseSettings::Postgres(missing)).await;
    assert!(matches!(missing, StoreError::NoDatabase(_)), "{missing:?}");
    let mut nobody = good.clone();
    nobody.host = "/nowhere".to_owned();
    let nobody = fault(&DatabaseSettings::Postgres(nobody)).await;
    assert!(matches!(nobody, StoreError::Unreachable(_)), "{nobody:?}");
    let mut encrypted = good.clone();
    encrypted.ssl_mode = SslMode::Require;
    let encrypted = fault(&DatabaseSettings::Postgres(encrypted)).await;
    assert!(encrypted.to_string().contains("TLS"), "a server without TLS was spoken to in clear: {encrypted:?}");
    let mut closed = good;
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    (closed.host, closed.port) = ("127.0.0.1".to_owned(), listener.local_addr().unwrap().port());
    drop(listener);
    let closed = fault(&DatabaseSettings::Postgres(closed)).await;
    assert!(matches!(closed, StoreError::Unreachable(_)), "{closed:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "the start waited for a server that is not there");
}
