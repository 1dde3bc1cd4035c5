//! How a setting is declared: once, with its key, its names in the environment, its default, its unit and its meaning.
//!
//! Reading, error messages, `check-config` and `docs/CONFIGURATION.md` all come from this one declaration.

use super::reader::Reader;

/// What is known about one setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Key in the file, with its section: `server.port`.
    pub key: &'static str,
    /// Names in the environment; the first that is set counts.
    pub environment: &'static [&'static str],
    /// What counts when nobody says otherwise; empty for nothing.
    pub default: &'static str,
    /// Unit or range, as it stands behind the name in the documentation.
    pub expected: &'static str,
    /// Meaning, in Markdown.
    pub doc: &'static str,
}

/// A group of settings: one table of the file.
pub(crate) trait Section: Sized {
    /// Name of the table.
    const NAME: &'static str;
    /// What the group is about, in Markdown.
    const DOC: &'static str;
    /// All settings of the group, in their order.
    const SETTINGS: &'static [Setting];

    /// Takes the group's values; what is wrong is noted in the reader, and then there is no group.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Declares a section: a struct with typed fields, and what [`Section`] tells of them.
///
/// A field reads `name: Type = "default", [ENVIRONMENT, NAMES];`, the default in the same spelling as in the environment.
macro_rules! section {
    ($(#[doc = $section_doc:literal])+ $name:ident in $table:literal {
        $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:literal, [$($environment:literal),*];)+
    }) => {
        $(#[doc = $section_doc])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl $crate::config::section::Section for $name {
            const NAME: &'static str = $table;
            const DOC: &'static str = concat!($($section_doc),+);
            const SETTINGS: &'static [$crate::config::section::Setting] = &[$(
                $crate::config::section::Setting {
                    key: concat!($table, ".", stringify!($field)),
                    environment: &[$($environment),*],
                    default: $default,
                    expected: <$type as $crate::config::value::SettingValue>::EXPECTED,
                    doc: concat!($($doc),+),
                },
            )+];

            fn read(reader: &mut $crate::config::reader::Reader<'_>) -> Option<Self> {
                // Every field is read before the first missing one ends it, so that all problems are told at once.
                $(let $field = reader.value::<$type>(stringify!($field), $default);)+
                Some(Self { $($field: $field?),+ })
            }
        }
    };
}

pub(crate) use section;
