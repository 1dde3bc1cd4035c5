//! Who is named in a message.
//!
//! Names have spaces and are not unique, so what follows an `@` is read as the longest name that anybody has, and names
//! everybody who has it: better one told too many than the right one not.

use std::collections::{BTreeSet, HashMap};

use app::accounts::{User, UserSummary};
use app::chat::Conversation;

use super::Chat;
use crate::store::StoreError;

/// The most people who are named in one message; those named after them are text.
const MAX_MENTIONS: usize = 20;

/// The most words of a name that are tried.
const MAX_NAME_WORDS: usize = 5;

/// The most places with an `@` that are looked at.
const MAX_PLACES: usize = 50;

impl Chat {
    /// Who is named in a text, each once, in the order of naming. In a conversation of two nobody else is.
    pub(super) async fn mentioned(
        &self,
        author: &User,
        conversation: Conversation,
        body: &str,
    ) -> Result<Vec<UserSummary>, StoreError> {
        let places = places(body);
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let keys: BTreeSet<String> = places.iter().flatten().cloned().collect();
        let people = self.store.people_named(&keys.into_iter().collect::<Vec<_>>()).await?;
        let mut by_key: HashMap<String, Vec<UserSummary>> = HashMap::new();
        for person in people {
            by_key.entry(person.name.to_lowercase()).or_default().push(person);
        }
        let mut mentioned: Vec<UserSummary> = Vec::new();
        for names in places {
            let Some(people) = names.iter().find_map(|name| by_key.get(name)) else { continue };
            for person in people {
                let is_here = conversation.is_open_to(person.id) && person.id != author.id;
                if is_here && !mentioned.contains(person) && mentioned.len() < MAX_MENTIONS {
                    mentioned.push(person.clone());
                }
            }
        }
        Ok(mentioned)
    }
}

/// For each `@` that begins a word, the names that may stand there: in lower case, the longest first.
fn places(body: &str) -> Vec<Vec<String>> {
    let mut places = Vec::new();
    let mut before = ' ';
    for (index, character) in body.char_indices() {
        let begins_word = !before.is_alphanumeric() && before != '@';
        before = character;
        if character == '@' && begins_word && places.len() < MAX_PLACES {
            let names = names(&body[index + 1..]);
            if !names.is_empty() {
                places.push(names);
            }
        }
    }
    places
}

/// The beginnings of a text that may be a name: up to the end of its first word, of its second, and so on, with and
/// without the marks that end a sentence.
fn names(text: &str) -> Vec<String> {
    let line = text.split('\n').next().unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    let mut end = 0;
    for word in line.split(' ').take(MAX_NAME_WORDS) {
        if word.is_empty() {
            break;
        }
        end += word.len();
        let name = &line[..end];
        for candidate in [name, name.trim_end_matches(|it: char| !it.is_alphanumeric())] {
            let key = candidate.to_lowercase();
            if !key.is_empty() && !names.contains(&key) {
                names.push(key);
            }
        }
        end += 1;
        if end > line.len() {
            break;
        }
    }
    names.sort_by_key(|it| std::cmp::Reverse(it.len()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_at_begins_a_name_only_where_a_word_begins() {
        assert_eq!(places("mail ada@example.com, or @@x").len(), 1);
        assert_eq!(places("@ ada @").len(), 0);
        assert_eq!(places("(@ada) @ben\n@mei").len(), 3);
    }

    #[test]
    fn the_longest_name_comes_first() {
        assert_eq!(names("Amina K, look"), ["amina k, look", "amina k,", "amina k", "amina"]);
        assert_eq!(names("Zoë!\nnext"), ["zoë!", "zoë"]);
        assert_eq!(names(" x"), Vec::<String>::new());
    }
}
