//! Reads one value for serde.

use serde::de::{Deserializer, Error as _, Visitor};

use super::super::node::{Kind, Node};
use super::Context;
use super::access::{Elements, Entries, Items, Keys, Variant};
use super::error::Error;
use super::wording::{self, Place};
use crate::base::{Diagnostic, Location};

/// A value to be read, and where it is.
#[derive(Clone, Copy)]
pub(super) struct De<'a> {
    pub(super) node: &'a Node<'a>,
    pub(super) place: &'a Place<'a>,
    pub(super) context: &'a Context,
}

impl<'a> De<'a> {
    /// Reports a value of the wrong type; the caller takes the zero value. Null is the zero value
    /// of every type.
    fn wrong(&self, expected: &str) {
        if !self.node.is_null() {
            self.context.report(wording::wrong_type(self.context.file, self.node, self.place, expected));
        }
    }

    /// An integer within the bounds of its field, else 0. A number without a fraction may be
    /// written as `5.0`, as in proto JSON.
    fn integer(&self, least: i128, most: i128) -> i128 {
        let number = match self.node.kind {
            Kind::Int(value) => i128::from(value),
            Kind::UInt(value) => i128::from(value),
            Kind::Float(value) if value.fract() == 0.0 && value.abs() < 1e18 => value as i128,
            _ => {
                self.wrong("an integer");
                return 0;
            }
        };
        if (least..=most).contains(&number) {
            return number;
        }
        let message = format!("{} is {number}, outside of {least} to {most}", self.place.name());
        let location = Location::Span(self.node.span(self.context.file));
        self.context.report(Diagnostic::error("bad-value", location, message).labelled(self.place.inside()));
        0
    }

    fn float(&self) -> f64 {
        match self.node.kind {
            Kind::Int(value) => value as f64,
            Kind::UInt(value) => value as f64,
            Kind::Float(value) => value,
            _ => {
                self.wrong("a number");
                0.0
            }
        }
    }

    fn text(&self) -> &'a str {
        match &self.node.kind {
            Kind::Str(text) => text,
            _ => {
                self.wrong("a string");
                ""
            }
        }
    }

    fn elements(self, items: Items) -> Elements<'a> {
        if !matches!(self.node.kind, Kind::Seq(_)) {
            self.wrong("a list");
        }
        Elements::new(self, items)
    }

    fn entries(self, keys: Keys) -> Entries<'a> {
        if !matches!(self.node.kind, Kind::Map(_)) {
            self.wrong("a mapping");
        }
        Entries::new(self, keys)
    }
}

/// Integer methods: the type's bounds decide.
macro_rules! integers {
    ($($method:ident $visit:ident $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = self.integer(i128::from(<$type>::MIN), i128::from(<$type>::MAX));
            visitor.$visit(<$type>::try_from(number).unwrap_or_default())
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Int(value) => visitor.visit_i64(*value),
            Kind::UInt(value) => visitor.visit_u64(*value),
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Str(value) => visitor.visit_str(value),
            Kind::Seq(_) => visitor.visit_seq(self.elements(Items::Any)),
            Kind::Map(_) => visitor.visit_map(self.entries(Keys::Any)),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.kind {
            Kind::Bool(value) => visitor.visit_bool(value),
            _ => {
                self.wrong("`true` or `false`");
                visitor.visit_bool(false)
            }
        }
    }

    integers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f32(self.float() as f32)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.float())
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text())
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text())
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(self.text().as_bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bytes(self.text().as_bytes())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.elements(Items::Typed))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self.elements(Items::Typed))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(self.elements(Items::Typed))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(self.entries(Keys::Names))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(self.entries(Keys::Fields(fields)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let first = variants.first().copied().ok_or_else(|| Error::custom("no value is possible here"))?;
        let file = self.context.file;
        let name = match &self.node.kind {
            Kind::Map(_) => return visitor.visit_enum(Variant::of_oneof(self, variants)?),
            Kind::Str(text) => variants.iter().copied().find(|variant| variant == text).unwrap_or_else(|| {
                self.context.report(wording::unknown_value(file, self.node, self.place, variants));
                first
            }),
            _ => {
                self.wrong(&format!("one of {}", listed(variants)));
                first
            }
        };
        visitor.visit_enum(Variant::named(self, name))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.text())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// Names for a message.
pub(super) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
