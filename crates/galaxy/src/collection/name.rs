use std::fmt;

use diag::{Error, Result};

/// The name of a collection: a namespace and a name in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// Whose it is.
    pub namespace: String,
    /// What it is.
    pub name: String,
}

impl Name {
    /// Reads `namespace.name`.
    pub fn parse(text: &str) -> Option<Name> {
        let (namespace, name) = text.split_once('.')?;
        let valid = |part: &str| {
            part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        (valid(namespace) && valid(name))
            .then(|| Name { namespace: namespace.to_owned(), name: name.to_owned() })
    }

    /// [`Name::parse`], as what a user has written.
    ///
    /// # Errors
    /// It is no name of a collection.
    pub fn given(text: &str) -> Result<Name> {
        Name::parse(text).ok_or_else(|| {
            Error::new(format!(
                "Invalid collection name '{text}', name must be in the format <namespace>.<collection>. \nPlease make \
                 sure namespace and collection name contains characters from [a-zA-Z0-9_] only."
            ))
        })
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_two_parts() {
        assert_eq!(Name::parse("a.b_1").unwrap().to_string(), "a.b_1");
        for text in ["a", "a.b.c", "a-b.c", "1a.b", "a.", "../x.y"] {
            assert!(Name::parse(text).is_none(), "{text}");
        }
    }
}
