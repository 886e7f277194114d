//! Walks collections for serde, leaving out what was refused.

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::super::node::{Kind, Node};
use super::deserializer::{De, listed};
use super::error::Error;
use super::wording;
use crate::base::{Diagnostic, Location};

/// The elements of a sequence.
pub(super) struct Elements<'a> {
    de: De<'a>,
    items: Items,
    next: usize,
}

/// What the elements of a list are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Items {
    /// Values of one type.
    Typed,
    /// Anything: the list is kept as it is.
    Any,
}

impl<'a> Elements<'a> {
    /// Those of a value; none when it is no sequence.
    pub(super) fn new(de: De<'a>, items: Items) -> Self {
        Self { de, items, next: 0 }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let De { node, place, context } = self.de;
        while let Some(element) = node.elements().get(self.next) {
            let index = self.next;
            self.next += 1;
            if let Some(refusal) = context.refusal(element) {
                context.report(refusal.clone());
                continue;
            }
            let place = place.index(index);
            if element.is_null() && self.items == Items::Typed && context.is_of_a_schema() {
                context.report(wording::null_element(context.file, element, &place));
            }
            return match seed.deserialize(De { node: element, place: &place, context }) {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(context.refuse(element, &place, error)),
            };
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.de.node.elements().len().saturating_sub(self.next))
    }
}

/// The entries of a mapping.
pub(super) struct Entries<'a> {
    de: De<'a>,
    keys: Keys,
    next: usize,
    value: Option<&'a (Node<'a>, Node<'a>)>,
}

/// What the keys of a mapping are.
#[derive(Clone, Copy)]
pub(super) enum Keys {
    /// Fields of a struct, these.
    Fields(&'static [&'static str]),
    /// Names that the user chose, of values of one type.
    Names,
    /// Anything: the mapping is kept as it is.
    Any,
}

impl<'a> Entries<'a> {
    /// Those of a value; none when it is no mapping.
    pub(super) fn new(de: De<'a>, keys: Keys) -> Self {
        Self { de, keys, next: 0, value: None }
    }

    /// The next entry that serde should see.
    fn advance(&mut self) -> Option<&'a (Node<'a>, Node<'a>)> {
        let De { node, place, context } = self.de;
        while let Some(entry) = node.entries().get(self.next) {
            self.next += 1;
            let (key, value) = entry;
            match self.keys {
                Keys::Fields(fields) if !fields.contains(&key.as_str().unwrap_or_default()) => {
                    if context.wants_unknown_fields() {
                        context.report(wording::unknown_field(context.file, key, place, fields));
                    }
                    continue;
                }
                Keys::Fields(_) if value.is_null() => continue,
                Keys::Names if value.is_null() && context.is_of_a_schema() => {
                    context.report(wording::null_entry(context.file, key, place));
                    continue;
                }
                Keys::Fields(_) | Keys::Names | Keys::Any => {}
            }
            match context.refusal(value) {
                Some(refusal) => context.report(refusal.clone()),
                None => return Some(entry),
            }
        }
        None
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(entry) = self.advance() else { return Ok(None) };
        self.value = Some(entry);
        let (key, value) = entry;
        let De { place, context, .. } = self.de;
        let name = key.as_str().unwrap_or_default();
        let name: StrDeserializer<'_, Error> = name.into_deserializer();
        match seed.deserialize(name) {
            Ok(key) => Ok(Some(key)),
            Err(error) => {
                // The key is at fault, the value goes with it.
                let diagnostic = error.into_diagnostic(context, key, place);
                Err(context.refuse(value, place, Error::Described(Box::new(diagnostic))))
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let De { node, place, context } = self.de;
        let nothing = absent(node);
        let (name, value) = match self.value.take() {
            Some((key, value)) => (key.as_str().unwrap_or_default(), value),
            None => ("", &nothing),
        };
        let place = place.key(name);
        seed.deserialize(De { node: value, place: &place, context })
            .map_err(|error| context.refuse(value, &place, error))
    }
}

/// The variant of an enum that a value names.
pub(super) struct Variant<'a> {
    de: De<'a>,
    name: &'a str,
    content: Option<&'a Node<'a>>,
}

impl<'a> Variant<'a> {
    /// A variant named by a string, or taken in place of what is there.
    pub(super) fn named(de: De<'a>, name: &'a str) -> Self {
        Self { de, name, content: None }
    }

    /// The one field that is set of a mapping where one may be: a proto `oneof`.
    pub(super) fn of_oneof(de: De<'a>, variants: &'static [&'static str]) -> Result<Self, Error> {
        let De { node, place, context } = de;
        let mut set: Option<(&Node<'_>, &str, &Node<'_>)> = None;
        let mut unknown = None;
        for (key, value) in node.entries() {
            let name = key.as_str().unwrap_or_default();
            if !variants.contains(&name) {
                if context.wants_unknown_fields() {
                    let diagnostic = wording::unknown_field(context.file, key, place, variants);
                    context.report(diagnostic.clone());
                    unknown.get_or_insert(diagnostic);
                }
                continue;
            }
            if value.is_null() {
                continue;
            }
            if let Some((first, other, _)) = set {
                let message = format!("`{other}` and `{name}` cannot both be set");
                let diagnostic = Diagnostic::error("oneof-conflict", Location::Span(key.span(context.file)), message)
                    .labelled(place.contents())
                    .related(Location::Span(first.span(context.file)), format!("`{other}` is set here"))
                    .help("keep one of them");
                return Err(Error::Described(Box::new(diagnostic)));
            }
            set = Some((key, name, value));
        }
        if let Some((_, name, content)) = set {
            return Ok(Self { de, name, content: Some(content) });
        }
        let diagnostic = unknown.unwrap_or_else(|| {
            let message = format!("{} needs one of {}", place.name(), listed(variants));
            Diagnostic::error("bad-value", Location::Span(node.span(context.file)), message).labelled(place.inside())
        });
        Err(Error::Described(Box::new(diagnostic)))
    }

    /// Reads the content with a function. A variant that was only named has none: that is reported,
    /// unless the value was wrong anyway.
    fn read<T>(self, read: impl FnOnce(De<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let Self { de: De { node, place, context }, name, content } = self;
        let nothing = absent(node);
        if content.is_none() && node.as_str() == Some(name) {
            let expected = format!("a mapping with `{name}`");
            context.report(wording::wrong_type(context.file, node, place, &expected));
        }
        let inner = place.key(name);
        let content = content.unwrap_or(&nothing);
        read(De { node: content, place: &inner, context }).map_err(|error| match error {
            Error::Refused => Error::Refused,
            other => Error::Described(Box::new(other.into_diagnostic(context, content, &inner))),
        })
    }
}

/// A null in the place of a node.
fn absent<'n>(node: &Node<'_>) -> Node<'n> {
    Node { start: node.start, end: node.end, kind: Kind::Null }
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.content.is_some() {
            let De { node, place, context } = self.de;
            let expected = format!("the string `{}`", self.name);
            context.report(wording::wrong_type(context.file, node, place, &expected));
        }
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        self.read(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.read(|content| content.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        self.read(|content| content.deserialize_struct("", fields, visitor))
    }
}
