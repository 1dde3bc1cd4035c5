//! What a page begins with: asked for by the server while it renders, and by the browser when somebody comes from another
//! page. For Leptos all of it is of one type, so that its code for resources is there once, not once for every answer.

use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use leptos::prelude::{Get, Resource};
use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::from_str;
use crate::error::AppError;

/// An answer that is there or on its way. Handles are copies of each other.
pub struct Asked<T> {
    held: Resource<Held, InPage>,
    answer: PhantomData<fn() -> T>,
}

impl<T> Clone for Asked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Asked<T> {}

/// Something that the server knows and a page begins with.
pub fn resource<T, Answer>(ask: impl Fn() -> Answer + Send + Sync + 'static) -> Asked<T>
where
    T: Serialize + Send + Sync + 'static,
    Answer: Future<Output = Result<T, AppError>> + Send + 'static,
{
    let held = erased(Box::new(move || {
        let answer = ask();
        Box::pin(async move { Held::new(answer.await) })
    }));
    Asked { held, answer: PhantomData }
}

type Ask = Box<dyn Fn() -> Pin<Box<dyn Future<Output = Held> + Send>> + Send + Sync>;

fn erased(ask: Ask) -> Resource<Held, InPage> {
    Resource::new_with_options(|| (), move |()| ask(), false)
}

impl<T: Clone + DeserializeOwned + Send + Sync + 'static> Asked<T> {
    /// The answer, if it is there.
    pub fn get(self) -> Option<Result<T, AppError>> {
        self.held.get().map(|it| it.answer())
    }

    /// Asks again.
    pub fn refetch(self) {
        self.held.refetch();
    }
}

impl<T: Clone + DeserializeOwned + Send + Sync + 'static> IntoFuture for Asked<T> {
    type Output = Result<T, AppError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.held.await.answer() })
    }
}

/// An answer of any type.
#[derive(Clone)]
struct Held {
    /// As the page has it, if it came with that.
    text: Option<Arc<str>>,
    /// Itself: a `Result<T, AppError>`. Read from the text by whoever needs it first.
    value: Arc<OnceLock<Box<dyn Any + Send + Sync>>>,
    /// Writes it into a page.
    #[cfg(feature = "ssr")]
    write: fn(&dyn Any) -> Result<String, serde_json::Error>,
}

impl Held {
    fn new<T: Serialize + Send + Sync + 'static>(answer: Result<T, AppError>) -> Self {
        Self {
            text: None,
            value: Arc::new(OnceLock::from(Box::new(answer) as Box<dyn Any + Send + Sync>)),
            #[cfg(feature = "ssr")]
            write: |value| serde_json::to_string(&value.downcast_ref::<Result<T, AppError>>()),
        }
    }

    fn answer<T: Clone + DeserializeOwned + Send + Sync + 'static>(&self) -> Result<T, AppError> {
        let read = || {
            let answer: Result<T, AppError> = from_str(self.text.as_deref().unwrap_or_default())
                .unwrap_or_else(|error| Err(AppError::Unreachable(error.to_string())));
            Box::new(answer) as Box<dyn Any + Send + Sync>
        };
        let value = self.value.get_or_init(read);
        // What is asked for by one type is never held as another.
        value.downcast_ref::<Result<T, AppError>>().cloned().unwrap_or(Err(AppError::Internal))
    }
}

/// How what is held is written into a page by the server, and found there by the browser.
struct InPage;

impl Encoder<Held> for InPage {
    type Error = serde_json::Error;
    type Encoded = String;

    #[cfg(feature = "ssr")]
    fn encode(held: &Held) -> Result<String, serde_json::Error> {
        match held.value.get() {
            Some(value) => (held.write)(value.as_ref()),
            None => Ok(held.text.as_deref().unwrap_or_default().to_owned()),
        }
    }

    /// Nothing is written in the browser.
    #[cfg(not(feature = "ssr"))]
    fn encode(_: &Held) -> Result<String, serde_json::Error> {
        Ok(String::new())
    }
}

impl Decoder<Held> for InPage {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<Held, serde_json::Error> {
        Ok(Held {
            text: Some(text.into()),
            value: Arc::default(),
            #[cfg(feature = "ssr")]
            write: |_| Ok(String::new()),
        })
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn through_a_page(answer: Result<Vec<u32>, AppError>) -> Held {
        let text = InPage::encode(&Held::new(answer)).expect("serialises");
        InPage::decode(&text).expect("is text")
    }

    #[test]
    fn an_answer_comes_through_a_page_as_it_was() {
        assert_eq!(through_a_page(Ok(vec![1, 2])).answer(), Ok(vec![1_u32, 2]));
        let error = AppError::NotFound("person 7".to_owned());
        assert_eq!(through_a_page(Err(error.clone())).answer::<Vec<u32>>(), Err(error));
    }

    #[test]
    fn it_is_read_once_for_all_who_need_it() {
        let held = through_a_page(Ok(vec![7]));
        assert_eq!(held.answer(), Ok(vec![7_u32]));
        let other = Held { text: None, ..held.clone() };
        assert_eq!(other.answer(), Ok(vec![7_u32]), "without its text");
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let held = InPage::decode("{\"Ok\":[1,").unwrap();
        assert!(matches!(held.answer::<Vec<u32>>(), Err(AppError::Unreachable(_))));
    }
}
