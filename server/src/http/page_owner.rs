//! A page keeps its own reactive values, whichever thread goes on with it.
//!
//! Values of a page live in an arena of their own, and each thread remembers which arena it works on. Leptos names it to a
//! thread whenever components run, but not while it puts a page's head together: a task that has moved to another thread
//! by then would find no arena there and panic, or one that belongs to somebody else's page.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use leptos::reactive::owner::Owner;

/// Has the page rendered with its own values at hand. Stands around what renders, and around nothing that waits before it.
pub async fn keep(request: Request, next: Next) -> Response {
    OwnerKept::new(next.run(request)).await
}

/// A future that finds the owner which it left, at each poll.
struct OwnerKept<F> {
    rendering: Pin<Box<F>>,
    owner: Option<Owner>,
}

impl<F: Future> OwnerKept<F> {
    fn new(rendering: F) -> Self {
        Self { rendering: Box::pin(rendering), owner: None }
    }
}

impl<F: Future> Future for OwnerKept<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        match (&self.owner, Owner::current()) {
            (Some(own), _) => own.set(),
            (None, Some(somebody_else_s)) => somebody_else_s.unset(),
            (None, None) => {}
        }
        let polled = self.rendering.as_mut().poll(context);
        self.owner = if polled.is_ready() { None } else { Owner::current() };
        polled
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use leptos::prelude::{Get as _, RwSignal};

    use super::*;

    /// Polls on a thread that has never rendered anything, or that has just rendered another page.
    fn poll_elsewhere<F: Future<Output: Send> + Send>(future: Pin<&mut F>, has_rendered: bool) -> Poll<F::Output> {
        let work = move || {
            let other = has_rendered.then(|| Owner::new_root(None));
            let _its_value = other.as_ref().map(|_| RwSignal::new("somebody else's"));
            future.poll(&mut Context::from_waker(Waker::noop()))
        };
        std::thread::scope(|threads| threads.spawn(work).join().expect("no panic"))
    }

    async fn page() -> String {
        let owner = Owner::new_root(None);
        let title = owner.with(|| RwSignal::new("one's own"));
        tokio::task::yield_now().await;
        let title = title.get().to_owned();
        drop(owner);
        title
    }

    #[tokio::test]
    async fn a_page_that_changes_threads_finds_its_own_values() {
        for has_rendered in [false, true] {
            let mut page = Box::pin(OwnerKept::new(page()));
            assert_eq!(poll_elsewhere(page.as_mut(), has_rendered), Poll::Pending);
            assert_eq!(poll_elsewhere(page.as_mut(), has_rendered), Poll::Ready("one's own".to_owned()));
        }
    }
}
