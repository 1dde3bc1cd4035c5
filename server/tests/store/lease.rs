use std::time::Duration;

use server::store::{Lease, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::harness::{Fixture, on_both_databases};

/// Another process on the same database.
async fn another(fixture: &Fixture) -> Store {
    Store::connect(&fixture.settings).await.unwrap()
}

on_both_databases! {
    async fn a_second_server_is_refused_and_told_who_the_first_is(fixture: Fixture) {
        let lease = fixture.store.lease(Duration::ZERO).await.unwrap();
        let refused = another(&fixture).await.lease(Duration::ZERO).await;
        let Err(error @ StoreError::InUse(_)) = refused else { panic!("two relay one database: {refused:?}") };
        let process = format!("process {}", std::process::id());
        assert!(error.to_string().contains(&process) && error.to_string().contains("DB_DATABASE"), "{error}");
        drop(lease);
    }

    async fn a_lease_ends_with_its_holder_whoever_waits_gets_it(fixture: Fixture) {
        let lease = fixture.store.lease(Duration::ZERO).await.unwrap();
        let (shutdown, successor) = (CancellationToken::new(), another(&fixture).await);
        let keeping = tokio::spawn(lease.keep(shutdown.clone()));
        assert!(successor.lease(Duration::ZERO).await.is_err());
        let waiting = tokio::spawn(async move { successor.lease(Duration::from_secs(30)).await });
        shutdown.cancel();
        keeping.await.unwrap().unwrap();
        assert!(waiting.await.unwrap().is_ok());
    }

    async fn a_holder_that_is_gone_without_a_word_leaves_no_lease(fixture: Fixture) {
        drop(fixture.store.lease(Duration::ZERO).await.unwrap());
        another(&fixture).await.lease(Duration::from_secs(30)).await.unwrap();
    }
}

/// A database server that restarts ends the connection that holds the lease.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_somebody_else_took_meanwhile_stops_its_holder() {
    const END: &str = "\
        select pg_terminate_backend(pid) from pg_stat_activity \
        where datname = current_database() and application_name like 'smartlink relay%'";
    let fixture = Fixture::postgres().await;
    let lease = fixture.store.lease(Duration::ZERO).await.unwrap();
    fixture.execute(END).await;
    let successor = another(&fixture).await.lease(Duration::from_secs(30)).await.unwrap();
    assert!(matches!(successor, Lease::Postgres { .. }));
    let lost = lease.keep(CancellationToken::new()).await;
    assert!(matches!(lost, Err(StoreError::InUse(_))), "{lost:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_whose_connection_breaks_is_taken_again() {
    const END: &str = "\
        select pg_terminate_backend(pid) from pg_stat_activity \
        where datname = current_database() and application_name like 'smartlink relay%'";
    const HOLDER: &str = "\
        select coalesce(max(l.pid), 0)::bigint from pg_locks l join pg_database d on d.oid = l.database \
        where l.locktype = 'advisory' and l.objsubid = 1 and l.granted and d.datname = current_database()";
    let fixture = Fixture::postgres().await;
    let shutdown = CancellationToken::new();
    let keeping = tokio::spawn(fixture.store.lease(Duration::ZERO).await.unwrap().keep(shutdown.clone()));
    let first = fixture.number(HOLDER).await;
    assert_ne!(first, 0);
    fixture.execute(END).await;
    while [0, first].contains(&fixture.number(HOLDER).await) {
        assert!(!keeping.is_finished(), "the lease was given up");
        tokio::task::yield_now().await;
    }
    shutdown.cancel();
    keeping.await.unwrap().unwrap();
}
