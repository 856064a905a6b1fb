//! A tag with what belongs to it, as serde reads an enum.

use serde::Deserializer;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use super::code::Code;
use super::decode::{Fault, FaultKind, Site};
use super::node::ScalarValue;
use super::source::quoted;
use super::value::{Outcome, Value};
use super::words;

/// A tag with what belongs to it.
pub(super) struct Tag<'a> {
    /// What it is.
    pub(super) name: &'a str,
    /// What to point at when the tag is wrong.
    pub(super) site: Site,
    /// What belongs to it, if anything does.
    pub(super) content: Option<Value<'a>>,
    /// What is read as the tag.
    pub(super) parent: Value<'a>,
}

impl<'a> EnumAccess<'a> for Tag<'a> {
    type Error = Fault;
    type Variant = Tag<'a>;

    fn variant_seed<V: DeserializeSeed<'a>>(self, seed: V) -> Outcome<(V::Value, Tag<'a>)> {
        let site = self.site;
        seed.deserialize(self.name.into_deserializer())
            .map(|name| (name, self))
            .map_err(|fault: Fault| fault.at(site))
    }
}

impl<'a> Tag<'a> {
    fn content(&self) -> Outcome<Value<'a>> {
        self.content.ok_or_else(|| self.alone(&Fault::told(Code::Shape, "", "")))
    }

    /// What is wrong with a bare name, of which `fault` keeps it from standing for all its defaults.
    fn alone(&self, fault: &Fault) -> Fault {
        let cause = format!("{} says nothing by itself", quoted(self.name));
        let remedy = match &fault.kind {
            FaultKind::Missing { key } => match words::example(key) {
                Some(example) => {
                    format!("write what belongs to it, such as `{{{}: {{{example}}}}}`", self.name)
                }
                None => format!("write `{{{}: {{{key}: …}}}}`", self.name),
            },
            _ => format!("write `{}: …` with what belongs to it", self.name),
        };
        Fault::told(Code::Shape, cause, remedy).at(self.parent.site())
    }
}

impl<'a> VariantAccess<'a> for Tag<'a> {
    type Error = Fault;

    fn unit_variant(self) -> Outcome<()> {
        match self.content {
            Some(value) if value.node.scalar().is_none_or(|scalar| scalar.value != ScalarValue::Null) => {
                let cause = format!("{} takes no value", quoted(self.name));
                Err(Fault::told(Code::Shape, cause, format!("write just `{}`", self.name)).at(value.site()))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'a>>(self, seed: T) -> Outcome<T::Value> {
        match self.content {
            Some(content) => seed.deserialize(content).map_err(|fault| content.placed(fault)),
            None => seed.deserialize(Nothing).map_err(|fault| self.alone(&fault)),
        }
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Outcome<V::Value> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        match self.content {
            Some(content) => content.deserialize_struct("", fields, visitor),
            None => Nothing.deserialize_struct("", fields, visitor).map_err(|fault| self.alone(&fault)),
        }
    }
}

/// The settings behind a bare name, of which each has its default.
struct Nothing;

impl<'de> Deserializer<'de> for Nothing {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Outcome<V::Value> {
        Err(Fault::told(Code::Shape, "", ""))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Outcome<V::Value> {
        visitor.visit_map(MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
