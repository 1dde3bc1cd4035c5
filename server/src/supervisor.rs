//! Watches over background tasks: one that ends before it was told to stops the server, which then says why.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The owner of the background tasks. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Supervisor {
    tasks: TaskTracker,
    /// Cancelled when a task fails, so that nothing goes on that would have nobody to finish it.
    shutdown: CancellationToken,
    /// What went wrong first; what follows from it is only logged.
    failure: Arc<OnceLock<anyhow::Error>>,
}

impl Supervisor {
    /// Stops the server by this token if a task fails.
    pub(crate) fn new(shutdown: CancellationToken) -> Self {
        Self { tasks: TaskTracker::new(), shutdown, failure: Arc::default() }
    }

    /// Runs a task until the token is cancelled. To panic, or to end before that, is to fail.
    pub(crate) fn spawn<F>(
        &self,
        name: &'static str,
        token: &CancellationToken,
        task: impl FnOnce(CancellationToken) -> F,
    ) where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let running = tokio::spawn(task(token.clone()));
        let (token, supervisor) = (token.clone(), self.clone());
        self.tasks.spawn(async move {
            let error = match running.await {
                Ok(Ok(())) if token.is_cancelled() => return,
                Ok(Ok(())) => anyhow!("it ended by itself"),
                Ok(Err(error)) => error,
                Err(error) => anyhow!(error),
            };
            supervisor.fail(error.context(format!("the {name} failed")));
        });
    }

    fn fail(&self, error: anyhow::Error) {
        tracing::error!(error = format!("{error:#}"), "the server stops");
        // A later failure follows from the first.
        let _is_first = self.failure.set(error);
        self.shutdown.cancel();
    }

    /// Waits for the tasks, whose tokens must be cancelled.
    ///
    /// # Errors
    /// What went wrong first, or that a task did not come to its end in time.
    pub(crate) async fn finish(self, patience: Duration) -> anyhow::Result<()> {
        self.tasks.close();
        let finished = tokio::time::timeout(patience, self.tasks.wait()).await;
        // Shared still if a task is late.
        match Arc::try_unwrap(self.failure).ok().and_then(OnceLock::into_inner) {
            Some(failure) => Err(failure),
            None => finished.context("background tasks did not come to their end in time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_stops_the_server_and_is_named() {
        let shutdown = CancellationToken::new();
        let supervisor = Supervisor::new(shutdown.clone());
        supervisor.spawn("relay", &CancellationToken::new(), |_| async { panic!("no more") });
        shutdown.cancelled().await;
        let failure = supervisor.finish(Duration::from_secs(10)).await.unwrap_err();
        assert!(format!("{failure:#}").contains("the relay failed"), "{failure:#}");
    }

    #[tokio::test]
    async fn the_first_failure_is_the_one_that_is_told() {
        let shutdown = CancellationToken::new();
        let supervisor = Supervisor::new(shutdown.clone());
        supervisor.spawn("relay", &shutdown, |_| async { Err(anyhow!("the disk is full")) });
        supervisor.spawn("sweep", &CancellationToken::new(), |_| {
            let shutdown = shutdown.clone();
            async move {
                shutdown.cancelled().await;
                Ok(())
            }
        });
        let failure = supervisor.finish(Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(format!("{failure:#}"), "the relay failed: the disk is full");
    }

    #[tokio::test]
    async fn tasks_that_end_when_told_are_no_failure() {
        let shutdown = CancellationToken::new();
        let supervisor = Supervisor::new(shutdown.clone());
        supervisor.spawn("relay", &shutdown, |token| async move {
            token.cancelled().await;
            Ok(())
        });
        shutdown.cancel();
        supervisor.finish(Duration::from_secs(10)).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_does_not_end_is_not_waited_for_forever() {
        let shutdown = CancellationToken::new();
        let supervisor = Supervisor::new(shutdown.clone());
        supervisor.spawn("relay", &shutdown, |_| std::future::pending());
        shutdown.cancel();
        assert!(supervisor.finish(Duration::from_secs(5)).await.is_err());
    }
}
